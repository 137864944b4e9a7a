#include "report/duties.hpp"

#include <algorithm>

#include "delivery/acknowledge.hpp"
#include "follow_up/life_cycle.hpp"
#include "report/statistics.hpp"

namespace samband::report {
namespace {

constexpr std::pair<Fulfilment, const char*> kColumns[] = {{Fulfilment::in_time, "inTime"},
                                                           {Fulfilment::late, "late"},
                                                           {Fulfilment::in_part, "inPart"},
                                                           {Fulfilment::missed, "missed"},
                                                           {Fulfilment::open, "open"}};

std::int64_t of(const DutyLine& line, Fulfilment what) {
  const auto it = line.counts.find(what);
  return it == line.counts.end() ? 0 : it->second;
}

// One suppressed part would follow from the total and the others.
std::string total_of(const DutyLine& line) {
  std::int64_t total = 0;
  for (const auto& [what, n] : line.counts) {
    if (n > 0 && n < kSmallest) return "suppressed";
    total += n;
  }
  return shown(total);
}

}  // namespace

std::optional<Fulfilment> fulfilment_of(const ExchangeRow& row, bool rest_held, std::optional<Time> confirmed_at,
                                        Time now) {
  const auto duty = duty_of(row);
  if (!duty || row.life == "recalled" || row.fingerprint.empty()) return std::nullopt;
  const auto met_at = duty->by_confirmation ? confirmed_at : row.acknowledged_at;
  if (met_at && rest_held) return Fulfilment::in_part;
  if (met_at) return *met_at <= duty->due ? Fulfilment::in_time : Fulfilment::late;
  return now > duty->due ? Fulfilment::missed : Fulfilment::open;
}

Result<std::vector<DutyLine>> collect_duties(Store& store, Time from, Time to, Time now) {
  std::map<std::pair<std::string, std::string>, DutyLine> lines;
  ExchangeFilter filter;
  filter.limit = 1000;
  for (;;) {
    auto page = store.exchanges(filter);
    if (!page) return page.error();
    for (const ExchangeRow& row : *page) {
      const auto duty = duty_of(row);
      if (!duty || row.created_at < from || row.created_at >= to) continue;
      std::optional<Time> confirmed_at;
      if (duty->by_confirmation) {
        auto statuses = store.statuses(row.id);
        if (!statuses) return statuses.error();
        for (const StatusRow& status : *statuses)
          if (ends_a_duty(status.status) && !confirmed_at) confirmed_at = status.at;
      }
      auto agenda = store.agenda(row.id);
      if (!agenda) return agenda.error();
      const bool rest =
          std::any_of(agenda->begin(), agenda->end(), [](const AgendaRow& item) { return item.what == "duty"; });
      const auto found = fulfilment_of(row, rest, confirmed_at, now);
      if (!found) continue;
      DutyLine& line = lines[{duty->rule, row.sender}];
      line.rule = duty->rule;
      line.party = row.sender;
      ++line.counts[*found];
    }
    if (page->size() < 1000) break;
    filter.after = page->back().id;
  }
  std::vector<DutyLine> out;
  for (auto& [key, line] : lines) out.push_back(std::move(line));
  return out;
}

json::array to_json(const std::vector<DutyLine>& lines) {
  json::array out;
  for (const DutyLine& line : lines) {
    json::object o{{"rule", line.rule}, {"party", line.party}, {"total", total_of(line)}};
    for (const auto& [what, name] : kColumns) o[name] = shown(of(line, what));
    out.push_back(std::move(o));
  }
  return out;
}

std::string to_text(const std::vector<DutyLine>& lines) {
  const auto pad = [](std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text + " ";
  };
  std::string out = pad("rule", 24) + pad("party", 22);
  for (const auto& [what, name] : kColumns) out += pad(name, 8);
  out += "total\n";
  for (const DutyLine& line : lines) {
    out += pad(line.rule, 24) + pad(line.party, 22);
    for (const auto& [what, name] : kColumns) out += pad(shown(of(line, what)), 8);
    out += total_of(line) + "\n";
  }
  return out;
}

}  // namespace samband::report
