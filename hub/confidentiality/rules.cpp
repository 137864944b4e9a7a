#include "confidentiality/rules.hpp"

#include <algorithm>
#include <set>

#include "base/encoding.hpp"
#include "confidentiality/rule_index.hpp"
#include "confidentiality/rule_texts.hpp"
#include "confidentiality/words.hpp"
#include "routing/toml_reader.hpp"

namespace samband {
namespace {

using toml_file::File;
using toml_file::Table;

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

// As many [[...]] tables of one sort as a file may have; the limits of the whole set are checked at its end.
constexpr std::size_t kTablesMax = 2000;
constexpr std::size_t kTextMax = 500;  // characters

bool has(const std::vector<std::string>& list, std::string_view code) {
  return std::find(list.begin(), list.end(), code) != list.end();
}

// The second person approves by what a screen shows: no text may move or hide what stands beside it.
bool hides_nothing(std::string_view text) { return is_line(text, kTextMax); }
constexpr std::string_view kOneLine = "expected one line of at most 500 characters, none of them for control";

// "" when absent.
std::string text(Table& in, std::string_view key) {
  auto value = in.text(key, 4 * kTextMax);
  if (!value.empty() && !hides_nothing(value)) in.refuse(key, std::string(kOneLine));
  return value;
}
std::string required_text(Table& in, std::string_view key) {
  auto value = text(in, key);
  if (value.empty()) in.require(key);
  return value;
}
std::string code(Table& in, std::string_view key, List list, bool required = true) {
  auto value = required ? required_text(in, key) : text(in, key);
  if (!value.empty()) in.check_code(key, value, list, "code");
  return value;
}
template <class Wrong>
std::vector<std::string> texts(Table& in, std::string_view key, bool required, Wrong wrong) {
  auto values = in.checked_texts(
      key, [&](std::string_view text) { return hides_nothing(text) ? wrong(text) : std::string(kOneLine); });
  if (required && values.empty()) in.require(key);
  return values;
}
std::string unknown_code(std::string_view code) { return "unknown code '" + std::string(code) + "'"; }
std::vector<std::string> codes(Table& in, std::string_view key, List list, bool required = true) {
  return texts(in, key, required, [&](std::string_view code) { return is_in(list, code) ? "" : unknown_code(code); });
}
std::vector<std::string> codes_or_any(Table& in, std::string_view key, List list, bool required = true) {
  return texts(in, key, required,
               [&](std::string_view code) { return code == "*" || is_in(list, code) ? "" : unknown_code(code); });
}

Citation citation(Table& rule) {
  Citation out;
  auto in = rule.table("citation");
  if (!in) {
    rule.require("citation", "{ sfs, section, text }");
    return out;
  }
  out.sfs = required_text(*in, "sfs");
  out.chapter = text(*in, "chapter");
  out.section = required_text(*in, "section");
  out.paragraph = text(*in, "paragraph");
  out.text = required_text(*in, "text");
  const auto colon = out.sfs.find(':');
  const auto digits = [](std::string_view s) {
    return !s.empty() && s.size() <= 5 && s.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!out.sfs.empty() && (colon != 4 || !digits(out.sfs.substr(0, 4)) || !digits(out.sfs.substr(5))))
    in->refuse("sfs", "expected a number like 1964:167");
  // Whoever reads the ground would take the test for made.
  if (out.text.find(kHarmTestWord) != std::string::npos)
    in->refuse("text", "names a harm test: the decision cites one itself, where a recorded test cleared something");
  in->finish();
  return out;
}

class Loader {
 public:
  Loader() { set_.gate.new_purpose_senders = {"police"}; }

  void read(File& file) {
    Table top(file);
    toml_file::check_version(top, "schema");
    review_by_ = top.optional_date("review_by");
    reviewed_at_ = top.optional_date("reviewed_at");
    if (reviewed_at_.ok() != !text(top, "reviewed_by").empty())
      top.refuse("reviewed_at", "`reviewed_by` and `reviewed_at` stand together");
    for (Table& in : top.tables("provision", kTablesMax)) provision(in);
    for (Table& in : top.tables("no_secrecy", kTablesMax)) no_secrecy(in);
    for (Table& in : top.tables("purpose", kTablesMax)) purpose(in);
    for (Table& in : top.tables("rule", kTablesMax)) rule(in);
    for (Table& in : top.tables("accept", kTablesMax)) acceptance(in);
    for (Table& in : top.tables("answer", kTablesMax)) answer(in);
    if (auto in = top.table("gate")) gate(*in);
    if (auto in = top.table("settings")) settings(*in);
    top.finish();
  }

