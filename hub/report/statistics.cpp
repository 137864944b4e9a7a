#include "report/statistics.hpp"

#include <algorithm>

namespace samband::report {
namespace {

constexpr const char* kOutcomes[] = {"released", "partial", "held", "refused"};

std::int64_t of(const Line& line, const char* outcome) {
  const auto it = line.outcomes.find(outcome);
  return it == line.outcomes.end() ? 0 : it->second;
}

// One suppressed part would follow from the total and the others.
std::string total_of(const Line& line) {
  const bool hidden = std::any_of(line.outcomes.begin(), line.outcomes.end(),
                                  [](const auto& o) { return o.second > 0 && o.second < kSmallest; });
  return hidden ? "suppressed" : shown(line.total);
}

std::string pad(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

std::string shown(std::int64_t n) {
  return n > 0 && n < kSmallest ? "<" + std::to_string(kSmallest) : std::to_string(n);
}

void count(std::map<std::pair<std::string, std::string>, Line>& lines, const ExchangeRow& row) {
  static constexpr std::string_view kOwn[] = {"exchange.receipt", "exchange.recall", "duty.alert",
                                              "hold.expired",     "privacy.notice",  "step.reminder"};
  if (std::find(std::begin(kOwn), std::end(kOwn), row.kind) != std::end(kOwn)) return;
  const std::string month = to_string(stockholm_date(row.created_at)).substr(0, 7);
  Line& line = lines[{month, row.kind}];
  line.month = month;
  line.kind = row.kind;
  ++line.outcomes[row.outcome];
  if (row.acknowledged_at) ++line.received;
  ++line.total;
}

Result<std::vector<Line>> collect(Store& store, Time from, Time to) {
  std::map<std::pair<std::string, std::string>, Line> lines;
  ExchangeFilter filter;
  filter.limit = 1000;
  for (;;) {
    auto page = store.exchanges(filter);
    if (!page) return page.error();
    for (const ExchangeRow& row : *page)
      if (row.created_at >= from && row.created_at < to) count(lines, row);
    if (page->size() < 1000) break;
    filter.after = page->back().id;
  }
  std::vector<Line> out;
  for (auto& [key, line] : lines) out.push_back(std::move(line));
  return out;
}

json::array to_json(const std::vector<Line>& lines) {
  json::array out;
  for (const Line& line : lines) {
    json::object o{
        {"month", line.month}, {"kind", line.kind}, {"total", total_of(line)}, {"received", shown(line.received)}};
    for (const char* outcome : kOutcomes) o[outcome] = shown(of(line, outcome));
    out.push_back(std::move(o));
  }
  return out;
}

std::string to_text(const std::vector<Line>& lines) {
  std::string out = pad("month", 9) + pad("kind", 24);
  for (const char* outcome : kOutcomes) out += pad(outcome, 10);
  out += pad("received", 10) + "total\n";
  for (const Line& line : lines) {
    out += pad(line.month, 9) + pad(line.kind, 24);
    for (const char* outcome : kOutcomes) out += pad(shown(of(line, outcome)), 10);
    out += pad(shown(line.received), 10) + total_of(line) + "\n";
  }
  return out;
}

}  // namespace samband::report
