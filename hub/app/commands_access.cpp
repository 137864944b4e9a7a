// samband report subject: a person's access report (GDPR article 15), through the running hub.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>

#include "app/agency_client.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"
#include "app/subject_file.hpp"

namespace samband::cli {
namespace {

// A file of its own that nobody else may read; one that is there is kept.
Result<void> write_private(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail(Errc::invalid_input, "--out",
                errno == EEXIST ? "exists already; a report is never overwritten" : "the file cannot be made");
  bool written = true;
  while (written && !text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    written = n > 0;
    if (written) text.remove_prefix(static_cast<std::size_t>(n));
  }
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  if (written && synced) return {};
  ::unlink(path.c_str());
  return fail(Errc::unavailable, "--out", "the file cannot be written");
}

int report(const Arguments& a) {
  if (a.get("requester") != "supervisor") return complain("--requester: expected supervisor"), kUsage;
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  if (::access(a.get("out").c_str(), F_OK) == 0)
    return complain("--out: exists already; a report is never overwritten");
  auto subject = subject_from(a.get("subject-file"), "--subject-file", FromWord::refuse);
  if (!subject) return complain(in_words(subject.error()));
  const json::object body{{"subject", std::move(*subject)},
                          {"requester", a.get("requester")},
                          {"reason", a.get("reason")},
                          {"reviewedBy", a.get("reviewed-by")}};
  auto made = call(a, *config, "POST", "/v1/access-reports", json::serialize(body));
  if (!made) return complain(in_words(made.error()));
  json::object& answer = made->as_object();
  if (auto written = write_private(a.get("out"), string_at(answer, "report")); !written)
    return complain(in_words(written.error()));
  answer.erase("report");
  if (a.json())
    std::cout << json::serialize(*made) << "\n";
  else
    std::cout << "report " << string_at(answer, "id") << ", leaf " << answer["leafIndex"]
              << " of the log: " << a.get("out")
              << "\nthe supervisor checks it with: samband-verify report FILE --vkey KEY\n";
  return kOk;
}

}  // namespace

void add_access(std::vector<Command>& commands) {
  std::vector<OptionSpec> options = agency_options("operator");
  options.push_back({"requester", "WHO", "supervisor", "", false, true});
  options.push_back({"subject-file", "FILE|-",
                     "the person: a number, or JSON {givenName, familyName, birthDate, address} for one that messages "
                     "named without; - reads standard input",
                     "", false, true});
  options.push_back(
      {"reviewed-by", "OFFICIAL", "the privacy officer who has reviewed that it may be given out", "", false, true});
  options.push_back({"reason", "CODE", "gdpr_15, supervision, complaint or court_order", "", false, true});
  options.push_back({"out", "FILE", "where the report goes; must not be there yet", "", false, true});
  commands.push_back({"report subject", "Makes an access report about one person for a supervisor", "",
                      "Every leaf of the log about the person, with the proof that none is left out: checked by "
                      "samband-verify report. It shows what the person may not know: for the supervisor's eyes only. "
                      "Through the running hub, which logs the index's root and the report.",
                      options, report});
}

}  // namespace samband::cli