  // What needs every file: names that refer to each other, and limits.
  std::optional<Error> check_whole() {
    std::optional<Error> first;
    const auto refuse = [&](std::string where, std::string message) {
      if (!first) first = fail(Errc::invalid_config, std::move(where), std::move(message));
    };
    for (const auto& answer : set_.answers) set_.settings.*setting_named(answer.setting) = answer.value;
    for (std::size_t i = 0; i < set_.rules.size(); ++i) {
      const auto& rule = set_.rules[i];
      const auto report = [&](const std::string& message) {
        refuse(rule_places_[i], "rule " + rule.id + ": " + message);
      };
      for (const auto* list : {&rule.breaks, &rule.breaks_not})
        for (const auto& id : *list) {
          const auto* target = set_.provision(id);
          if (target == nullptr) report("unknown provision \"" + id + "\"");
          if (target != nullptr && target->unbreakable && list == &rule.breaks) report(id + " is unbreakable");
        }
      // OSL 10:14: a reservation binds an individual. It never stands before an authority.
      const bool reserves = has(rule.obligations, "reservation") ||
                            std::any_of(rule.conditions.begin(), rule.conditions.end(),
                                        [](const Condition& c) { return c.code == "recipient_reservation"; });
      for (const auto& to : rule.to)
        if (reserves && !has(set_.gate.recipients, to))
          report("a reservation against \"" + to + "\", who is none of `[gate]`");
      if (rule.modality == "may" && !rule.breaks_all && rule.breaks.empty() && !speaks_of_open_data(rule))
        report(
            "a `may` rule that breaks nothing permits nothing, unless [[no_secrecy]] declares some of its data open");
      for (const auto& id : rule.purposes)
        if (id != "*" && set_.purpose(id) == nullptr) report("purpose \"" + id + "\" has no need list");
    }
    if (set_.provisions.size() > kProvisionsMax) refuse("rules", "too many provisions");
    if (set_.rules.size() > kRulesMax) refuse("rules", "too many rules");
    if (set_.provisions.empty() && set_.rules.empty()) refuse("rules", "the folder holds no rules");
    return first;
  }

  RuleSet take() { return std::move(set_); }

 private:
  // Some sender of the rule has data about people in its categories that no secrecy covers: a private landlord.
  bool speaks_of_open_data(const Rule& rule) const {
    return std::any_of(set_.no_secrecy.begin(), set_.no_secrecy.end(), [&](const NoSecrecy& open) {
      return std::any_of(open.holders.begin(), open.holders.end(), [&](auto& who) { return has(rule.from, who); }) &&
             std::any_of(open.categories.begin(), open.categories.end(), [&](auto& what) {
               return what != "envelope" && what != "official" && has(rule.categories, what);
             });
    });
  }

  void in_force(Table& in, Date& from, Date& to) {
    from = in.date("in_force_from");
    to = in.optional_date("in_force_to");
    if (from.ok() && to.ok() && to < from) in.refuse("in_force_to", "`in_force_to` lies before `in_force_from`");
  }

  void unique(Table& in, std::string_view kind, const std::string& id) {
    if (!id.empty() && !ids_.insert(std::string(kind) + " " + id).second) in.refuse("id", "this id is used twice");
    if (id.size() > 60) in.refuse("id", "`id` is too long");
  }

  void provision(Table& in) {
    Provision p;
    p.id = required_text(in, "id");
    unique(in, "provision", p.id);
    p.holders = codes_or_any(in, "holders", actor_types());
    p.test = code(in, "test", kTests);
    p.unbreakable = in.boolean("unbreakable", false);
    // An unbreakable register has no category of its own in any message; it is there so that no rule can name it.
    p.categories = codes_or_any(in, "categories", data_categories(), !p.unbreakable);
    p.persons = codes_or_any(in, "persons", person_roles());
    p.when = codes(in, "when", kWhens, false);
    p.public_interest = in.boolean("public_interest", false);
    p.cleared_with_any_breaker = in.boolean("cleared_with_any_breaker", false);
    p.protects_place = in.boolean("protects_place", false);
    p.own_test = code(in, "own_test", fact_codes(), false);
    if (!p.own_test.empty() && (p.test != "straight" || !p.public_interest || p.unbreakable))
      in.refuse("own_test", "`own_test` belongs to a straight test of public interest");
    p.citation = citation(in);
    in_force(in, p.in_force_from, p.in_force_to);
    in.finish();
    p.reviewed_at = reviewed_at_;
    p.place = {in.file(), in.line()};
    set_.provisions.push_back(std::move(p));
  }

