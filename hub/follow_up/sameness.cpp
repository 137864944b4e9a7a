#include "follow_up/sameness.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr std::size_t kDigestLetters = 16;
constexpr std::chrono::days kBacklogMax{7};
constexpr std::int64_t kMinute = 60'000;  // milliseconds

// One line of the row: "milliseconds y|n about assessor".
struct Entry {
  std::int64_t at = 0;
  bool value = false;
  std::string about, assessor;
};

std::string digest(std::string_view text) { return crypto::sha256_hex(text).substr(0, kDigestLetters); }

std::vector<Entry> entries_of(std::string_view text) {
  std::vector<Entry> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    Entry entry;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), entry.at);
    const std::string_view tail = line.substr(static_cast<std::size_t>(rest - line.data()));
    if (error != std::errc() || tail.size() != 4 + 2 * kDigestLetters) continue;
    entry.value = tail[1] == 'y';
    entry.about = tail.substr(3, kDigestLetters);
    entry.assessor = tail.substr(4 + kDigestLetters);
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace

void add_answer(AnswersRow& row, const GivenAnswer& given, Time now, const SamenessLimits& limits) {
  std::vector<Entry> entries = entries_of(row.recent);
  const bool trusted = given.at <= now && given.at > now - kBacklogMax;
  Entry added{(trusted ? given.at : now).time_since_epoch().count(), given.value, digest(given.about),
              digest(given.assessor)};
  std::erase_if(entries, [&](const Entry& e) { return e.about == added.about; });
  entries.push_back(std::move(added));
  const std::size_t keep = static_cast<std::size_t>(limits.window);
  if (entries.size() > keep) entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(keep));
  row.recent.clear();
  for (const Entry& e : entries)
    row.recent += std::to_string(e.at) + (e.value ? " y " : " n ") + e.about + " " + e.assessor + "\n";
}

Sameness look_at(const AnswersRow& row, const SamenessLimits& limits) {
  const std::vector<Entry> entries = entries_of(row.recent);
  Sameness out;
  out.answers = static_cast<int>(entries.size());
  if (entries.empty()) return out;
  const auto yes = std::count_if(entries.begin(), entries.end(), [](const Entry& e) { return e.value; });
  const auto total = static_cast<double>(entries.size());
  out.value = 2 * yes >= static_cast<std::ptrdiff_t>(entries.size());
  out.share = static_cast<double>(out.value ? yes : static_cast<std::ptrdiff_t>(entries.size()) - yes) / total;
  // Of each assessor the minute up to the last answer that came from him or her, and the minute from it on: a backlog
  // need not come in order.
  std::map<std::string, std::int64_t> last;
  for (const Entry& e : entries) last[e.assessor] = e.at;
  struct Counts {
    int before = 0, after = 0;
  };
  std::map<std::string, Counts> minute;
  std::set<std::string> assessors;
  for (const Entry& e : entries) {
    assessors.insert(e.assessor);
    const std::int64_t anchor = last[e.assessor];
    if (anchor <= entries.back().at - kMinute) continue;  // he or she has stopped
    if (e.at > anchor - kMinute && e.at <= anchor) ++minute[e.assessor].before;
    if (e.at < anchor + kMinute && e.at >= anchor) ++minute[e.assessor].after;
  }
  out.assessors = static_cast<int>(assessors.size());
  out.identical = out.answers >= limits.minimum && out.share >= limits.same_share;
  out.too_fast = std::any_of(minute.begin(), minute.end(), [&](const auto& each) {
    return std::max(each.second.before, each.second.after) > limits.per_minute_max;
  });
  return out;
}

bool needs_alarm(AnswersRow& row, const Sameness& found, Time now) {
  if (!found.identical && !found.too_fast) {
    row.alarmed_at.reset();
    return false;
  }
  return !row.alarmed_at || now - *row.alarmed_at >= std::chrono::days(1);
}

}  // namespace samband
