// samband report subject: a person's access report (GDPR article 15), through the running hub.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>

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

Result<json::value> review_from(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) return fail(Errc::invalid_input, "--review", "the file cannot be read");
  auto parsed = parse_json(text);
  if (!parsed) return fail(Errc::invalid_input, "--review", "is not JSON: " + in_words(parsed.error()));
  return parsed;
}

int report(const Arguments& a) {
  const std::string who = a.get("requester"), reviewer = a.get("reviewed-by");
  const bool to_supervisor = who == "supervisor";
  if (!to_supervisor && who != "self" && who != "guardian")
    return complain("--requester: expected self, guardian or supervisor"), kUsage;
  const bool prepares = a.has("prepare");
  if (prepares == a.has("review"))
    return complain(to_supervisor ? "expected --prepare (by the privacy officer), or --review with what that wrote"
                                  : "expected --prepare, or --review with what was found in the worksheet"),
           kUsage;
  if (reviewer.empty() && (prepares || !to_supervisor))
    return complain("--reviewed-by: expected, whose certificate is the review's signature"), kUsage;
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  if (::access(a.get("out").c_str(), F_OK) == 0)
    return complain("--out: exists already; a report is never overwritten");
  auto subject = subject_from(a.get("subject-file"), "--subject-file", FromWord::refuse);
  if (!subject) return complain(in_words(subject.error()));
  json::object body{
      {"subject", std::move(*subject)}, {"requester", who}, {"reason", a.get("reason")}, {"lang", a.get("lang")}};
  if (prepares) body["prepare"] = true;
  if (a.has("review")) {
    auto review = review_from(a.get("review"));
    if (!review) return complain(in_words(review.error()));
    body["review"] = std::move(*review);
  }
  Arguments as = a;  // the reviewer's own certificate is the review's signature
  if (!a.has("as") || a.get("as").empty()) as.values_["as"] = to_supervisor && !prepares ? "operator" : reviewer;
  auto made = call(as, *config, "POST", "/v1/access-reports", json::serialize(body));
  if (!made) return complain(in_words(made.error()));
  json::object& answer = made->as_object();
  if (auto written = write_private(a.get("out"), string_at(answer, "report")); !written)
    return complain(in_words(written.error()));
  answer.erase("report");
  if (a.json())
    std::cout << json::serialize(*made) << "\n";
  else
    std::cout << (!prepares       ? "report "
                  : to_supervisor ? "review "
                                  : "worksheet ")
              << string_at(answer, "id") << ", leaf " << answer["leafIndex"] << " of the log: " << a.get("out") << "\n"
              << (!to_supervisor ? ""
                  : prepares     ? "the operator makes the report with it, within seven days: --review FILE\n"
                                 : "the supervisor checks it with: samband-verify report FILE --vkey KEY\n");
  return kOk;
}

}  // namespace

void add_access(std::vector<Command>& commands) {
  std::vector<OptionSpec> options = agency_options("");
  for (OptionSpec& option : options)
    if (option.name == "as") option.required = false, option.help = "operator, or the reviewer (the default)";
  options.push_back({"requester", "WHO", "self, guardian or supervisor", "", false, true});
  options.push_back(
      {"prepare", "",
       "by the privacy officer. self, guardian: write the worksheet, what would be shown, what not; supervisor: write "
       "the review, that it may be given out",
       ""});
  options.push_back(
      {"review", "FILE",
       "self, guardian: the reviewer's answers, {\"facts\": [{exchange, code, value, person}]}; supervisor: what "
       "--prepare wrote",
       ""});
  options.push_back(kLangOption);
  options.push_back({"subject-file", "FILE|-",
                     "the person: a number, or JSON {givenName, familyName, birthDate, address} for one that messages "
                     "named without; - reads standard input",
                     "", false, true});
  options.push_back({"reviewed-by", "OFFICIAL",
                     "the privacy officer who reviews, with his or her own certificate; needed but for the "
                     "supervisor's report itself",
                     ""});
  options.push_back({"reason", "CODE", "gdpr_15, supervision, complaint or court_order", "", false, true});
  options.push_back({"out", "FILE", "where the report goes; must not be there yet", "", false, true});
  commands.push_back(
      {"report subject", "Makes an access report about one person: for herself, a guardian or a supervisor", "",
       "supervisor: every leaf of the log about the person, with the proof that none is left out (checked by "
       "samband-verify report); for the supervisor's eyes only. A privacy officer reviews first (--prepare), the hub's "
       "operator makes it (--review). self, guardian: what the reviewer's party has "
       "disclosed and the rules clear for whoever asks, in two steps: --prepare, then --review; the rest "
       "leaves no trace in it. Through the running hub; each is a leaf of the log.",
       options, report});
}

}  // namespace samband::cli
