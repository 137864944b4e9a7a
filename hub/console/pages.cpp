#include "console/pages.hpp"

#include <ctemplate/template.h>
#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "confidentiality/words.hpp"
#include "console/templates.hpp"

namespace samband {
namespace {

using ctemplate::TemplateDictionary;

ctemplate::TemplateString view(std::string_view text) { return {text.data(), text.size()}; }

std::string local_time(Time time) {
  const int minute = stockholm_minute_of_day(time);
  return fmt::format("{} {:02}:{:02}", to_string(stockholm_date(time)), minute / 60, minute % 60);
}

std::string name_of(const Party& party) { return party.name.empty() ? party.id : party.name; }

std::string name_of(const Parties& parties, const std::string& id) {
  const Party* party = parties.find(id);
  return party ? name_of(*party) : id;
}

// An official is signed in as a person.
std::string name_of(const Caller& caller) {
  return caller.official ? caller.official->id + ", " + name_of(*caller.party) : name_of(*caller.party);
}

json::object explanation_of(const ExchangeRow& row) {
  auto parsed = parse_json(row.explanation);
  return parsed && parsed->is_object() ? parsed->get_object() : json::object();
}

// The citations it rests on; the reason when there are none.
std::string ground_of(const json::object& explanation, Language language) {
  std::string out;
  if (const auto* grounds = explanation.if_contains("grounds"); grounds && grounds->is_array())
    for (const auto& ground : grounds->get_array())
      if (ground.is_string())
        out += (out.empty() ? "" : "; ") + (language == Language::english ? citation_in_english(ground.get_string())
                                                                          : std::string(ground.get_string()));
  return out.empty() ? std::string(word_for(language, "reason", string_at(explanation, "reason"))) : out;
}

// "identitet 5, hälsa 1 (samtycke saknas); missbruk 1 (ett svar saknas)": each reason once, with all that it is for.
std::string list_of(const json::object& explanation, std::string_view group, Language language) {
  const auto* fields = explanation.if_contains("fields");
  const auto* entries = fields && fields->is_object() ? fields->get_object().if_contains(group) : nullptr;
  std::vector<std::pair<std::string_view, std::string>> reasons;  // in the order of their first field
  if (!entries || !entries->is_array()) return {};
  for (const auto& entry : entries->get_array()) {
    if (!entry.is_object()) continue;
    const auto& object = entry.get_object();
    const auto reason = string_at(object, "reason");
    auto of = std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.first == reason; });
    if (of == reasons.end()) of = reasons.insert(of, {reason, {}});
    std::string& list = of->second;
    if (!list.empty()) list += ", ";
    list += word_for(language, "category", string_at(object, "category"));
    if (const auto* count = object.if_contains("count"); count && count->is_int64())
      list += " " + std::to_string(count->get_int64());
  }
  std::string out;
  for (const auto& [reason, list] : reasons) {
    if (!out.empty()) out += "; ";
    out += list;
    if (!reason.empty()) out += " (" + std::string(word_for(language, "reason", reason)) + ")";
  }
  return out;
}

void add_fact(TemplateDictionary& to, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  auto* line = to.AddSectionDictionary("FACT");
  line->SetValue("NAME", view(name));
  line->SetValue("VALUE", value);
}

// Who decided what about a rule set, and when.
void add_rule_set(TemplateDictionary& to, const json::object& set, Language language) {
  const auto fact = [&](std::string_view key, std::string_view value) {
    add_fact(to, word(language, key), std::string(value));
  };
  const auto time = [&](std::string_view key, std::string_view member) {
    if (const auto at = parse_rfc3339(string_at(set, member))) fact(key, local_time(*at));
  };
  fact("rules_hash", string_at(set, "hash"));
  fact("rules_state", word_for(language, "rules_state", string_at(set, "state")));
  fact("rules_reason", string_at(set, "reason"));
  fact("rules_proposed_by", string_at(set, "proposedBy"));
  time("rules_proposed_at", "proposedAt");
  fact("rules_approved_by", string_at(set, "approvedBy"));
  time("rules_approved_at", "approvedAt");
  if (const auto* leaf = set.if_contains("leafIndex"); leaf && leaf->is_int64())
    fact("rules_leaf", std::to_string(leaf->get_int64()));
}

