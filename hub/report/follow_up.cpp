#include "report/follow_up.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <unordered_map>

#include "follow_up/life_cycle.hpp"
#include "follow_up/step_deadlines.hpp"

namespace samband::report {
namespace {

constexpr int kPage = 500;
const std::string kUnknown = "unknown";

template <class List, class Value>
bool any_or_lists(const List& list, const Value& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}
template <class List, class Value>
bool lists(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

struct Step {
  std::string name, reason;
  Time at{};
  std::size_t order = 0;  // as recorded, where times are equal
};

struct Subject {
  std::string ref;  // "" = unknown
  std::optional<Date> birth_date;
  std::string sex = kUnknown;
};

// What a condition may ask of one exchange.
struct Record {
  const ExchangeRow* row = nullptr;
  const Message* message = nullptr;  // null: erased
  std::vector<Step> steps;           // in order of time
  std::vector<Subject> subjects;     // at least one
  Time event{}, at{};                // `at`: of the step that a figure asks for, else the event
  std::vector<Date> days;            // that count: one, or one for every month in which it is ongoing
  Date age_day{};
};

std::string sex_of(const json::value& data, const std::string& ref) {
  const json::value* persons = find_pointer(data, "/persons");
  if (persons == nullptr || !persons->is_array()) return kUnknown;
  for (const json::value& person : persons->get_array())
    if (person.is_object() && string_at(person.get_object(), "ref") == ref)
      if (const auto sex = string_at(person.get_object(), "sex"); !sex.empty()) return std::string(sex);
  return kUnknown;
}

std::vector<Subject> subjects_of(const Message* message) {
  std::vector<Subject> out;
  if (message != nullptr)
    for (const Person& p : message->persons)
      if (p.role == "subject" || p.role == "tenant")
        out.push_back({p.subject_ref, p.birth_date, sex_of(message->data, p.ref)});
  if (out.empty()) out.emplace_back();
  return out;
}

Time event_of(const ExchangeRow& row, const Message* message) {
  if (message == nullptr) return row.created_at;
  const json::value* at = find_pointer(message->data, "/occurredAt");
  if (at != nullptr && at->is_string())
    if (auto time = parse_rfc3339(at->get_string())) return *time;
  return message->sent_at == Time{} ? message->received_at : message->sent_at;
}

// What recipients reported, and what the hub knows itself.
Result<std::vector<Step>> steps_of(const ExchangeRow& row, Store& store) {
  std::vector<Step> out;
  if (!row.life.empty()) out.push_back({"sent", {}, row.created_at});
  if (row.acknowledged_at) out.push_back({"received", {}, *row.acknowledged_at});
  auto rows = store.statuses(row.id);
  if (!rows) return rows.error();
  for (const StatusRow& each : *rows) out.push_back({each.status, each.reason_code, each.at});
  if (row.life == "recalled") out.push_back({"recalled", {}, row.updated_at});
  for (std::size_t i = 0; i < out.size(); ++i) out[i].order = i;
  std::sort(out.begin(), out.end(),
            [](const Step& a, const Step& b) { return std::tie(a.at, a.order) < std::tie(b.at, b.order); });
  return out;
}

std::optional<Time> served_at(const Message* message) {
  const json::value* at = message == nullptr ? nullptr : find_pointer(message->data, "/payload/servedAt");
  if (at == nullptr || !at->is_string()) return std::nullopt;
  if (auto date = parse_date(at->get_string())) return stockholm_midnight(*date);
  if (auto time = parse_rfc3339(at->get_string())) return *time;
  return std::nullopt;
}

// "" = the route has no such deadline, or it has not begun.
std::string state_of(const std::string& deadline, const Record& record, const Route* route, Time now) {
  const std::string what = std::string(kStepPrefix) + deadline;
  std::optional<Time> due;
  for (const Step& step : record.steps)
    for (const AgendaRow& row : begun_by(route, record.row->id, step.name, step.at, served_at(record.message)))
      if (const StepDeadline* found = row.what == what && !due ? deadline_of(route, row) : nullptr)
        due = due_of(*found, row);
  if (!due) return {};
  const AgendaRow as_open{record.row->id, what, {}, {}, 0};
  const StepDeadline& limit = *deadline_of(route, as_open);
  for (const Step& step : record.steps) {
    if (lists(limit.met_by, step.name)) return step.at <= *due ? "in_time" : "late";
    if ((ends_life(step.name) || step.name == "recalled") && step.at <= *due) return "ended";
  }
  return now > *due ? "missed" : "open";
}

bool holds(const ValueTest& test, const Message* message) {
  const json::value* value = message == nullptr ? nullptr : find_pointer(message->data, test.pointer);
  if (value == nullptr) return false;
  if (!test.at_least) return *value == test.is;
  return value->is_number() && value->to_number<double>() >= static_cast<double>(*test.at_least);
}

std::string two_digits(unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); }

std::string class_of(const FigureTable& table, Date day, Date age_day, const Subject& subject) {
  const unsigned month = static_cast<unsigned>(day.month());
  const std::string year = std::to_string(static_cast<int>(day.year()));
  switch (table.by) {
    case By::month:
      return year + "-" + two_digits(month);
    case By::third:
      return year + "-" + std::to_string((month + 3) / 4);
    case By::year:
      return year;
    case By::sex:
      return subject.sex;
    case By::age:
      if (subject.birth_date) {
        const int age = age_on(*subject.birth_date, age_day);
        for (const AgeBand& band : table.bands)
          if (age >= band.min && age <= band.max) return band.text;
      }
      return kUnknown;
    case By::nothing:
      break;
  }
  return {};
}

class Counter {
 public:
  Counter(const FollowUp& what, const Parties& parties, const Routes& routes, const Period& period, Time now)
      : what_(what), parties_(parties), routes_(routes), period_(period), now_(now) {
    for (std::uint32_t i = 0; i < what.figures.size(); ++i) out_.totals.push_back(next_++);
    asked_for_.assign(what.figures.size(), 0);
    for (const Figure& f : what.figures)
      for (const auto& other : {f.before, f.after})
        if (other) asked_for_[*other] = 1;
  }

