// samband erase | retention run: personal data goes, the proof stays. Through the running hub, as its operator.
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "app/agency_client.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"
#include "app/subject_file.hpp"

namespace samband::cli {
namespace {

std::string trimmed(std::string text) {
  const auto blank = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(blank), text.size()));
  text.erase(text.find_last_not_of(blank) + 1);
  return text;
}

std::int64_t count_at(const json::value& answer, const char* name) {
  const json::value* value = answer.as_object().if_contains(name);
  return value && value->is_int64() ? value->get_int64() : 0;
}

void print_ids(const json::value& answer, const char* member, const char* words) {
  const json::value* list = answer.as_object().if_contains(member);
  if (!list || !list->is_array() || list->get_array().empty()) return;
  std::cout << words << ":\n";
  for (const json::value& id : list->get_array())
    if (id.is_string()) std::cout << "  " << std::string_view(id.get_string()) << "\n";
}

void print_scope(const json::value& answer, const char* live = "still waiting for something") {
  std::cout << count_at(answer, "keys") << " keys, " << count_at(answer, "messages") << " messages, "
            << count_at(answer, "exchanges") << " exchanges, " << count_at(answer, "consents") << " consents\n";
  print_ids(answer, "periods", "periods that are over");
  print_ids(answer, "live", live);
  print_ids(answer, "reviews", "emergencies that wait for their review");
}

void print_done(const json::value& answer, const char* what, const char* live) {
  print_scope(answer, live);
  std::cout << what << ": leaf " << count_at(answer, "leafIndex") << " of the log, record "
            << string_at(answer.as_object(), "id") << "\n";
  if (answer.at("traces").as_bool())
    std::cout << "old pages are still held by a reader beside the hub; it writes over them when that ends\n";
}

// Two answers at the terminal itself: standard input may be the subject.
bool confirmed(const std::string& decision) {
  std::ifstream in("/dev/tty");
  std::ofstream out("/dev/tty");
  std::string line;
  out << "This cannot be undone. Erase it? Type yes: " << std::flush;
  if (!std::getline(in, line) || trimmed(line) != "yes") return false;
  out << "Type the number of the decision again: " << std::flush;
  return std::getline(in, line) && trimmed(line) == decision;
}

int erase(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto subject = subject_from(a.get("subject"), "--subject", FromWord::allow);
  if (!subject) return complain(in_words(subject.error()));
  json::object body{{"subject", std::move(*subject)},
                    {"basis", a.get("basis")},
                    {"decision", a.get("decision")},
                    {"force", a.has("force")},
                    {"dryRun", true}};
  const bool dry_run = a.has("dry-run");
  if (dry_run || !a.has("yes")) {
    auto scope = call(a, *config, "POST", "/v1/erasures", json::serialize(body));
    if (!scope) return complain(in_words(scope.error()));
    if (dry_run && a.json()) std::cout << json::serialize(*scope) << "\n";
    if (!a.json()) print_scope(*scope);
    if (dry_run) return kOk;
    if (::access("/dev/tty", R_OK | W_OK) != 0 || !::isatty(STDERR_FILENO)) {
      std::cerr << "samband erase: there is nobody at a terminal to confirm it; say --yes\n";
      return kUsage;
    }
    if (!confirmed(a.get("decision"))) return complain("not confirmed: nothing was erased");
  }
  body["dryRun"] = false;
  auto done = call(a, *config, "POST", "/v1/erasures", json::serialize(body));
  if (!done) return complain(in_words(done.error()));
  if (a.json())
    std::cout << json::serialize(*done) << "\n";
  else
    print_done(*done, "erased", "withdrawn");
  return kOk;
}

int weed(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  const bool dry_run = a.has("dry-run");
  auto done = call(a, *config, "POST", "/v1/retention-runs", json::serialize(json::object{{"dryRun", dry_run}}));
  if (!done) return complain(in_words(done.error()));
  if (a.json())
    std::cout << json::serialize(*done) << "\n";
  else if (dry_run)
    print_scope(*done);
  else
    print_done(*done, "weeded out", "kept, still waiting for something");
  return kOk;
}

}  // namespace

void add_erase(std::vector<Command>& commands) {
  std::vector<OptionSpec> options = agency_options("operator");
  options.push_back({"dry-run", "", "say what it would be, and do nothing", ""});
  commands.push_back({"retention run", "Weeds out now what has been kept long enough (the hub does it every night)", "",
                      "By [retention] of hub.toml: the keys of the periods that are over are destroyed and what they "
                      "sealed is emptied. What still waits for somebody is kept and listed. The log and all receipts "
                      "stay valid; the run is a leaf.",
                      options, weed});
  options.push_back({"subject", "-|FILE|NUMBER",
                     "the person: a number, or JSON {givenName, familyName, birthDate, address} for one that messages "
                     "named without; - reads standard input",
                     "", false, true});
  options.push_back({"basis", "CODE", "gdpr_17_1_a to gdpr_17_1_f, court_order or weeding_decision", "", false, true});
  options.push_back({"decision", "NUMBER", "the operator's number of the decision (diarienummer)", "", false, true});
  options.push_back({"force", "", "withdraw what still waits for somebody, with a record of it", ""});
  options.push_back({"yes", "", "ask nothing", ""});
  commands.push_back({"erase", "Erases a person: destroys the keys of everything that is about her or him", "",
                      "Messages about several persons go as a whole. Shows what it is about and asks twice. The log, "
                      "all receipts and the skeleton of each exchange (parties, kind, times, outcome) stay. Copies of "
                      "the list of erasures (keys folder) must be kept: it is what a restored backup is erased by.",
                      options, erase});
}

}  // namespace samband::cli
