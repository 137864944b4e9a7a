// samband exchange list | show | retry: what the operator may see (never content) and do.
#include <iostream>

#include "app/agency_client.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"
#include "exchange/answer.hpp"

namespace samband::cli {
namespace {

// A text that is too wide pushes the next column, but never touches it.
std::string pad(std::string text, std::size_t width) {
  text.append(text.size() < width ? width - text.size() : 1, ' ');
  return text;
}

int list(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  ExchangeFilter filter;
  filter.state = a.get("state");
  filter.party = a.get("party");
  filter.after = a.get("after");
  filter.newest_first = !a.has("after");
  if (!filter.state.empty() && !exchange_state_from(filter.state)) return complain("--state: no such state"), kUsage;
  try {
    std::size_t used = 0;
    filter.limit = std::stoi(a.get("limit"), &used);
    if (used != a.get("limit").size()) filter.limit = 0;
  } catch (const std::exception&) {
    filter.limit = 0;
  }
  if (filter.limit < 1 || filter.limit > 1000) return complain("--limit: 1 to 1000"), kUsage;
  auto rows = (*store)->exchanges(filter);
  if (!rows) return complain(in_words(rows.error()));
  if (a.json()) {
    json::array out;
    for (const ExchangeRow& row : *rows) out.push_back(show_exchange(row));
    std::cout << json::serialize(out) << "\n";
    return kOk;
  }
  for (const ExchangeRow& row : *rows)
    std::cout << row.id << "  " << to_rfc3339(row.created_at) << "  " << pad(row.kind, 18)
              << pad(row.sender + " -> " + row.recipient, 41) << pad(row.outcome, 9) << to_string(row.state)
              << (row.life.empty() ? "" : " (" + row.life + ")") << "\n";
  if (rows->empty()) std::cout << "no exchanges\n";
  return kOk;
}

int show(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto row = (*store)->exchange(a.positional().front());
  if (!row) return complain(in_words(row.error()));
  if (!row->has_value()) return complain("no exchange " + a.positional().front());
  const json::object shown = show_exchange(**row);
  if (a.json()) {
    std::cout << json::serialize(shown) << "\n";
    return kOk;
  }
  const ExchangeRow& r = **row;
  std::cout << "exchange   " << r.id << "\nfrom       " << r.sender << "\nto         " << r.recipient << "\nkind       "
            << r.kind << "\npurpose    " << r.purpose << "\noutcome    " << r.outcome << "\nstate      "
            << to_string(r.state) << (r.life.empty() ? "" : ", " + r.life) << "\ncreated    "
            << to_rfc3339(r.created_at) << "\nattempts   " << r.attempts << "\nleaf       " << r.leaf_index << "\n";
  if (r.acknowledged_at)
    std::cout << "received   " << to_rfc3339(*r.acknowledged_at) << " (leaf " << *r.ack_leaf_index << ")\n";
  if (r.due_at) std::cout << "due        " << to_rfc3339(*r.due_at) << "\n";
  if (const json::value* words = shown.if_contains("words"))
    std::cout << "\n" << string_at(words->as_object(), a.get("lang")) << "\n";
  return kOk;
}

int retry(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto answer = call(a, *config, "POST", "/v1/exchanges/" + a.positional().front() + "/retry", "{}");
  if (!answer) return complain(in_words(answer.error()));
  std::cout << (a.json() ? json::serialize(*answer) : "queued again: " + a.positional().front()) << "\n";
  return kOk;
}

}  // namespace

void add_exchange(std::vector<Command>& commands) {
  commands.push_back({"exchange list",
                      "Lists exchanges: who, whom, kind, outcome, state; never content",
                      "",
                      "Newest first; with --after in order of time.",
                      {kConfigOption,
                       kJsonOption,
                       {"state", "STATE", "refused, held, queued, delivering, delivered, inbox, dead or withdrawn", ""},
                       {"party", "PARTY", "sender or recipient", ""},
                       {"after", "EXCHANGE", "continue after this one", ""},
                       {"limit", "N", "at most", "50"}},
                      list});
  commands.push_back({"exchange show",
                      "Shows one exchange with its explanation",
                      "EXCHANGE",
                      "",
                      {kConfigOption, kJsonOption, kLangOption},
                      show});
  commands.push_back({"exchange retry", "Takes a dead letter up again", "EXCHANGE",
                      "It is decided again before it is sent.", agency_options("operator"), retry});
}

}  // namespace samband::cli