  void no_secrecy(Table& in) {
    NoSecrecy n;
    n.holders = codes_or_any(in, "holders", actor_types());
    n.categories = codes_or_any(in, "categories", data_categories());
    n.citation = citation(in);
    in.finish();
    n.reviewed_at = reviewed_at_;
    n.place = {in.file(), in.line()};
    set_.no_secrecy.push_back(std::move(n));
  }

  void purpose(Table& in) {
    Purpose p;
    p.id = code(in, "id", purposes());
    unique(in, "purpose", p.id);
    p.name_sv = required_text(in, "name_sv");
    p.name_en = required_text(in, "name_en");
    p.needs = codes(in, "needs", data_categories(), false);
    marking_follows(in, "needs", p.needs);
    p.except = texts(in, "except", false, [](std::string_view name) -> std::string {
      return name.empty() || name.find('/') != std::string_view::npos ? "must be the last part of a pointer" : "";
    });
    in.finish();
    p.place = {in.file(), in.line()};
    set_.purposes.push_back(std::move(p));
  }

  void acceptance(Table& in) {
    Acceptance a;
    a.finding = required_text(in, "finding");
    a.about = required_text(in, "about");
    a.detail = text(in, "detail");
    a.reason = required_text(in, "reason");
    a.by = required_text(in, "by");
    a.at = in.date("at");
    in.finish();
    a.place = {in.file(), in.line()};
    set_.accepted.push_back(std::move(a));
  }

  void answer(Table& in) {
    LocalAnswer a;
    a.setting = required_text(in, "setting");
    if (!a.setting.empty() && setting_named(a.setting) == nullptr) in.refuse("setting", "unknown setting");
    if (!a.setting.empty() && !ids_.insert("answer " + a.setting).second)
      in.refuse("setting", "this question is answered twice");
    if (!in.has("value")) in.refuse("setting", "an answer needs a `value`");
    a.value = in.boolean("value", false);
    a.signed_by = required_text(in, "signed_by");
    a.signed_at = in.date("signed_at");
    in.finish();
    a.place = {in.file(), in.line()};
    if (setting_named(a.setting) != nullptr) set_.answers.push_back(std::move(a));
  }

  // Whoever learns who somebody is or where somebody lives must see that the person is protected.
  void marking_follows(Table& in, std::string_view key, const std::vector<std::string>& categories) {
    if ((has(categories, "identity") || has(categories, "address")) && !has(categories, "protection") &&
        !has(categories, "*"))
      in.refuse(key, "`" + std::string(key) + "`: identity and address bring protection with them");
  }

  void rule(Table& in) {
    Rule r;
    r.id = required_text(in, "id");
    unique(in, "rule", r.id);
    r.title_sv = required_text(in, "title_sv");
    r.title_en = required_text(in, "title_en");
    r.modality = code(in, "modality", kModalities);
    r.from = codes_or_any(in, "from", actor_types());
    r.to = codes_or_any(in, "to", actor_types());
    r.kinds = codes_or_any(in, "kinds", message_kinds());
    r.purposes = codes_or_any(in, "purposes", purposes());
    if (in.has("initiative")) r.initiative = codes(in, "initiative", initiatives());
    const auto any_text = [](std::string_view) { return std::string(); };
    r.breaks_all = in.boolean("breaks_all", false);
    r.breaks = texts(in, "breaks", false, any_text);
    r.breaks_not = texts(in, "breaks_not", false, any_text);
    r.persons = codes_or_any(in, "persons", person_roles());
    r.categories = codes_or_any(in, "categories", data_categories());
    marking_follows(in, "categories", r.categories);
    texts(in, "conditions", false, [&](std::string_view text) -> std::string {
      const auto condition = parse_condition(text);
      if (!condition) return "unknown condition '" + std::string(text) + "'";
      r.conditions.push_back(*condition);
      return "";
    });
    r.setting = text(in, "setting");
    r.holds_while_off = code(in, "while_off", kWhileOff, false) == "hold";
    r.deadline = code(in, "deadline", kDeadlines, false);
    r.obligations = texts(in, "obligations", false, [](std::string_view code) -> std::string {
      return is_obligation(code) ? "" : unknown_code(code);
    });
    if (in.has("ttl")) {
      const auto ttl = parse_ttl(text(in, "ttl"));
      if (!ttl || *ttl > kTtlMax) in.refuse("ttl", "`ttl` must be a time such as \"30 minutes\" or \"4 hours\"");
      r.ttl = ttl.value_or(std::chrono::minutes{0});
    }
    r.hold_days = static_cast<int>(in.integer("hold_days", 0, 1, 366));
    r.citation = citation(in);
    r.via = r.breaks_all ? required_text(in, "via") : text(in, "via");
    in_force(in, r.in_force_from, r.in_force_to);
    r.reviewed_by = required_text(in, "reviewed_by");
    r.reviewed_at = in.date("reviewed_at");
    r.review_by = in.has("review_by") ? in.date("review_by") : review_by_;
    if (r.review_by.ok() && r.reviewed_at.ok() &&
        (r.review_by < r.reviewed_at || r.review_by > r.reviewed_at + std::chrono::years{kReviewYearsMax}))
      in.refuse("reviewed_at", "`review_by`, of the rule or of its file, must lie within five years of `reviewed_at`");
    in.finish();
    check_rule(in, r);
    r.place = {in.file(), in.line()};
    rule_places_.push_back(in.place());
    set_.rules.push_back(std::move(r));
  }

