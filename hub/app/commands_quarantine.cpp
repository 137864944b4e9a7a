// samband quarantine list | show | delete: what the hub could not read. Never content, but for --export into a file.
#include <fcntl.h>
#include <unistd.h>

#include <iostream>

#include "app/agency_client.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"
#include "intake/quarantine.hpp"

namespace samband::cli {
namespace {

json::object shown(const QuarantineRow& row) {
  return {{"id", row.id},
          {"party", row.party},
          {"adapter", row.adapter.empty() ? "canonical" : row.adapter},
          {"at", to_rfc3339(row.at)},
          {"bytes", row.bytes},
          {"reason", row.reason}};
}

std::string line(const QuarantineRow& row) {
  return row.id + "  " + to_rfc3339(row.at) + "  " + row.party + "  " +
         (row.adapter.empty() ? "canonical" : row.adapter) + "  " + std::to_string(row.bytes) + " bytes  " + row.reason;
}

int list(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  json::array out;
  std::string after;
  for (;;) {
    auto page = (*store)->quarantined(after, 1000);
    if (!page) return complain(in_words(page.error()));
    for (const QuarantineRow& row : *page) {
      if (!a.get("party").empty() && row.party != a.get("party")) continue;
      out.push_back(shown(row));
      if (!a.json()) std::cout << line(row) << "\n";
    }
    if (page->size() < 1000) break;
    after = page->back().id;
  }
  if (a.json())
    std::cout << json::serialize(out) << "\n";
  else if (out.empty())
    std::cout << "nothing in quarantine\n";
  return kOk;
}

// A new file that only its owner reads: an existing one is never written over.
Result<void> write_file(const std::string& path, const std::string& content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Errc::invalid_input, path, "cannot be made (a file that is there is never written over)");
  std::size_t written = 0;
  while (written < content.size()) {
    const auto count = ::write(fd, content.data() + written, content.size() - written);
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  const bool whole = ::fsync(fd) == 0 && written == content.size();
  if (::close(fd) != 0 || !whole) return fail(Errc::unavailable, path, "could not be written whole");
  return {};
}

int show(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  const std::string id = a.positional().front();
  auto row = (*store)->quarantined(id);
  if (!row) return complain(in_words(row.error()));
  if (!row->has_value()) return complain("nothing in quarantine has this id");
  if (const std::string file = a.get("export"); !file.empty()) {
    auto keys = KeyStore::open(config->keys_dir);
    if (!keys) return complain(in_words(keys.error()));
    auto content = open_quarantined(**keys, **row);
    if (!content) return complain(in_words(content.error()));
    if (auto written = write_file(file, *content); !written) return complain(in_words(written.error()));
  }
  std::cout << (a.json() ? json::serialize(shown(**row)) : line(**row)) << "\n";
  return kOk;
}

int remove(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto answer = call(a, *config, "DELETE", "/v1/quarantine/" + a.positional().front());
  if (!answer) return complain(in_words(answer.error()));
  std::cout << (a.json() ? json::serialize(*answer) : "deleted: " + a.positional().front()) << "\n";
  return kOk;
}

}  // namespace

void add_quarantine(std::vector<Command>& commands) {
  commands.push_back({"quarantine list",
                      "Lists what could not be read: party, adapter, time, size, reason; never content",
                      "",
                      "In order of time.",
                      {kConfigOption, kJsonOption, {"party", "PARTY", "of this sender only", ""}},
                      list});
  commands.push_back(
      {"quarantine show",
       "Shows one entry",
       "ID",
       "--export writes its content, as the sender sent it, into a new file with mode 0600: to be handed back "
       "to its sender, not read.",
       {kConfigOption, kJsonOption, {"export", "FILE", "write the content into this new file", ""}},
       show});
  commands.push_back({"quarantine delete", "Deletes one entry, for good", "ID", "The hub records that it was deleted.",
                      agency_options("operator"), remove});
}

}  // namespace samband::cli