void add_problem(TemplateDictionary& to, std::string_view problem) {
  if (!problem.empty()) to.AddSectionDictionary("PROBLEM")->SetValue("TEXT", view(problem));
}

}  // namespace

bool may_view(const ExchangeRow& row, const Party& viewer) {
  if (sees_all(viewer)) return true;
  // A reminder is written in the sender's name and tells what its recipient has not done.
  if (row.sender == viewer.id && row.kind != "step.reminder") return true;
  return row.recipient == viewer.id && (row.outcome == "released" || row.outcome == "partial");
}

bool sees_all(const Party& party) { return party.actor_type == "operator" || party.actor_type == "auditor"; }

struct Pages::Impl {
  ctemplate::TemplateCache cache;

  void load(const char* name, const char* text) {
    if (!cache.StringToTemplateCache(name, text, ctemplate::STRIP_BLANK_LINES))
      throw std::logic_error(std::string("console template ") + name);
  }

  // `fill` puts the page's own values into the content's dictionary.
  template <class Fill>
  std::string page(const char* content, std::string_view title, const std::string& self, const std::string& viewer,
                   Language language, Fill fill) const {
    TemplateDictionary root("page");
    for_each_word(language, [&](std::string_view key, std::string_view text) {
      if (key.starts_with("W_")) root.SetTemplateGlobalValue(view(key), view(text));
    });
    root.SetTemplateGlobalValue("LANG", view(code_of(language)));
    root.SetValue("OTHER_LANG", language == Language::english ? "sv" : "en");
    root.SetValue("TITLE", view(title));
    root.SetValue("SELF", self);
    if (!viewer.empty()) root.AddSectionDictionary("VIEWER")->SetValue("NAME", viewer);
    auto* inner = root.AddIncludeDictionary("CONTENT");
    inner->SetFilename(content);
    fill(*inner);
    std::string out;
    if (!cache.ExpandNoLoad("layout", ctemplate::STRIP_BLANK_LINES, &root, nullptr, &out))
      throw std::logic_error("console template");
    return out;
  }
};

Pages::Pages() : impl_(std::make_unique<Impl>()) {
  impl_->load("layout", templates::kLayout);
  impl_->load("overview", templates::kOverview);
  impl_->load("verification", templates::kVerification);
  impl_->load("rules", templates::kRules);
  impl_->load("rule_set", templates::kRuleSet);
  impl_->load("notice", templates::kNotice);
  impl_->cache.Freeze();
}
Pages::~Pages() = default;

std::string Pages::overview(const std::vector<ExchangeRow>& rows, const Parties& parties, const Party& viewer,
                            Language language) const {
  return impl_->page("overview", word(language, "overview"), "/", name_of(viewer), language,
                     [&](TemplateDictionary& page) {
                       page.SetValue("SCOPE", view(word(language, sees_all(viewer) ? "scope_all" : "scope_own")));
                       if (rows.empty()) {
                         page.ShowSection("EMPTY");
                         return;
                       }
                       auto* table = page.AddSectionDictionary("TABLE");
                       for (const auto& row : rows) {
                         const auto explanation = explanation_of(row);
                         auto* line = table->AddSectionDictionary("ROW");
                         line->SetValue("ID", row.id);
                         line->SetValue("TIME_UTC", to_rfc3339(row.created_at));
                         line->SetValue("TIME", local_time(row.created_at));
                         line->SetValue("FROM", name_of(parties, row.sender));
                         line->SetValue("TO", name_of(parties, row.recipient));
                         // A line may break after a dot: "police.|suspicion".
                         for (std::size_t from = 0; from < row.kind.size();) {
                           const auto dot = row.kind.find('.', from);
                           const auto to = dot == std::string::npos ? row.kind.size() : dot + 1;
                           line->AddSectionDictionary("KIND")->SetValue("PART", row.kind.substr(from, to - from));
                           from = to;
                         }
                         line->SetValue("OUTCOME", view(word(language, row.outcome)));
                         line->SetValue("OUTCOME_CLASS", row.outcome);
                         line->SetValue("GROUND", ground_of(explanation, language));
                         line->SetIntValue("LEAF", static_cast<long>(row.leaf_index));
                         const bool as_recipient = !sees_all(viewer) && row.sender != viewer.id;
                         for (const std::string_view group : {"released", "withheld", "held"}) {
                           if (as_recipient && group != "released") continue;  // it would tell what is hidden
                           const auto list = list_of(explanation, group, language);
                           if (list.empty()) continue;
                           auto* fields = line->AddSectionDictionary("FIELDS");
                           fields->SetValue("LABEL", view(word(language, "fields_" + std::string(group))));
                           fields->SetValue("LIST", list);
                         }
                       }
                     });
}

