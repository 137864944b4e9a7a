// samband review list | close: what left because of an emergency, and what a named person said of it afterwards.
#include <iostream>

#include "app/agency_client.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"

namespace samband::cli {
namespace {

int list(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  if (a.has("party") && !config->parties.find(a.get("party"))) return complain("--party: no such party"), kUsage;
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto rows = (*store)->reviews(a.get("party"), !a.has("all"), 1000);
  if (!rows) return complain(in_words(rows.error()));
  if (a.json()) {
    json::array out;
    for (const ReviewRow& r : *rows) {
      json::object o{{"exchange", r.exchange_id},
                     {"party", r.party},
                     {"why", r.why},
                     {"cause", r.cause},
                     {"openedAt", to_rfc3339(r.opened_at)},
                     {"dueAt", to_rfc3339(r.due_at)},
                     {"verdict", r.verdict},
                     {"reasonCode", r.reason_code}};
      o["overdue"] = r.overdue_at.has_value();
      out.push_back(std::move(o));
    }
    std::cout << json::serialize(out) << "\n";
    return kOk;
  }
  for (const ReviewRow& r : *rows)
    std::cout << r.exchange_id << "  " << r.party << "  " << r.cause << "  due " << to_rfc3339(r.due_at)
              << (r.closed_at    ? "  " + r.verdict
                  : r.overdue_at ? "  OVERDUE"
                                 : "")
              << "\n";
  if (rows->empty()) std::cout << (a.has("all") ? "no reviews\n" : "no open reviews\n");
  return kOk;
}

int close(const Arguments& a) {
  if (a.get("verdict") != "justified" && a.get("verdict") != "not_justified")
    return complain("--verdict: justified or not_justified"), kUsage;
  if (a.get("reason").empty()) return complain("--reason: a reason code of docs/vocabulary.md"), kUsage;
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  json::object body{{"verdict", a.get("verdict")}, {"reasonCode", a.get("reason")}};
  auto answer = call(a, *config, "POST", "/v1/reviews/" + a.positional().front(), json::serialize(body));
  if (!answer) return complain(in_words(answer.error()));
  std::cout << (a.json() ? json::serialize(*answer) : a.get("verdict") + ": " + a.positional().front()) << "\n";
  return kOk;
}

}  // namespace

void add_review(std::vector<Command>& commands) {
  commands.push_back({"review list",
                      "Lists reviews of what left because of an emergency; never content",
                      "",
                      "Open ones first by their deadline; with --all also those that have their verdict.",
                      {kConfigOption,
                       kJsonOption,
                       {"party", "PARTY", "the party that answers for it", ""},
                       {"all", "", "also closed ones", ""}},
                      list});
  std::vector<OptionSpec> options = agency_options();
  options.push_back({"verdict", "VERDICT", "justified or not_justified", ""});
  options.push_back({"reason", "CODE", "reason code", ""});
  commands.push_back({"review close", "Records a named person's verdict on a disclosure in an emergency", "EXCHANGE",
                      "With the certificate of the party that sent it, or of its privacy officer.", options, close});
}

}  // namespace samband::cli
