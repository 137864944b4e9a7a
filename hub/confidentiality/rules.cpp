#include "confidentiality/rules.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "base/encoding.hpp"
#include "base/toml_depth.hpp"
#include "confidentiality/rule_index.hpp"

namespace samband {
namespace {

constexpr std::size_t kFileBytesMax = 1u << 20;
constexpr std::size_t kFilesMax = 100;
constexpr std::size_t kTextMax = 500;  // characters
constexpr std::string_view kTests[] = {"straight", "reverse", "absolute"};
constexpr std::string_view kModalities[] = {"must", "should", "may"};
constexpr std::string_view kWhileOff[] = {"hold", "nothing"};
constexpr std::string_view kDeadlines[] = {"at_once", "same_day", "next_working_day", "within_7_days"};
constexpr auto kTtlMax = std::chrono::hours{24 * 30};
constexpr int kReviewYearsMax = 5;  // further away is never
constexpr auto kEmergencyTtlMax = std::chrono::hours{24};
constexpr std::string_view kWhens[] = {"person.protected", "person.fictitious", "exchange.protected"};

using List = std::span<const std::string_view>;

bool is_in(List list, std::string_view code) { return std::find(list.begin(), list.end(), code) != list.end(); }

// Keeps the first error of a whole load; later steps see it and stop.
class Problems {
 public:
  void report(const std::string& file, const toml::source_region& where, std::string message) {
    if (first_) return;
    first_ = fail(Errc::invalid_config,
                  file + ":" + std::to_string(where.begin.line) + ":" + std::to_string(where.begin.column),
                  std::move(message));
  }
  void report(std::string where, std::string message) {
    if (!first_) first_ = fail(Errc::invalid_config, std::move(where), std::move(message));
  }
  const std::optional<Error>& first() const { return first_; }

 private:
  std::optional<Error> first_;
};

// Reads one table: every key at most once, no key unread.
class TableReader {
 public:
  TableReader(const toml::table& table, const std::string& file, std::string what, Problems& problems)
      : table_(table), file_(file), what_(std::move(what)), problems_(problems) {}