  // By the row alone: is there a figure that this exchange may count in?
  std::vector<std::size_t> candidates(const ExchangeRow& row) const {
    const Party *sender = parties_.find(row.sender), *recipient = parties_.find(row.recipient);
    const auto is_type = [](const std::vector<std::string>& types, const Party* party) {
      return types.empty() || (party != nullptr && lists(types, party->actor_type));
    };
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < what_.figures.size(); ++i) {
      const Figure& f = what_.figures[i];
      if (any_or_lists(f.kinds, row.kind) && any_or_lists(f.purposes, row.purpose) &&
          any_or_lists(f.outcomes, row.outcome) && any_or_lists(f.senders, row.sender) &&
          any_or_lists(f.recipients, row.recipient) && is_type(f.sender_types, sender) &&
          is_type(f.recipient_types, recipient))
        out.push_back(i);
    }
    return out;
  }

  void count(Record& record, const std::vector<std::size_t>& figures) {
    record.event = event_of(*record.row, record.message);
    const Time receipt = record.message ? record.message->received_at : record.row->created_at;
    record.age_day = stockholm_date(what_.age_at_receipt ? receipt : record.event);
    ++out_.exchanges;
    if (record.message == nullptr) ++out_.erased;
    for (const std::size_t i : figures) {
      const Figure& f = what_.figures[i];
      if (!meets(f, record)) continue;
      bool first = true;
      for (const Subject& subject : record.subjects) {
        if (!is_about(f, subject, record)) continue;
        if (f.count == Counts::persons || first) {
          Counted one{i, record.row->message_id, subject, record.at, record.days, record.age_day};
          if (f.before || f.after)
            later_.push_back(std::move(one));  // until everybody's moment in the other figure is known
          else
            add(one);
        }
        first = false;
      }
    }
  }

  bool more_than(std::size_t units) const {
    return units_.size() > units || seen_.size() > units * 4 || later_.size() > units;
  }