std::string Pages::verification(const ExchangeRow& row, const Verification& found, const Party& viewer,
                                Language language) const {
  return impl_->page("verification", word(language, "verification"), "/verify/" + row.id, name_of(viewer), language,
                     [&](TemplateDictionary& page) {
                       const std::string_view verdict = found.good() ? "good" : "bad";
                       page.SetValue("VERDICT", view(word(language, verdict)));
                       page.SetValue("VERDICT_CLASS", view(verdict));
                       const auto step = [&](bool good, std::string_view key) {
                         auto* line = page.AddSectionDictionary("STEP");
                         line->SetValue("STEP_CLASS", good ? "good" : "bad");
                         line->SetValue("STEP_RESULT", view(word(language, good ? "yes" : "no")));
                         line->SetValue("STEP_TEXT", view(word(language, key)));
                       };
                       step(found.signature, "step_signature");
                       step(found.inclusion, "step_inclusion");
                       step(found.leaf, "step_leaf");
                       const auto fact = [&](std::string_view key, const std::string& value) {
                         add_fact(page, word(language, key), value);
                       };
                       fact("fact_exchange", row.id);
                       fact("fact_leaf", std::to_string(row.leaf_index));
                       fact("fact_size", std::to_string(found.size));
                       fact("fact_root", found.root_hex);
                       const auto explanation = explanation_of(row);
                       const auto* words = explanation.if_contains("words");
                       const bool as_recipient = !sees_all(viewer) && row.sender != viewer.id;
                       if (!as_recipient && words && words->is_object())
                         if (const auto text = string_at(words->get_object(), code_of(language)); !text.empty())
                           page.AddSectionDictionary("WORDS")->SetValue("TEXT", view(text));
                     });
}

std::string Pages::rules(const json::object& list, const Caller& viewer, bool may_propose, std::string_view problem,
                         Language language) const {
  return impl_->page("rules", word(language, "rules"), "/rules", name_of(viewer), language,
                     [&](TemplateDictionary& page) {
                       add_problem(page, problem);
                       if (const auto* active = list.if_contains("active"); active && active->is_object())
                         add_rule_set(page, active->get_object(), language);
                       const auto& proposals = list.at("proposals").as_array();
                       if (proposals.empty()) page.ShowSection("NONE");
                       for (const auto& each : proposals) {
                         auto* section = page.AddSectionDictionary("PROPOSAL");
                         const std::string hash(string_at(each.as_object(), "hash"));
                         section->SetValue("HASH", hash);
                         section->SetValue("SHORT", hash.substr(0, 12));
                         add_rule_set(*section, each.as_object(), language);
                       }
                       if (may_propose) page.ShowSection("PROPOSE");
                     });
}

std::string Pages::rule_set(const RuleSetPage& shown, const Caller& viewer, std::string_view problem,
                            Language language) const {
  const std::string hash(string_at(shown.set, "hash"));
  return impl_->page("rule_set", word(language, "rule_set"), "/rules/" + hash, name_of(viewer), language,
                     [&](TemplateDictionary& page) {
                       add_problem(page, problem);
                       add_rule_set(page, shown.set, language);
                       if (!shown.changes.empty()) {
                         auto* changes = page.AddSectionDictionary("CHANGES");
                         std::istringstream lines(shown.changes);  // escaping would make one line of them
                         for (std::string line; std::getline(lines, line);)
                           changes->AddSectionDictionary("LINE")->SetValue("TEXT", line);
                       }
                       if (!shown.waits.empty()) page.AddSectionDictionary("WAITS")->SetValue("TEXT", shown.waits);
                       if (shown.may_approve) page.AddSectionDictionary("APPROVE")->SetValue("HASH", hash);
                     });
}

std::string Pages::notice(int status, Language language) const {
  const auto key = "notice_" + std::to_string(status);
  return impl_->page("notice", word(language, key), "/", "", language,
                     [&](TemplateDictionary& page) { page.SetValue("TEXT", view(word(language, key + "_text"))); });
}

}  // namespace samband