  bool has(std::string_view key) const { return table_.contains(key); }
  std::string text(std::string_view key, bool required = true) {
    const auto* node = take(key, required);
    if (node == nullptr) return {};
    const auto* value = node->as_string();
    if (value == nullptr || (required && value->get().empty())) {
      report(*node, "`" + std::string(key) + "` must be a non-empty text");
      return {};
    }
    // The second person approves by what a screen shows: no text may move or hide what stands beside it.
    if (!value->get().empty() && !is_line(value->get(), kTextMax))
      report(*node, "`" + std::string(key) + "` must be one line of at most 500 characters, none of them for control");
    return value->get();
  }
  std::string code(std::string_view key, List list, bool required = true) {
    auto value = text(key, required);
    if (!value.empty() && !is_in(list, value)) report(key, "unknown code in `" + std::string(key) + "`");
    return value;
  }
  bool flag(std::string_view key, bool fallback = false) {
    const auto* node = take(key, false);
    if (node == nullptr) return fallback;
    const auto* value = node->as_boolean();
    if (value == nullptr) report(*node, "`" + std::string(key) + "` must be true or false");
    return value != nullptr ? value->get() : fallback;
  }
  int whole(std::string_view key, int min, int max) {
    const auto* node = take(key, false);
    if (node == nullptr) return 0;
    const auto* value = node->as_integer();
    if (value == nullptr || value->get() < min || value->get() > max) {
      report(key, "`" + std::string(key) + "` must be a whole number from " + std::to_string(min) + " to " +
                      std::to_string(max));
      return 0;
    }
    return static_cast<int>(value->get());
  }
  Date date(std::string_view key, bool required) {
    const auto* node = take(key, required);
    if (node == nullptr) return {};
    const auto* value = node->as_date();
    if (value == nullptr) {
      report(*node, "`" + std::string(key) + "` must be a date, for example 2026-01-15 without quotes");
      return {};
    }
    const auto& d = value->get();
    const Date date{std::chrono::year{d.year}, std::chrono::month{d.month}, std::chrono::day{d.day}};
    if (!date.ok()) report(*node, "`" + std::string(key) + "` is not a day of the calendar");
    return date;
  }
  // Texts in a list; `check` gets each and answers what is wrong with it, "" for nothing.
  template <class Check>
  std::vector<std::string> texts(std::string_view key, bool required, Check check) {
    std::vector<std::string> out;
    const auto* node = take(key, required);
    if (node == nullptr) return out;
    const auto* array = node->as_array();
    if (array == nullptr) {
      report(*node, "`" + std::string(key) + "` must be a list");
      return out;
    }
    for (const auto& item : *array) {
      const auto* value = item.as_string();
      const std::string problem = value == nullptr ? "must hold texts" : check(value->get());
      if (!problem.empty()) {
        report(item, "`" + std::string(key) + "`: " + problem);
      } else if (std::find(out.begin(), out.end(), value->get()) != out.end()) {
        report(item, "`" + std::string(key) + "`: the same twice");
      } else {
        out.push_back(value->get());
      }
    }
    if (required && out.empty()) report(*node, "`" + std::string(key) + "` must not be empty");
    return out;
  }
  std::vector<std::string> code_list(std::string_view key, List list, bool wildcard, bool required = true) {
    return texts(key, required, [&](std::string_view code) -> std::string {
      if (is_in(list, code) || (wildcard && code == "*")) return "";
      return "unknown code \"" + std::string(code) + "\"";
    });
  }
  Citation citation() {
    Citation out;
    const auto* node = take("citation", true);
    if (node == nullptr) return out;
    const auto* table = node->as_table();
    if (table == nullptr) {
      report(*node, "`citation` must be a table: { sfs, section, text }");
      return out;
    }
    TableReader reader(*table, file_, "citation", problems_);
    out.sfs = reader.text("sfs");
    out.chapter = reader.text("chapter", false);
    out.section = reader.text("section");
    out.paragraph = reader.text("paragraph", false);
    out.text = reader.text("text");
    const auto colon = out.sfs.find(':');
    const auto digits = [](std::string_view s) {
      return !s.empty() && s.size() <= 5 && s.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (!out.sfs.empty() && (colon != 4 || !digits(out.sfs.substr(0, 4)) || !digits(out.sfs.substr(5))))
      reader.report("sfs", "`sfs` must look like 1964:167");
    reader.done();
    return out;
  }
  const toml::node* take(std::string_view key, bool required) {
    read_.insert(std::string(key));
    const auto* node = table_.get(key);
    if (node == nullptr && required)
      problems_.report(file_, table_.source(), what_ + " lacks `" + std::string(key) + "`");
    return node;
  }
  void report(const toml::node& where, const std::string& message) {
    problems_.report(file_, where.source(), what_ + ": " + message);
  }
  void report(std::string_view key, const std::string& message) {
    const auto* node = table_.get(key);
    problems_.report(file_, node != nullptr ? node->source() : table_.source(), what_ + ": " + message);
  }
  void done() {
    for (const auto& [key, node] : table_)
      if (!read_.contains(std::string(key.str())))
        problems_.report(file_, key.source(), what_ + ": unknown key `" + std::string(key.str()) + "`");
  }

 private:
  const toml::table& table_;
  const std::string& file_;
  std::string what_;
  Problems& problems_;
  std::set<std::string> read_;
};

std::optional<int> small_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value <= 200 ? std::optional(value) : std::nullopt;
}

std::optional<Condition> age_condition(std::string_view text) {
  Condition out{.type = Condition::Type::person_age, .code = {}, .codes = {}};
  const auto rest = text.substr(3);
  if (rest.starts_with(">=")) {
    const auto age = small_number(rest.substr(2));
    if (!age) return std::nullopt;
    out.age_min = *age;
  } else if (rest.starts_with("<")) {
    const auto age = small_number(rest.substr(1));
    if (!age || *age == 0) return std::nullopt;
    out.age_max = *age - 1;
  } else if (rest.starts_with(" ")) {
    const auto dash = rest.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto low = small_number(rest.substr(1, dash - 1)), high = small_number(rest.substr(dash + 1));
    if (!low || !high || *low > *high) return std::nullopt;
    out.age_min = *low;
    out.age_max = *high;
  } else {
    return std::nullopt;
  }
  return out;
}

// "fact:x", "not_fact:x", "any_fact:x|y", "consent", "agreement", "emergency", "protected", "not_protected", "age<18",
// "age>=18", "age 13-20".
std::optional<Condition> parse_condition(std::string_view text) {
  using Type = Condition::Type;
  const auto simple = [](Type type, bool expected = true) {
    return Condition{.type = type, .code = {}, .codes = {}, .expected = expected};
  };
  if (text == "consent") return simple(Type::consent);
  if (text == "agreement") return simple(Type::agreement);
  if (text == "emergency") return simple(Type::emergency);
  if (text == "protected") return simple(Type::protected_identity);
  if (text == "not_protected") return simple(Type::protected_identity, false);
  if (text.starts_with("age")) return age_condition(text);
  if (text.starts_with("fact:") || text.starts_with("not_fact:")) {
    auto out = simple(Type::fact, text.starts_with("fact:"));
    out.code = text.substr(text.find(':') + 1);
    if (!contains(fact_codes(), out.code)) return std::nullopt;
    return out;
  }
  if (text.starts_with("any_fact:")) {
    auto out = simple(Type::fact_or);
    for (auto rest = text.substr(9);;) {
      const auto bar = rest.find('|');
      const auto code = rest.substr(0, bar);
      if (!contains(fact_codes(), code)) return std::nullopt;
      out.codes.emplace_back(code);
      if (bar == std::string_view::npos) return out;
      rest.remove_prefix(bar + 1);
    }
  }
  return std::nullopt;
}

// "30 minutes", "4 hours", "1 hour".
std::optional<std::chrono::minutes> parse_ttl(std::string_view text) {
  const auto space = text.find(' ');
  const auto number = small_number(text.substr(0, space));
  if (!number || *number == 0 || space == std::string_view::npos) return std::nullopt;
  const auto unit = text.substr(space + 1);
  if (unit == "minutes" || (unit == "minute" && *number == 1)) return std::chrono::minutes{*number};
  if (unit == "hours" || (unit == "hour" && *number == 1)) return std::chrono::hours{*number};
  return std::nullopt;
}

Place place_of(const std::string& file, const toml::table& table) {
  return {.file = file, .line = static_cast<int>(table.source().begin.line)};
}

class Loader {
 public:
  explicit Loader(Problems& problems) : problems_(problems) { set_.gate.new_purpose_senders = {"police"}; }