  FollowUpCounts done() {
    for (const Counted& one : later_)
      if (is_in_order(one)) add(one);
    // The rest of a share: a reader works it out, so it is protected like a count.
    struct Rest {
      std::uint32_t cell, base;
      std::vector<std::uint32_t> parts;
    };
    std::vector<Rest> rests;
    for (std::size_t i = 0; i < what_.figures.size(); ++i)
      if (const auto base = what_.figures[i].share_of)
        rests.push_back({next_++, static_cast<std::uint32_t>(*base), {out_.totals[i]}});
    // So in every class of a table that has both, for each part and for all parts together; what is dated by its step
    // is no part of that month's base.
    std::map<std::uint32_t, std::vector<std::uint32_t>> together;
    for (const auto& [place, parts] : out_.classes) {
      const auto& [table, figure] = place;
      const Figure& f = what_.figures[figure];
      const auto bases = f.share_of ? out_.classes.find({table, *f.share_of}) : out_.classes.end();
      if (bases == out_.classes.end()) continue;
      const By by = what_.tables[table].by;
      if (by != By::age && by != By::sex && !same_day(f, what_.figures[*f.share_of])) continue;
      for (const auto& [key, part] : parts)
        if (const auto base = bases->second.find(key); base != bases->second.end()) {
          rests.push_back({next_++, base->second, {part}});
          together[base->second].push_back(part);
        }
    }
    for (auto& [base, parts] : together)
      if (parts.size() > 1) rests.push_back({next_++, base, std::move(parts)});
    const auto rest_of = [](const Rest& rest, const std::map<std::uint32_t, std::int64_t>& cells) {
      const auto of = [&](std::uint32_t cell) {
        const auto it = cells.find(cell);
        return it == cells.end() ? 0 : it->second;
      };
      std::int64_t n = of(rest.base);
      for (const std::uint32_t part : rest.parts) n -= of(part);
      return n;
    };
    // Parts that overlap leave no rest.
    std::erase_if(rests, [&](const Rest& rest) {
      return rest.parts.size() > 1 && std::any_of(units_.begin(), units_.end(),
                                                  [&](const auto& unit) { return rest_of(rest, unit.second) < 0; });
    });
    std::map<std::vector<std::pair<std::uint32_t, std::int64_t>>, std::int64_t> alike;
    std::vector<std::pair<std::uint32_t, std::int64_t>> left;
    for (auto& [key, cells] : units_) {
      left.clear();
      for (const Rest& rest : rests)
        if (const std::int64_t n = rest_of(rest, cells); n != 0) left.emplace_back(rest.cell, n);
      cells.insert(left.begin(), left.end());
      ++alike[{cells.begin(), cells.end()}];
    }
    for (auto& [adds, units] : alike) out_.population.alike.push_back({adds, units});
    out_.population.printed.assign(next_, 1);
    for (const Rest& rest : rests) out_.population.printed[rest.cell] = 0;
    out_.values = out_.population.values();
    return std::move(out_);
  }

 private:
  // Is what counts in the part dated by the same day as in its base?
  static bool same_day(const Figure& part, const Figure& base) {
    return part.when_step == base.when_step &&
           (!part.when_step || std::all_of(part.reached.begin(), part.reached.end(),
                                           [&](const std::string& step) { return lists(base.reached, step); }));
  }

  // Once, in one figure.
  struct Counted {
    std::size_t figure = 0;
    std::string message_id;
    Subject subject;
    Time at{};
    std::vector<Date> days;
    Date age_day{};

    std::string unit() const { return subject.ref.empty() ? "message/" + message_id : subject.ref; }
  };

  bool meets(const Figure& f, Record& record) const {
    const auto reached = [&](const Step& s) { return lists(f.reached, s.name) && any_or_lists(f.reasons, s.reason); };
    auto it = record.steps.begin();
    record.at = record.event;
    if (!f.reached.empty()) {
      it = std::find_if(it, record.steps.end(), reached);
      if (it == record.steps.end()) return false;
      record.at = it->at;
    }
    if (f.until.empty())
      record.days = {stockholm_date(f.when_step ? record.at : record.event)};
    else
      record.days = ongoing(f, record, it);
    std::erase_if(record.days, [&](Date day) {
      // What came before somebody counted elsewhere came before the period too.
      return (day < period_.from && !f.before) || day >= period_.to ||
             !any_or_lists(f.months, static_cast<int>(static_cast<unsigned>(day.month())));
    });
    if (record.days.empty()) return false;
    if (std::any_of(record.steps.begin(), record.steps.end(),
                    [&](const Step& s) { return lists(f.not_reached, s.name); }))
      return false;
    if (!f.deadline.empty() &&
        !lists(f.deadline_is, state_of(f.deadline, record, routes_.find(record.row->route), now_)))
      return false;
    return std::all_of(f.values.begin(), f.values.end(),
                       [&](const ValueTest& test) { return holds(test, record.message); });
  }

  // A day of every month from the step on.
  std::vector<Date> ongoing(const Figure& f, const Record& record, std::vector<Step>::const_iterator from) const {
    const auto end =
        std::find_if(from, record.steps.cend(), [&](const Step& step) { return lists(f.until, step.name); });
    const Date last = std::min(stockholm_date(end == record.steps.cend() ? now_ : end->at), period_.to);
    std::vector<Date> out;
    for (Date day = stockholm_date(from->at); day <= last;) {
      out.push_back(day);
      const auto next = std::chrono::year_month(day.year(), day.month()) + std::chrono::months(1);
      day = Date{next.year(), next.month(), std::chrono::day(1)};
    }
    return out;
  }

