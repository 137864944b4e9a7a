// samband incident open | list | show | close: breaches of personal data on record. Through the running hub, as its
// operator.
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>

#include "admin/incidents.hpp"
#include "app/agency_client.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"

namespace samband::cli {
namespace {

Result<std::string> text_from(const std::string& file) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream in(file, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(in), {});
    if (!in.is_open() || in.bad()) return fail(Errc::invalid_input, "--text-file", "the file cannot be read");
  }
  if (text.empty() || text.size() > kIncidentTextMax)
    return fail(Errc::invalid_input, "--text-file", "1 byte to 16 KiB of text");
  return text;
}

std::optional<std::int64_t> index_from(const std::string& text) {
  std::int64_t n = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n < 0) return std::nullopt;
  return n;
}

std::string words(const json::value& list) {
  std::string out;
  for (const json::value& each : list.as_array()) out += (out.empty() ? "" : ", ") + std::string(each.as_string());
  return out.empty() ? "none" : out;
}

std::string state_of(const json::object& o) {
  const bool late = o.at("late").as_bool();
  if (o.contains("result")) return std::string(string_at(o, "result")) + (late ? ", late" : "");
  return (late ? "OVERDUE: was to be reported by " : "open, report by ") + std::string(string_at(o, "reportBy"));
}

void print(const json::object& o) {
  const json::object& scope = o.at("scope").as_object();
  std::cout << string_at(o, "id") << "  " << string_at(o, "kind") << "  " << state_of(o) << "\n"
            << "  leaves " << o.at("from") << " to " << o.at("to") << ": " << scope.at("exchanges") << " exchanges, "
            << scope.at("messages") << " messages, " << scope.at("consents") << " consents, " << scope.at("persons")
            << " persons (and whoever was erased before: " << scope.at("erased") << " records)\n"
            << "  parties: " << words(scope.at("parties")) << "\n  kinds: " << words(scope.at("kinds"))
            << "\n  categories: " << words(scope.at("categories")) << "\n";
}

void print_record(const json::object& o, const char* name) {
  const json::value& record = o.at(name);
  if (!record.is_object()) return;
  const auto details = parse_json(string_at(record.as_object(), "details"));
  if (details) std::cout << "  " << name << ": " << string_at(details->as_object(), "text") << "\n";
}

int shown(const Arguments& a, const Result<json::value>& answer, const char* what) {
  if (!answer) return complain(in_words(answer.error()));
  if (a.json()) {
    std::cout << json::serialize(*answer) << "\n";
  } else {
    std::cout << what;
    print(answer->as_object());
  }
  return kOk;
}

int open(const Arguments& a) {
  const auto from = index_from(a.get("from")), to = index_from(a.get("to"));
  if (!from || !to) return complain("--from, --to: the index of a leaf of the log"), kUsage;
  if (a.has("aware") && !parse_rfc3339(a.get("aware")))
    return complain("--aware: a time as 2026-11-22T10:00:00Z"), kUsage;
  auto text = text_from(a.get("text-file"));
  if (!text) return complain(in_words(text.error()));
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  json::object body{{"kind", a.get("kind")}, {"from", *from}, {"to", *to}, {"text", std::move(*text)}};
  if (a.has("aware")) body["awareAt"] = a.get("aware");
  return shown(a, call(a, *config, "POST", "/v1/incidents", json::serialize(body)), "opened: ");
}

int close(const Arguments& a) {
  if (a.has("reported-at") && !parse_rfc3339(a.get("reported-at")))
    return complain("--reported-at: a time as 2026-11-22T10:00:00Z"), kUsage;
  auto text = text_from(a.get("text-file"));
  if (!text) return complain(in_words(text.error()));
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  json::object body{{"result", a.get("result")}, {"text", std::move(*text)}};
  if (a.has("reported-at")) body["reportedAt"] = a.get("reported-at");
  const std::string path = "/v1/incidents/" + a.positional().front() + "/close";
  return shown(a, call(a, *config, "POST", path, json::serialize(body)), "closed: ");
}

int list(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  json::array all;
  for (std::string after;;) {
    auto page = call(a, *config, "GET", "/v1/incidents" + (after.empty() ? "" : "?before=" + after));
    if (!page) return complain(in_words(page.error()));
    json::array& rows = page->as_object()["incidents"].as_array();
    if (rows.empty()) break;
    after = string_at(rows.back().as_object(), "id");
    for (json::value& row : rows) all.push_back(std::move(row));
  }
  if (a.json()) {
    std::cout << json::serialize(all) << "\n";
    return kOk;
  }
  for (const json::value& row : all) print(row.as_object());
  if (all.empty()) std::cout << "no incidents\n";
  return kOk;
}

int show(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto answer = call(a, *config, "GET", "/v1/incidents/" + a.positional().front());
  const int done = shown(a, answer, "");
  if (done != kOk || a.json()) return done;
  const json::object& o = answer->as_object();
  print_record(o, "opening");
  print_record(o, "closing");
  const json::array& exchanges = o.at("exchanges").as_array();
  for (const json::value& id : exchanges) std::cout << "  exchange " << std::string_view(id.as_string()) << "\n";
  if (exchanges.size() == kIncidentExchangesShown) std::cout << "  (the first " << exchanges.size() << ")\n";
  return kOk;
}

}  // namespace

void add_incident(std::vector<Command>& commands) {
  const OptionSpec text{"text-file", "FILE|-", "", "", false, true};
  std::vector<OptionSpec> options = agency_options("operator");
  commands.push_back({"incident list", "Lists breaches of personal data on record, newest first", "",
                      "With the time by which the supervisory authority (IMY) must have each, and what came of it.",
                      options, list});
  commands.push_back({"incident show", "Shows one breach on record: what it touched, its texts, its exchanges", "ID",
                      "--json has what its leaves commit to (nonce and details).", options, show});
  options.push_back({"from", "INDEX", "the first leaf of the log that it is about", "", false, true});
  options.push_back({"to", "INDEX", "the last", "", false, true});
  options.push_back({"kind", "CODE",
                     "destruction, loss, alteration, unauthorised_disclosure or unauthorised_access (GDPR 4(12))", "",
                     false, true});
  options.push_back({"aware", "TIME", "when the operator became aware of it: 72 hours run from then; default now", ""});
  options.push_back(text);
  options.back().help = "what happened, with what effects; no names and no numbers; - reads standard input";
  commands.push_back({"incident open", "Puts a breach of personal data on record, from a range of the log", "",
                      "GDPR article 33(5). Counts which exchanges, parties, kinds, categories of data and persons the "
                      "leaves are about. The text is kept sealed; opening it is a leaf of the log.",
                      options, open});
  options = agency_options("operator");
  options.push_back({"result", "CODE", "reported or not_required (article 33(1))", "", false, true});
  options.push_back({"reported-at", "TIME", "when the supervisory authority had the report; with reported", ""});
  options.push_back(text);
  options.back().help =
      "effects and what was done; why it was late, or why it need not be reported; - reads standard input";
  commands.push_back({"incident close", "Records what came of a breach: reported, or why it need not be", "ID",
                      "The record stays; closing it is a leaf of the log.", options, close});
}

}  // namespace samband::cli