  void read(const toml::table& root, const std::string& file) {
    TableReader top(root, file, "rule file", problems_);
    const auto* schema = top.take("schema", true);
    if (schema != nullptr && (!schema->is_integer() || schema->as_integer()->get() != 1))
      top.report(*schema, "`schema` must be 1");
    review_by_ = top.date("review_by", false);
    each(top, "provision", file, [&](const toml::table& t) { provision(t, file); });
    each(top, "no_secrecy", file, [&](const toml::table& t) { no_secrecy(t, file); });
    each(top, "purpose", file, [&](const toml::table& t) { purpose(t, file); });
    each(top, "rule", file, [&](const toml::table& t) { rule(t, file); });
    each(top, "accept", file, [&](const toml::table& t) { acceptance(t, file); });
    each(top, "answer", file, [&](const toml::table& t) { answer(t, file); });
    if (const auto* node = top.take("gate", false)) {
      if (const auto* table = node->as_table()) {
        gate(*table, file);
      } else {
        top.report(*node, "`gate` must be a table");
      }
    }
    if (const auto* node = top.take("settings", false)) {
      if (const auto* table = node->as_table()) {
        settings(*table, file);
      } else {
        top.report(*node, "`settings` must be a table");
      }
    }
    top.done();
  }

  // What needs every file: names that refer to each other, and limits.
  void check_whole() {
    for (const auto& answer : set_.answers) set_.settings.*setting_named(answer.setting) = answer.value;
    for (std::size_t i = 0; i < set_.rules.size(); ++i) {
      const auto& rule = set_.rules[i];
      const auto report = [&](const std::string& message) {
        problems_.report(rule.place.file, rule_places_[i], "rule " + rule.id + ": " + message);
      };
      for (const auto* list : {&rule.breaks, &rule.breaks_not})
        for (const auto& id : *list) {
          const auto* target = set_.provision(id);
          if (target == nullptr) report("unknown provision \"" + id + "\"");
          if (target != nullptr && target->unbreakable && list == &rule.breaks) report(id + " is unbreakable");
        }
      // OSL 10:14: a reservation binds an individual. It never stands before an authority.
      const bool reserves =
          std::find(rule.obligations.begin(), rule.obligations.end(), "reservation") != rule.obligations.end() ||
          std::any_of(rule.conditions.begin(), rule.conditions.end(),
                      [](const Condition& c) { return c.code == "recipient_reservation"; });
      for (const auto& to : rule.to)
        if (reserves &&
            std::find(set_.gate.recipients.begin(), set_.gate.recipients.end(), to) == set_.gate.recipients.end())
          report("a reservation against \"" + to + "\", who is none of `[gate]`");
      if (rule.modality == "may" && !rule.breaks_all && rule.breaks.empty() && !speaks_of_open_data(rule))
        report(
            "a `may` rule that breaks nothing permits nothing, unless [[no_secrecy]] declares some of its data open");
      for (const auto& id : rule.purposes)
        if (id != "*" && set_.purpose(id) == nullptr) report("purpose \"" + id + "\" has no need list");
    }
    if (set_.provisions.size() > kProvisionsMax) problems_.report("rules", "too many provisions");
    if (set_.rules.size() > kRulesMax) problems_.report("rules", "too many rules");
    if (set_.provisions.empty() && set_.rules.empty()) problems_.report("rules", "the folder holds no rules");
  }