  void check_rule(Table& in, const Rule& r) {
    const bool duty = r.modality == "must" || r.modality == "should";
    const bool consent = std::any_of(r.conditions.begin(), r.conditions.end(),
                                     [](const Condition& c) { return c.type == Condition::Type::consent; });
    if (r.conditions.size() > kConditionsMax) in.refuse("conditions", "at most 8 conditions");
    if (duty && r.deadline.empty()) in.refuse("modality", "a duty needs a `deadline`");
    if (!duty && !r.deadline.empty()) in.refuse("deadline", "only a duty has a `deadline`");
    if (duty && consent) in.refuse("conditions", "a duty cannot rest on consent");
    // A duty waits for its assessment, it is not refused for want of one.
    const bool reviewed = has(r.obligations, "human_review");
    const bool asked = std::any_of(r.conditions.begin(), r.conditions.end(),
                                   [](const Condition& c) { return c.code == "individual_assessment" && c.expected; });
    if (r.modality == "must" && reviewed && !asked)
      in.refuse("obligations", "a duty with `human_review` needs the condition `fact:individual_assessment`");
    if (!r.breaks_all && !r.breaks_not.empty()) in.refuse("breaks_not", "`breaks_not` belongs to `breaks_all`");
    if (!r.setting.empty() && setting_named(r.setting) == nullptr) in.refuse("setting", "unknown setting");
    if (in.has("while_off") && r.setting.empty()) in.refuse("while_off", "`while_off` belongs to `setting`");
    if (r.holds_while_off && duty) in.refuse("while_off", "a duty that rests on an open question holds nothing");
    const bool emergency = std::any_of(r.conditions.begin(), r.conditions.end(),
                                       [](const Condition& c) { return c.type == Condition::Type::emergency; });
    if (!emergency) return;
    // Break-glass opens for a while, and somebody looks at it afterwards.
    if (r.ttl.count() == 0 || r.ttl > kEmergencyTtlMax)
      in.refuse("conditions", "a rule for an emergency needs a `ttl` of at most 24 hours");
    for (const char* needed : {"notify_privacy_officer", "mandatory_review"})
      if (!has(r.obligations, needed))
        in.refuse("conditions", "a rule for an emergency needs the obligation `" + std::string(needed) + "`");
  }

  void gate(Table& in) {
    set_.gate.recipients = codes(in, "recipients", actor_types());
    if (in.has("new_purpose_senders")) set_.gate.new_purpose_senders = codes(in, "new_purpose_senders", actor_types());
    if (!ids_.insert("gate").second) in.refuse("recipients", "`gate` is in two files");
    in.finish();
  }

  void settings(Table& in) {
    for (const auto& [name, member] : setting_names()) {
      if (!in.has(name)) continue;
      set_.settings.*member = in.boolean(name, false);
      if (!ids_.insert("setting " + std::string(name)).second) in.refuse(name, "the setting is in two files");
    }
    in.finish();
  }

  RuleSet set_;
  std::vector<std::string> rule_places_;  // "file:line:column"
  std::set<std::string> ids_;
  Date review_by_{}, reviewed_at_{};  // of the file that is being read
};

}  // namespace

Result<std::shared_ptr<const RuleSet>> load_rules(std::vector<RuleFile> files, const Sha256& sha256) {
  std::sort(files.begin(), files.end(), [](const RuleFile& a, const RuleFile& b) { return a.name < b.name; });
  Loader loader;
  std::string hashed;  // name and length before the bytes, so that no file can pretend to be two
  for (const RuleFile& file : files) {
    hashed += file.name + "\n" + std::to_string(file.text.size()) + "\n" + file.text;
    File read(file.name, file.text);
    if (!read.failed()) loader.read(read);
    if (read.failed()) return read.error();
  }
  if (auto wrong = loader.check_whole()) return *wrong;
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