  bool is_in_order(const Counted& one) const {
    const Figure& f = what_.figures[one.figure];
    const auto moment = moments_.find({f.before ? *f.before : *f.after, one.unit()});
    return moment != moments_.end() && (f.before ? one.at < moment->second : one.at >= moment->second);
  }

  static bool is_about(const Figure& f, const Subject& subject, const Record& record) {
    if (!f.sex.empty() && f.sex != subject.sex) return false;
    if (!f.ages) return true;
    if (!subject.birth_date) return false;
    const int age = age_on(*subject.birth_date, record.age_day);
    return age >= f.ages->min && age <= f.ages->max;
  }

  void add(const Counted& one) {
    const std::string key = one.unit();
    auto& unit = units_[key];
    const Counts counts = what_.figures[one.figure].count;
    const auto in = [&](std::uint32_t cell) {
      if (counts == Counts::messages && !seen_.emplace(cell, one.message_id).second) return;
      std::int64_t& n = unit[cell];
      n = counts == Counts::persons ? 1 : n + 1;
    };
    in(out_.totals[one.figure]);
    for (std::size_t t = 0; t < what_.tables.size(); ++t) {
      const FigureTable& table = what_.tables[t];
      if (table.by == By::nothing || !lists(table.figures, one.figure)) continue;
      std::set<std::string> classes;
      for (const Date day : one.days) classes.insert(class_of(table, day, one.age_day, one.subject));
      for (const std::string& each : classes) {
        const auto [it, added] = out_.classes[{t, one.figure}].try_emplace(each, std::uint32_t{0});
        if (added) it->second = next_++;
        in(it->second);
      }
    }
    if (asked_for_[one.figure]) {
      const auto [it, added] = moments_.try_emplace({one.figure, key}, one.at);
      it->second = std::min(it->second, one.at);
    }
    for (const Date day : one.days) holds_month_of(day);
  }

  void holds_month_of(Date day) {
    const std::chrono::year_month month(day.year(), day.month()), next = month + std::chrono::months(1);
    const Date first{month.year(), month.month(), std::chrono::day(1)};
    const Date after{next.year(), next.month(), std::chrono::day(1)};
    if (!out_.held) out_.held = Period{first, after};
    out_.held->from = std::min(out_.held->from, first);
    out_.held->to = std::max(out_.held->to, after);
  }

  const FollowUp& what_;
  const Parties& parties_;
  const Routes& routes_;
  const Period& period_;
  const Time now_;
  std::uint32_t next_ = 0;
  std::unordered_map<std::string, std::map<std::uint32_t, std::int64_t>> units_;
  std::set<std::pair<std::uint32_t, std::string>> seen_;         // cell and message
  std::vector<char> asked_for_;                                  // figures that others ask for somebody's moment in
  std::map<std::pair<std::size_t, std::string>, Time> moments_;  // of a unit in such a figure, the first
  std::vector<Counted> later_;
  FollowUpCounts out_;
};

}  // namespace

Result<FollowUpCounts> count_figures(const FollowUp& what, Store& store, const ReadMessage& read,
                                     const Parties& parties, const Routes& routes, const Period& period, Time now,
                                     std::size_t units_max) {
  Counter counter(what, parties, routes, period, now);
  ExchangeFilter filter;
  filter.limit = kPage;
  std::string message_id;
  CasePtr message;  // the last one: exchanges of a message often stand together
  for (;;) {
    auto page = store.exchanges(filter);
    if (!page) return page.error();
    for (const ExchangeRow& row : *page) {
      const std::vector<std::size_t> figures = counter.candidates(row);
      if (figures.empty()) continue;
      if (row.message_id != message_id || !message) {
        auto opened = read(row);
        if (!opened && opened.error().code != Errc::not_found) return opened.error();
        message = opened ? std::move(*opened) : nullptr;
        message_id = row.message_id;
      }
      Record record;
      record.row = &row;
      record.message = message ? &message->message : nullptr;
      auto steps = steps_of(row, store);
      if (!steps) return steps.error();
      record.steps = std::move(*steps);
      record.subjects = subjects_of(record.message);
      counter.count(record, figures);
      if (counter.more_than(units_max))
        return fail(Errc::too_large, "follow-up", "more persons than can be counted at once; narrow the period");
    }
    if (page->size() < static_cast<std::size_t>(kPage)) return counter.done();
    filter.after = page->back().id;
  }
}

}  // namespace samband::report