  RuleSet take() { return std::move(set_); }

 private:
  // Some sender of the rule has data about people in its categories that no secrecy covers: a private landlord.
  bool speaks_of_open_data(const Rule& rule) const {
    const auto in = [](const std::vector<std::string>& list, std::string_view code) {
      return std::find(list.begin(), list.end(), code) != list.end();
    };
    return std::any_of(set_.no_secrecy.begin(), set_.no_secrecy.end(), [&](const NoSecrecy& open) {
      return std::any_of(open.holders.begin(), open.holders.end(), [&](auto& who) { return in(rule.from, who); }) &&
             std::any_of(open.categories.begin(), open.categories.end(), [&](auto& what) {
               return what != "envelope" && what != "official" && in(rule.categories, what);
             });
    });
  }

  template <class Read>
  void each(TableReader& top, std::string_view key, const std::string& file, Read read) {
    const auto* node = top.take(key, false);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) return top.report(*node, "write [[" + std::string(key) + "]]");
    for (const auto& item : *array) {
      if (const auto* table = item.as_table()) {
        read(*table);
      } else {
        problems_.report(file, item.source(), "write [[" + std::string(key) + "]]");
      }
    }
  }

  void in_force(TableReader& in, Date& from, Date& to) {
    from = in.date("in_force_from", true);
    to = in.date("in_force_to", false);
    if (from.ok() && to.ok() && to < from) in.report("in_force_to", "`in_force_to` lies before `in_force_from`");
  }

  void unique(TableReader& in, std::string_view kind, const std::string& id) {
    if (!id.empty() && !ids_.insert(std::string(kind) + " " + id).second) in.report("id", "this id is used twice");
    if (id.size() > 60) in.report("id", "`id` is too long");
  }

  void provision(const toml::table& table, const std::string& file) {
    TableReader in(table, file, "provision", problems_);
    Provision p;
    p.id = in.text("id");
    unique(in, "provision", p.id);
    p.holders = in.code_list("holders", actor_types(), true);
    p.test = in.code("test", kTests);
    p.unbreakable = in.flag("unbreakable");
    // An unbreakable register has no category of its own in any message; it is there so that no rule can name it.
    p.categories = in.code_list("categories", data_categories(), true, !p.unbreakable);
    p.persons = in.code_list("persons", person_roles(), true);
    p.when = in.code_list("when", kWhens, false, false);
    p.public_interest = in.flag("public_interest");
    p.cleared_with_any_breaker = in.flag("cleared_with_any_breaker");
    p.protects_place = in.flag("protects_place");
    p.own_test = in.code("own_test", fact_codes(), false);
    if (!p.own_test.empty() && (p.test != "straight" || !p.public_interest || p.unbreakable))
      in.report("own_test", "`own_test` belongs to a straight test of public interest");
    p.citation = in.citation();
    in_force(in, p.in_force_from, p.in_force_to);
    in.done();
    p.place = place_of(file, table);
    set_.provisions.push_back(std::move(p));
  }

