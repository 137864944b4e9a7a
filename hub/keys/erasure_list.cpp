#include "keys/erasure_list.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/json.hpp"
#include "keys/crypto.hpp"
#include "keys/secret_file.hpp"

namespace samband::erasure_list {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kDigits = 16, kKeysPerLine = 5000;

Error refuse(const fs::path& path, const std::string& what) { return fail(Errc::invalid_config, path.string(), what); }

std::string to_line(const ErasureEntry& entry) {
  json::array keys(entry.keys.begin(), entry.keys.end()), consents;
  for (const std::string& id : entry.consents) consents.emplace_back(id);
  const std::string text = json::serialize(json::object{{"id", entry.id},
                                                        {"at", to_rfc3339(entry.at)},
                                                        {"scope", entry.scope},
                                                        {"basis", entry.basis},
                                                        {"decision", entry.decision},
                                                        {"party", entry.party},
                                                        {"keys", std::move(keys)},
                                                        {"consents", std::move(consents)}});
  return text + " " + crypto::sha256_hex(text).substr(0, kDigits) + "\n";
}

std::optional<ErasureEntry> from_line(std::string_view line) {
  if (line.size() <= kDigits + 1) return std::nullopt;
  const std::string_view text = line.substr(0, line.size() - kDigits - 1);
  if (line.substr(text.size()) != " " + crypto::sha256_hex(text).substr(0, kDigits)) return std::nullopt;
  auto parsed = parse_json(text);
  const json::object* o = parsed ? parsed->if_object() : nullptr;
  if (!o) return std::nullopt;
  const auto at = parse_rfc3339(string_at(*o, "at"));
  const json::value *keys = o->if_contains("keys"), *consents = o->if_contains("consents");
  if (!at || !keys || !keys->is_array() || !consents || !consents->is_array()) return std::nullopt;
  ErasureEntry entry{std::string(string_at(*o, "id")),
                     *at,
                     std::string(string_at(*o, "scope")),
                     std::string(string_at(*o, "basis")),
                     std::string(string_at(*o, "decision")),
                     std::string(string_at(*o, "party")),
                     {},
                     {}};
  for (const json::value& key : keys->get_array()) {
    if (!key.is_int64()) return std::nullopt;
    entry.keys.push_back(key.get_int64());
  }
  for (const json::value& id : consents->get_array()) {
    if (!id.is_string()) return std::nullopt;
    entry.consents.emplace_back(id.get_string());
  }
  return entry;
}

Result<std::string> text_of(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error) return std::string();
  if (auto checked = check_secret_file(path); !checked) return checked.error();
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) return refuse(path, "cannot be read");
  return text;
}

Result<void> write_lines(const fs::path& path, const std::string& lines) {
  auto before = text_of(path);
  if (!before) return before.error();
  const std::size_t whole = before->rfind('\n') == std::string::npos ? 0 : before->rfind('\n') + 1;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Errc::unavailable, path.string(), "cannot be opened for writing");
  // What a crash cut short goes first.
  const bool done =
      ::ftruncate(fd, static_cast<off_t>(whole)) == 0 &&
      ::pwrite(fd, lines.data(), lines.size(), static_cast<off_t>(whole)) == static_cast<ssize_t>(lines.size()) &&
      ::fsync(fd) == 0;
  ::close(fd);
  if (!done) return fail(Errc::unavailable, path.string(), "cannot be written; nothing was erased");
  return sync_folder(path.parent_path());
}

}  // namespace

Result<std::vector<ErasureEntry>> read(const fs::path& path) {
  auto text = text_of(path);
  if (!text) return text.error();
  std::vector<ErasureEntry> out;
  std::string_view rest = *text;
  for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
    auto entry = from_line(rest.substr(0, end));
    if (!entry)
      return refuse(path, "line " + std::to_string(out.size() + 1) +
                              " is damaged; restore the list from its copy: without it an erasure may be undone");
    out.push_back(std::move(*entry));
  }
  return out;
}

Result<void> append(const fs::path& path, const ErasureEntry& entry) {
  std::string lines;
  ErasureEntry part = entry;
  std::size_t from = 0;
  do {
    const std::size_t to = std::min(from + kKeysPerLine, entry.keys.size());
    part.keys.assign(entry.keys.begin() + static_cast<std::ptrdiff_t>(from),
                     entry.keys.begin() + static_cast<std::ptrdiff_t>(to));
    lines += to_line(part);
    part.consents.clear();
    from = to;
  } while (from < entry.keys.size());
  return write_lines(path, lines);
}

Result<void> merge(const fs::path& list, const fs::path& other) {
  auto known = read(list);
  if (!known) return known.error();
  auto added = read(other);
  if (!added) return added.error();
  std::string lines;
  for (const ErasureEntry& entry : *added)
    if (std::find(known->begin(), known->end(), entry) == known->end()) lines += to_line(entry);
  return lines.empty() ? Result<void>() : write_lines(list, lines);
}

}  // namespace samband::erasure_list
