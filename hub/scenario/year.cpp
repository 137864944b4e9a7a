#include "scenario/year.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <sstream>

#include "scenario/player.hpp"
#include "scenario/script.hpp"

namespace samband::scenario {
namespace {

using Given = std::map<std::string, std::string>;

constexpr std::int64_t kPersonsMax = 100000;
constexpr std::array<std::string_view, 20> kFemale{"Alva",  "Ebba", "Elsa", "Freja", "Inez", "Juni",  "Kerstin",
                                                   "Lova",  "Maja", "Nova", "Olga",  "Pia",  "Ronja", "Saga",
                                                   "Tilde", "Ulla", "Vera", "Wilma", "Ylva", "Ada"};
constexpr std::array<std::string_view, 20> kMale{"Adam",  "Bo",   "Carl",  "David", "Emil", "Folke", "Gustav",
                                                 "Hugo",  "Ivar", "Jonas", "Kim",   "Love", "Måns",  "Nils",
                                                 "Oskar", "Per",  "Rune",  "Sam",   "Ture", "Vide"};

// One person of a cohort, and what is to happen when.
struct Event {
  Time at{};
  std::size_t play = 0;   // index of the person
  std::size_t order = 0;  // of the step within the person's
  const json::object* step = nullptr;
};

// {"if": {"age": "<18", "path": ["a", "b"]}}: all must hold of what the person was given.
bool holds(const json::object& step, const Given& given) {
  const auto* conditions = step.if_contains("if");
  if (!conditions || !conditions->is_object()) return true;
  const auto one = [](const std::string& value, std::string_view wanted) {
    if (wanted.starts_with('<')) return std::atoi(value.c_str()) < std::atoi(std::string(wanted.substr(1)).c_str());
    if (wanted.starts_with(">=")) return std::atoi(value.c_str()) >= std::atoi(std::string(wanted.substr(2)).c_str());
    return value == wanted;
  };
  for (const auto& [name, wanted] : conditions->get_object()) {
    const auto found = given.find(std::string(name));
    const std::string value = found == given.end() ? std::string() : found->second;
    bool any = false;
    if (wanted.is_string()) any = one(value, wanted.get_string());
    if (wanted.is_array())
      for (const json::value& each : wanted.get_array())
        any = any || (each.is_string() && one(value, each.get_string()));
    if (!any) return false;
  }
  return true;
}

// The day's moment: any between 8 and 22, or as "hours" says: "office" on a working day, "jour" in the evening. The day
// moves back to a working day within the month, or forward when there is none before it.
template <class Below>
Time begin_of(Date day, const Given& given, const Below& below) {
  const auto hours = given.find("hours");
  if (hours == given.end()) return stockholm_midnight(day) + std::chrono::minutes(8 * 60 + below(14 * 60));
  if (hours->second == "jour") return stockholm_midnight(day) + std::chrono::minutes(18 * 60 + below(4 * 60));
  Date at = day;
  while (!is_working_day(at) && at.day() > std::chrono::day(1))
    at = Date(std::chrono::sys_days(at) - std::chrono::days(1));
  if (!is_working_day(at)) at = next_working_day(at);
  return stockholm_midnight(at) + std::chrono::minutes(9 * 60 + below(7 * 60));
}

}  // namespace

Result<SyntheticYear> SyntheticYear::load(const std::filesystem::path& file) {
  auto root = read_file(file);
  if (!root) return root.error();
  SyntheticYear year;
  year.file_ = file;
  year.root_ = std::move(*root);
  year.title_ = std::string(string_at(year.root_, "title"));
  const auto* number = year.root_.if_contains("year");
  if (!number || !number->is_int64()) return wrong(file, "/year", "must be the year of the source");
  year.year_ = static_cast<int>(number->get_int64());
  const auto* cohorts = year.root_.if_contains("cohorts");
  if (!cohorts || !cohorts->is_array() || cohorts->get_array().empty())
    return wrong(file, "/cohorts", "must be a list");
  for (std::size_t i = 0; i < cohorts->get_array().size(); ++i) {
    const std::string at = "/cohorts/" + std::to_string(i);
    const json::object* cohort = cohorts->get_array()[i].if_object();
    const auto* count = cohort ? cohort->if_contains("count") : nullptr;
    if (!count || !count->is_int64() || count->get_int64() < 1 || count->get_int64() > kPersonsMax)
      return wrong(file, at + "/count", "must be a number of persons, 1 to 100000");
    // Shares that do not add up would quietly make another year than the source's.
    if (const auto* attributes = cohort->if_contains("attributes"); attributes && attributes->is_object())
      for (const auto& [name, values] : attributes->get_object()) {
        std::int64_t sum = 0;
        const json::object* counts = values.if_object();
        if (counts)
          for (const auto& [value, n] : *counts)
            sum += n.is_int64() && n.get_int64() >= 0 ? n.get_int64() : kPersonsMax;
        if (sum != count->get_int64())
          return wrong(file, at + "/attributes/" + std::string(name),
                       "counts add up to " + std::to_string(sum) + ", not to " + std::to_string(count->get_int64()));
      }
    const auto* steps = cohort->if_contains("steps");
    if (!steps || !steps->is_array()) return wrong(file, at + "/steps", "must be a list");
    for (std::size_t n = 0; n < steps->get_array().size(); ++n)
      if (auto good = check_step(steps->get_array()[n]); !good)
        return wrong(file, at + "/steps/" + std::to_string(n) + good.error().where, good.error().message);
  }
  return year;
}

Result<YearResult> SyntheticYear::run(Agencies& agencies, std::uint64_t seed,
                                      const std::function<void(const Progress&)>& progress) {
  auto now = agencies.now();
  if (!now) return now.error();
  // "0" is December of the year before: the first month that anybody begins in must still be ahead.
  int earliest = 1;
  for (const json::value& cohort : root_.at("cohorts").as_array())
    if (const auto* attributes = cohort.as_object().if_contains("attributes"))
      if (const auto* months = attributes->as_object().if_contains("month"))
        for (const auto& [month, n] : months->as_object())
          earliest = std::min(earliest, std::atoi(std::string(month).c_str()));
  const auto month_of = [](std::chrono::year year, int month) {
    return std::chrono::year_month(year, std::chrono::January) + std::chrono::months(month - 1);
  };
  std::chrono::year simulated = stockholm_date(*now).year();
  const auto begins_ahead = [&] {
    return stockholm_midnight(Date(month_of(simulated, earliest) / 1)) + std::chrono::hours(24) > *now;
  };
  while (!begins_ahead()) ++simulated;

  std::mt19937_64 random(seed);
  // The library's distributions differ between implementations; the same seed is to give the same year everywhere.
  const auto below = [&](std::uint64_t n) { return n == 0 ? 0 : random() % n; };
  const auto shuffle = [&](std::vector<std::string>& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
  };

  std::vector<Given> plays;
  std::vector<Event> events;
  for (const json::value& each : root_.at("cohorts").as_array()) {
    const json::object& cohort = each.as_object();
    const auto count = static_cast<std::size_t>(cohort.at("count").as_int64());
    std::map<std::string, std::vector<std::string>> dealt;
    if (const auto* attributes = cohort.if_contains("attributes"))
      for (const auto& [name, values] : attributes->as_object()) {
        std::vector<std::string>& list = dealt[std::string(name)];
        for (const auto& [value, n] : values.as_object())
          list.insert(list.end(), static_cast<std::size_t>(n.as_int64()), std::string(value));
        shuffle(list);
      }
    for (std::size_t i = 0; i < count; ++i) {
      Given given;
      for (const auto& [name, list] : dealt) given[name] = list[i];
      // "together" carries several attributes that belong together: "age=17 sex=male".
      for (const auto& [name, value] : Given(given)) {
        std::istringstream parts(value);
        for (std::string part; value.find('=') != std::string::npos && parts >> part;)
          if (const auto equals = part.find('='); equals != std::string::npos)
            given[part.substr(0, equals)] = part.substr(equals + 1);
      }
      const std::chrono::year_month month = month_of(
          simulated, given.contains("month") ? std::atoi(given["month"].c_str()) : 1 + static_cast<int>(below(12)));
      const auto last = static_cast<unsigned>(
          std::chrono::year_month_day_last(month.year(), std::chrono::month_day_last(month.month())).day());
      // Steps of the same month need the days after: nobody begins in the last week.
      const Date day{month.year(), month.month(), std::chrono::day(1 + static_cast<unsigned>(below(last - 8)))};
      const Time begins = begin_of(day, given, below);
      const bool female = given["sex"] == "female";
      const auto& names = female ? kFemale : kMale;
      const std::size_t number = plays.size() + 1;
      given["givenName"] = std::string(names[below(names.size())]);
      given["familyName"] = "Prov" + std::to_string(number);  // nobody is called so
      if (!given["age"].empty()) {
        const int age = std::atoi(given["age"].c_str());
        // The last birthday is up to 300 days ago, so that the age holds while the steps come.
        const Date birthday(std::chrono::sys_days(day) - std::chrono::days(below(300)));
        Date born{birthday.year() - std::chrono::years(age), birthday.month(), birthday.day()};
        if (!born.ok()) born = Date{born.year(), std::chrono::February, std::chrono::day(28)};
        given["birthDate"] = to_string(born);
      }
      char evidence[65];
      std::snprintf(evidence, sizeof evidence, "%064llx", static_cast<unsigned long long>(number));
      given["evidence"] = evidence;
      given["number"] = std::to_string(number);
      const json::array& steps = cohort.at("steps").as_array();
      Time at = begins;
      for (std::size_t n = 0; n < steps.size(); ++n) {
        const json::object& step = steps[n].as_object();
        if (!holds(step, given)) continue;
        if (const auto delay = parse_delay(string_at(step, "after"))) at += *delay;
        events.push_back({at, plays.size(), n, &step});
      }
      plays.push_back(std::move(given));
    }
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.at, a.play, a.order) < std::tie(b.at, b.play, b.order);
  });

  const std::filesystem::path folder = file_.parent_path();
  const std::function<void(const std::string&)> silent = [](const std::string&) {};
  const auto stage = open_stage(folder, root_, agencies, silent);
  YearResult result;
  result.year = static_cast<int>(simulated);
  result.persons = plays.size();
  Time at = *now;
  for (const Event& event : events) {
    if (event.at > at) {
      auto there = agencies.pass_to(event.at);
      if (!there) return there.error();
      at = std::max(*there, event.at);
    }
    try {
      const std::string scope = "p" + std::to_string(event.play + 1) + "/";
      if (auto done = stage->act_as(scope, plays[event.play], at, *event.step); !done)
        return fail(done.error().code,
                    "person " + std::to_string(event.play + 1) + ", step " + std::to_string(event.order + 1) + ", " +
                        done.error().where,
                    done.error().message);
    } catch (const std::exception&) {
      return wrong(file_, "", "a step has a member of the wrong type, or the hub's answer has");
    }
    ++result.steps;
    progress({result.steps, events.size(), at});
  }
  // What is still awaited at the end of the year comes due.
  const Date after{simulated + std::chrono::years(1), std::chrono::January, std::chrono::day(1)};
  if (const Time last = stockholm_midnight(after) - std::chrono::minutes(1); last > at)
    if (auto over = agencies.pass_to(last); !over) return over.error();
  result.outcome = stage->outcome();
  return result;
}

}  // namespace samband::scenario