  void no_secrecy(const toml::table& table, const std::string& file) {
    TableReader in(table, file, "no_secrecy", problems_);
    NoSecrecy n;
    n.holders = in.code_list("holders", actor_types(), true);
    n.categories = in.code_list("categories", data_categories(), true);
    n.citation = in.citation();
    in.done();
    n.place = place_of(file, table);
    set_.no_secrecy.push_back(std::move(n));
  }

  void purpose(const toml::table& table, const std::string& file) {
    TableReader in(table, file, "purpose", problems_);
    Purpose p;
    p.id = in.code("id", purposes());
    unique(in, "purpose", p.id);
    p.name_sv = in.text("name_sv");
    p.name_en = in.text("name_en");
    p.needs = in.code_list("needs", data_categories(), false, false);
    marking_follows(in, "needs", p.needs);
    p.except = in.texts("except", false, [](std::string_view name) -> std::string {
      return name.empty() || name.find('/') != std::string_view::npos ? "must be the last part of a pointer" : "";
    });
    in.done();
    p.place = place_of(file, table);
    set_.purposes.push_back(std::move(p));
  }

  void acceptance(const toml::table& table, const std::string& file) {
    TableReader in(table, file, "accept", problems_);
    Acceptance a;
    a.finding = in.text("finding");
    a.about = in.text("about");
    a.detail = in.text("detail", false);
    a.reason = in.text("reason");
    a.by = in.text("by");
    a.at = in.date("at", true);
    in.done();
    a.place = place_of(file, table);
    set_.accepted.push_back(std::move(a));
  }

  void answer(const toml::table& table, const std::string& file) {
    TableReader in(table, file, "answer", problems_);
    LocalAnswer a;
    a.setting = in.text("setting");
    if (!a.setting.empty() && setting_named(a.setting) == nullptr) in.report("setting", "unknown setting");
    if (!a.setting.empty() && !ids_.insert("answer " + a.setting).second)
      in.report("setting", "this question is answered twice");
    if (!in.has("value")) in.report("setting", "an answer needs a `value`");
    a.value = in.flag("value");
    a.signed_by = in.text("signed_by");
    a.signed_at = in.date("signed_at", true);
    in.done();
    a.place = place_of(file, table);
    if (setting_named(a.setting) != nullptr) set_.answers.push_back(std::move(a));
  }

  // Whoever learns who somebody is or where somebody lives must see that the person is protected.
  void marking_follows(TableReader& in, std::string_view key, const std::vector<std::string>& categories) {
    const auto has = [&](std::string_view code) {
      return std::find(categories.begin(), categories.end(), code) != categories.end();
    };
    if ((has("identity") || has("address")) && !has("protection") && !has("*"))
      in.report(key, "`" + std::string(key) + "`: identity and address bring protection with them");
  }

  void rule(const toml::table& table, const std::string& file) {
    TableReader in(table, file, "rule", problems_);
    Rule r;
    r.id = in.text("id");
    unique(in, "rule", r.id);
    r.title_sv = in.text("title_sv");
    r.title_en = in.text("title_en");
    r.modality = in.code("modality", kModalities);
    r.from = in.code_list("from", actor_types(), true);
    r.to = in.code_list("to", actor_types(), true);
    r.kinds = in.code_list("kinds", message_kinds(), true);
    r.purposes = in.code_list("purposes", purposes(), true);
    if (in.has("initiative")) r.initiative = in.code_list("initiative", initiatives(), false);
    const auto any_text = [](std::string_view) { return std::string(); };
    r.breaks_all = in.flag("breaks_all");
    r.breaks = in.texts("breaks", false, any_text);
    r.breaks_not = in.texts("breaks_not", false, any_text);
    r.persons = in.code_list("persons", person_roles(), true);
    r.categories = in.code_list("categories", data_categories(), true);
    marking_follows(in, "categories", r.categories);
    in.texts("conditions", false, [&](std::string_view text) -> std::string {
      const auto condition = parse_condition(text);
      if (!condition) return "unknown condition \"" + std::string(text) + "\"";
      r.conditions.push_back(*condition);
      return "";
    });
    r.setting = in.text("setting", false);
    r.holds_while_off = in.code("while_off", kWhileOff, false) == "hold";
    r.deadline = in.code("deadline", kDeadlines, false);
    r.obligations = in.texts("obligations", false, [](std::string_view code) -> std::string {
      return is_obligation(code) ? "" : "unknown code \"" + std::string(code) + "\"";
    });
    if (in.has("ttl")) {
      const auto ttl = parse_ttl(in.text("ttl"));
      if (!ttl || *ttl > kTtlMax) in.report("ttl", "`ttl` must be a time such as \"30 minutes\" or \"4 hours\"");
      r.ttl = ttl.value_or(std::chrono::minutes{0});
    }
    r.hold_days = in.whole("hold_days", 1, 366);
    r.citation = in.citation();
    r.via = in.text("via", r.breaks_all);
    in_force(in, r.in_force_from, r.in_force_to);
    r.reviewed_by = in.text("reviewed_by");
    r.reviewed_at = in.date("reviewed_at", true);
    r.review_by = in.has("review_by") ? in.date("review_by", false) : review_by_;
    if (r.review_by.ok() && r.reviewed_at.ok() &&
        (r.review_by < r.reviewed_at || r.review_by > r.reviewed_at + std::chrono::years{kReviewYearsMax}))
      in.report("reviewed_at", "`review_by`, of the rule or of its file, must lie within five years of `reviewed_at`");
    in.done();
    check_rule(in, r);
    r.place = place_of(file, table);
    rule_places_.push_back(table.source());
    set_.rules.push_back(std::move(r));
  }

  void check_rule(TableReader& in, const Rule& r) {
    const bool duty = r.modality == "must" || r.modality == "should";
    const bool consent = std::any_of(r.conditions.begin(), r.conditions.end(),
                                     [](const Condition& c) { return c.type == Condition::Type::consent; });
    if (r.conditions.size() > kConditionsMax) in.report("conditions", "at most 8 conditions");
    if (duty && r.deadline.empty()) in.report("modality", "a duty needs a `deadline`");
    if (!duty && !r.deadline.empty()) in.report("deadline", "only a duty has a `deadline`");
    if (duty && consent) in.report("conditions", "a duty cannot rest on consent");
    // A duty waits for its assessment, it is not refused for want of one.
    const bool reviewed = std::find(r.obligations.begin(), r.obligations.end(), "human_review") != r.obligations.end();
    const bool asked = std::any_of(r.conditions.begin(), r.conditions.end(),
                                   [](const Condition& c) { return c.code == "individual_assessment" && c.expected; });
    if (r.modality == "must" && reviewed && !asked)
      in.report("obligations", "a duty with `human_review` needs the condition `fact:individual_assessment`");
    if (!r.breaks_all && !r.breaks_not.empty()) in.report("breaks_not", "`breaks_not` belongs to `breaks_all`");
    if (!r.setting.empty() && setting_named(r.setting) == nullptr) in.report("setting", "unknown setting");
    if (in.has("while_off") && r.setting.empty()) in.report("while_off", "`while_off` belongs to `setting`");
    if (r.holds_while_off && duty) in.report("while_off", "a duty that rests on an open question holds nothing");
    const bool emergency = std::any_of(r.conditions.begin(), r.conditions.end(),
                                       [](const Condition& c) { return c.type == Condition::Type::emergency; });
    if (!emergency) return;
    // Break-glass opens for a while, and somebody looks at it afterwards.
    if (r.ttl.count() == 0 || r.ttl > kEmergencyTtlMax)
      in.report("conditions", "a rule for an emergency needs a `ttl` of at most 24 hours");
    for (const char* needed : {"notify_privacy_officer", "mandatory_review"})
      if (std::find(r.obligations.begin(), r.obligations.end(), needed) == r.obligations.end())
        in.report("conditions", "a rule for an emergency needs the obligation `" + std::string(needed) + "`");
  }

  void gate(const toml::table& table, const std::string& file) {
    TableReader in(table, file, "gate", problems_);
    set_.gate.recipients = in.code_list("recipients", actor_types(), false);
    if (in.has("new_purpose_senders"))
      set_.gate.new_purpose_senders = in.code_list("new_purpose_senders", actor_types(), false);
    if (!ids_.insert("gate").second) in.report("recipients", "`gate` is in two files");
    in.done();
  }

  void settings(const toml::table& table, const std::string& file) {
    for (const auto& [key, node] : table) {
      auto member = setting_named(key.str());
      const auto* value = node.as_boolean();
      if (member == nullptr) {
        problems_.report(file, key.source(), "settings: unknown key `" + std::string(key.str()) + "`");
      } else if (value == nullptr) {
        problems_.report(file, node.source(), "settings: `" + std::string(key.str()) + "` must be true or false");
      } else if (!ids_.insert("setting " + std::string(key.str())).second) {
        problems_.report(file, key.source(), "settings: `" + std::string(key.str()) + "` is set in two files");
      } else {
        set_.settings.*member = value->get();
      }
    }
  }

  Problems& problems_;
  RuleSet set_;
  std::vector<toml::source_region> rule_places_;
  std::set<std::string> ids_;
  Date review_by_{};  // of the file that is being read
};

std::vector<std::filesystem::path> rule_files(const std::filesystem::path& folder, Problems& problems) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
  }
  if (error) problems.report(folder.filename().string(), "cannot read the folder of rule files");
  if (files.size() > kFilesMax) problems.report(folder.filename().string(), "too many rule files");
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > kFileBytesMax ||
      error)
    return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || text.str().size() > kFileBytesMax) return std::nullopt;
  return std::move(text).str();
}

}  // namespace

Result<std::vector<RuleFile>> read_rule_files(const std::filesystem::path& folder, const std::filesystem::path& local) {
  Problems problems;
  std::vector<RuleFile> files;
  auto paths = rule_files(folder, problems);
  const bool there =
      std::any_of(paths.begin(), paths.end(), [&](const auto& path) { return path.filename() == local.filename(); });
  if (!local.empty() && !there) paths.push_back(local);
  for (const auto& path : paths) {
    if (problems.first()) break;
    auto text = read_file(path);
    if (text)
      files.push_back({path.filename().string(), std::move(*text)});
    else
      problems.report(path.filename().string(), "cannot be read, or is larger than 1 MiB");
  }
  if (problems.first()) return *problems.first();
  return files;
}

Result<std::shared_ptr<const RuleSet>> load_rules(std::vector<RuleFile> files, const Sha256& sha256) {
  std::sort(files.begin(), files.end(), [](const RuleFile& a, const RuleFile& b) { return a.name < b.name; });
  Problems problems;
  Loader loader(problems);
  std::string hashed;  // name and length before the bytes, so that no file can pretend to be two
  for (const RuleFile& file : files) {
    if (problems.first()) break;
    hashed += file.name + "\n" + std::to_string(file.text.size()) + "\n" + file.text;
    if (const auto line = toml_line_too_deep(file.text); line > 0) {
      problems.report(file.name + ":" + std::to_string(line) + ":1", std::string(kTomlTooDeep));
      break;
    }
    const toml::parse_result parsed = toml::parse(file.text, file.name);
    if (parsed) {
      loader.read(parsed.table(), file.name);
    } else {
      problems.report(file.name, parsed.error().source(), std::string(parsed.error().description()));
    }
  }
  if (!problems.first()) loader.check_whole();
  if (problems.first()) return *problems.first();
  auto set = std::make_shared<RuleSet>(loader.take());
  set->hash = sha256(hashed);
  set->build_index();
  return std::shared_ptr<const RuleSet>(std::move(set));
}

Result<std::shared_ptr<const RuleSet>> load_rules(const std::filesystem::path& folder, const Sha256& sha256,
                                                  const std::filesystem::path& local) {
  auto files = read_rule_files(folder, local);
  if (!files) return files.error();
  return load_rules(std::move(*files), sha256);
}

}  // namespace samband
