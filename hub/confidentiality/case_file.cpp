#include "confidentiality/case_file.hpp"

#include "base/encoding.hpp"
#include "confidentiality/case_values.hpp"
#include "confidentiality/object_reader.hpp"
#include "confidentiality/rule_index.hpp"

namespace samband {
namespace {

using namespace std::chrono;

constexpr std::string_view kGivers[] = {"self", "guardian", "both_guardians", "guardian_and_child",
                                        "both_guardians_and_child"};
// Each person has their own of these; what is left is about whom the message is about.
constexpr std::string_view kOfEachPerson[] = {"identity", "address", "contact", "home_area", "protection"};
constexpr std::string_view kAssessor = "case-assessor", kEmergencyReason = "danger_to_life";
constexpr std::size_t kPersonsMax = 40, kFieldsMax = 400;

template <class List>
bool is_in(const List& list, std::string_view item) {
  return std::find(std::begin(list), std::end(list), item) != std::end(list);
}

class CaseReader {
 public:
  CaseReader(const json::object& object, const CaseContext& context, std::vector<Error>& problems)
      : context_(context), problems_(problems), in_(object, "", problems) {}

  PolicyCase read() {
    case_.id = in_.text("id", "");
    if (!case_.id.empty() && !is_line(case_.id, kCaseIdMax))
      in_.report("id", "expects one line of at most 100 characters");
    case_.title = in_.text("title", "");
    in_.take("note");
    case_.at = moment(in_, "date", Edge::noon, context_.now);
    today_ = stockholm_date(case_.at);
    case_.holder = party("holder");
    case_.recipient = party("recipient");
    case_.purpose = required_code("purpose", purposes());
    case_.kind = required_code("kind", message_kinds());
    case_.initiative = initiative_from(in_.code("initiative", initiatives(), "own")).value_or(Initiative::own);
    emergency();
    case_.recipient_restricted = in_.flag("recipient_restricted", is_restricted(case_.recipient));
    assessor_ = or_nobody(in_, "assessor", std::string(kAssessor));
    settings();
    persons();
    facts(in_, "");
    categories();
    consents();
    agreements();
    if (const auto* expect = in_.object("expect"))
      case_.expect = read_expectation(*expect, in_.place("expect"), *context_.rules, case_.fields, problems_);
    in_.done();
    return std::move(case_);
  }

 private:
  std::string required_code(std::string_view key, std::span<const std::string_view> list) {
    if (!in_.has(key)) in_.report(key, "is missing");
    return in_.code(key, list);
  }

  // A party of the configuration by its id, an actor type, or {id, type, carries_out}.
  Party party(std::string_view key) {
    Party out;
    const auto* value = in_.take(key);
    if (value == nullptr) {
      in_.report(key, "is missing: a party id of the configuration, or an actor type");
      return out;
    }
    if (const auto* object = value->if_object()) {
      ObjectReader in(*object, in_.place(key), problems_);
      out.actor_type = in.code("type", actor_types());
      if (out.actor_type.empty()) in.report("type", "is missing");
      out.id = in.text("id", out.actor_type);
      out.carries_out = in.codes("carries_out", party_tasks());
      in.done();
      return out;
    }
    const auto name = in_.text(key);
    const auto* known = context_.parties != nullptr ? context_.parties->find(name) : nullptr;
    if (known != nullptr) return *known;
    if (!is_in(actor_types(), name)) in_.report(key, "neither a party id of the configuration nor an actor type");
    out.id = out.actor_type = name;
    return out;
  }

  bool is_restricted(const Party& party) const {
    return context_.parties != nullptr &&
           std::any_of(context_.parties->all().begin(), context_.parties->all().end(),
                       [&](const Party& p) { return p.restricted_recipient == party.id; });
  }

  // true, a reason, or {reason, since}. A flag without a reason opens nothing, so `true` stands for one with a reason.
  void emergency() {
    const auto* value = in_.take("emergency");
    if (value == nullptr) return;
    case_.emergency_since = case_.at;
    if (value->is_bool()) {
      case_.emergency = value->get_bool();
      if (case_.emergency) case_.emergency_reason = kEmergencyReason;
    } else if (const auto* object = value->if_object()) {
      ObjectReader in(*object, in_.place("emergency"), problems_);
      case_.emergency = true;
      const auto* reason = in.take("reason");
      case_.emergency_reason = reason != nullptr && is_nobody(*reason)
                                   ? ""
                                   : in.code("reason", emergency_reasons(), std::string(kEmergencyReason));
      case_.emergency_since = moment(in, "since", Edge::start, case_.at);
      in.done();
    } else {
      case_.emergency = true;
      case_.emergency_reason = in_.code("emergency", emergency_reasons());
    }
  }

  void settings() {
    const auto* object = in_.object("settings");
    if (object == nullptr) return;
    ObjectReader in(*object, in_.place("settings"), problems_);
    for (const auto& [key, value] : *object) {
      if (setting_named(key) == nullptr) {
        in.report(key, "unknown setting (config/rules/settings.toml)");
      } else if (!value.is_bool()) {
        in.report(key, "expects true or false");
      } else {
        case_.settings[std::string(key)] = value.get_bool();
      }
    }
  }

  void persons() {
    struct Link {
      std::size_t from;
      std::vector<std::string> to;
      std::string where;
    };
    std::vector<Link> links;
    in_.named("persons", "p", [&](const std::string& id, const json::object& object, const std::string& where) {
      ObjectReader in(object, where, problems_);
      in.take("id");
      Person person;
      person.ref = id;
      person.subject_ref = "case:" + id;
      const auto guardian_of = in.texts("guardian_of");
      person.role = in.code("role", person_roles(), guardian_of.empty() ? "" : "guardian");
      if (person.role.empty()) in.report("role", "is missing");
      person.birth_date = birth_date(in, today_);
      person.protection = protection_in(in);
      if (const auto relation = in.texts("relation_to", guardian_of); !relation.empty()) {
        person.relation_to = relation.front();
        links.push_back({case_.persons.size(), relation, where});
      }
      for (const auto& refs : {guardian_of, in.texts("guardians")})
        links.push_back({case_.persons.size(), refs, where});
      facts(in, id);
      in.done();
      case_.persons.push_back(std::move(person));
    });
    if (case_.persons.size() > kPersonsMax) in_.report("persons", "at most 40 persons");
    for (const auto& link : links)
      for (const auto& ref : link.to) {
        if (person_named(ref) == nullptr) in_.add(link.where, "names a person who is not in the case");
        if (ref == case_.persons[link.from].ref) in_.add(link.where, "names a person as guardian or kin of itself");
      }
    for (const auto& person : case_.persons)
      if (person.role == "subject" || person.role == "tenant") subjects_.push_back(person.ref);
  }

  // {"reasonable_suspicion": true, "need_of_help": {"value": false, "assessor": null}, "x": [{...}, {...}]}
  void facts(ObjectReader& owner, const std::string& person) {
    const auto* object = owner.object("facts");
    if (object == nullptr) return;
    for (const auto& [code, value] : *object) {
      const std::string where = ObjectReader::to_pointer(owner.place("facts"), code);
      if (!is_in(fact_codes(), code)) {
        owner.add(where, "unknown fact (docs/vocabulary.md)");
      } else if (const auto* list = value.if_array()) {
        for (std::size_t i = 0; i < list->size(); ++i)
          fact(owner, code, person, (*list)[i], where + "/" + std::to_string(i));
      } else {
        fact(owner, code, person, value, where);
      }
    }
  }

  void fact(ObjectReader& owner, std::string_view code, const std::string& person, const json::value& value,
            const std::string& where) {
    Fact fact{.code = std::string(code),
              .value = Truth::unknown,
              .person_ref = person,
              .assessor_id = assessor_,
              .reason_code = {},
              .at = case_.at - hours{1}};
    std::optional<Truth> truth;
    if (const auto* object = value.if_object()) {
      ObjectReader in(*object, where, problems_);
      const auto* inner = in.take("value");
      truth = inner != nullptr ? truth_of(*inner) : std::nullopt;
      fact.assessor_id = or_nobody(in, "assessor", assessor_);
      fact.reason_code = in.code("reason", reason_codes());
      fact.at = moment(in, "at", Edge::start, fact.at);
      in.done();
    } else {
      truth = truth_of(value);
    }
    if (!truth) return owner.add(where, "expects true, false or \"unknown\"");
    fact.value = *truth;
    if (fact.value != Truth::unknown) case_.facts.push_back(std::move(fact));  // unknown is what nobody has recorded
  }

  // ["identity", {"category": "event", "persons": ["p1"]}] or {"identity": ["p1", "p2"], "event": []}.
  void categories() {
    const auto* value = in_.take("categories");
    const std::string where = in_.place("categories");
    if (value == nullptr) return in_.report("categories", "is missing: the categories of data that are present");
    if (const auto* list = value->if_array()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string place = where + "/" + std::to_string(i);
        const auto& item = (*list)[i];
        if (item.is_string()) {
          category(item.get_string(), nullptr, "", place);
        } else if (const auto* object = item.if_object()) {
          ObjectReader in(*object, place, problems_);
          const auto code = in.text("category");
          const auto about = in.texts("persons");
          category(code, in.has("persons") ? &about : nullptr, in.text("field", ""), place);
          in.done();
        } else {
          in_.add(place, "expects a category or {category, persons}");
        }
      }
    } else if (const auto* object = value->if_object()) {
      ObjectReader in(*object, where, problems_);
      for (const auto& [code, persons] : *object) {
        const bool whom = !persons.is_bool() && !persons.is_null();
        const auto about = whom ? in.texts(code) : std::vector<std::string>{};
        if (persons.is_bool() && !persons.get_bool()) continue;  // not present
        category(code, whom ? &about : nullptr, "", in.place(code));
      }
    } else {
      in_.report("categories", "expects a list or an object");
    }
    if (case_.fields.size() > kFieldsMax) in_.report("categories", "at most 400 fields");
  }

  void category(std::string_view code, const std::vector<std::string>* about, const std::string& leaf,
                const std::string& where) {
    if (!is_in(data_categories(), code)) return in_.add(where, "unknown category (docs/vocabulary.md)");
    if (!leaf.empty() && !ObjectReader::is_name(leaf)) return in_.add(where, "`field` is the name of one leaf");
    const auto add = [&](std::vector<std::string> refs) {
      case_.fields.push_back(
          {"/" + std::to_string(case_.fields.size()) + "/" + (leaf.empty() ? std::string(code) : leaf),
           std::string(code), std::move(refs)});
    };
    if (about != nullptr) {
      for (const auto& ref : *about)
        if (person_named(ref) == nullptr) in_.add(where, "names a person who is not in the case");
      add(*about);
    } else if (code == "envelope" || code == "official") {
      add({});
    } else if (is_in(kOfEachPerson, code) && !case_.persons.empty()) {
      for (const auto& person : case_.persons) add({person.ref});
    } else if (code == "document" || subjects_.empty()) {
      std::vector<std::string> everybody;
      for (const auto& person : case_.persons) everybody.push_back(person.ref);
      add(std::move(everybody));
    } else {
      add(subjects_);
    }
  }

  void consents() {
    in_.named("consents", "c", [&](const std::string& id, const json::object& object, const std::string& where) {
      ObjectReader in(object, where, problems_);
      in.take("id");
      Consent consent;
      consent.id = id;
      const auto whose = in.text("person", subjects_.size() == 1       ? subjects_.front()
                                           : case_.persons.size() == 1 ? case_.persons.front().ref
                                                                       : "");
      if (whose.empty()) in.report("person", "is missing: whose secrecy is it?");
      if (!whose.empty() && person_named(whose) == nullptr) in.report("person", "is not in the case");
      consent.subject_ref = "case:" + whose;
      consent.holder = in.text("holder", case_.holder.id);
      consent.giver = in.code("giver", kGivers, "self");
      consent.maturity_assessor = or_nobody(in, "maturity_assessor", "");
      consent.recipients = in.texts("recipients", {case_.recipient.id});
      for (const auto& each : consent.recipients) known_party(in, "recipients", each);
      known_party(in, "holder", consent.holder);
      consent.purposes = in.codes("purposes", purposes(), {case_.purpose});
      consent.categories = in.codes("categories", data_categories(), categories_about(whose));
      consent.valid_from = moment(in, "valid_from", Edge::start, case_.at - days{1});
      consent.valid_to = moment(in, "valid_to", Edge::end, case_.at + days{365});
      consent.evidence_sha256 = in.text("evidence_sha256", "");
      consent.language = in.text("language", "sv");
      consent.agreement = in.text("agreement", "");
      if (in.flag("revoked", false)) consent.revoked_at = case_.at;
      if (in.has("revoked_at")) consent.revoked_at = moment(in, "revoked_at", Edge::start, case_.at);
      in.done();
      case_.consents.push_back(std::move(consent));
    });
  }

  void known_party(ObjectReader& in, std::string_view key, const std::string& id) {
    if (id != case_.holder.id && id != case_.recipient.id && !is_in(actor_types(), id) &&
        (context_.parties == nullptr || context_.parties->find(id) == nullptr))
      in.report(key, "neither a party of the case or configuration nor an actor type");
  }

  std::vector<std::string> categories_about(const std::string& person) const {
    std::vector<std::string> out;
    for (const auto& field : case_.fields)
      if (is_in(field.persons, person) && !is_in(out, field.category)) out.push_back(field.category);
    return out;
  }

  // Ids of the configuration's, or agreements of the case's own. Left out: those of the configuration.
  void agreements() {
    const auto* value = in_.take("agreements");
    if (value == nullptr) {
      case_.agreements = context_.agreements;
      return;
    }
    const bool ids = value->is_string() ||
                     (value->is_array() && !value->get_array().empty() && value->get_array().front().is_string());
    if (ids) {
      for (const auto& id : in_.texts("agreements")) {
        const auto found = std::find_if(context_.agreements.begin(), context_.agreements.end(),
                                        [&](const Agreement& a) { return a.id == id; });
        if (found == context_.agreements.end()) {
          in_.report("agreements", "no such agreement in the configuration");
        } else {
          case_.agreements.push_back(*found);
        }
      }
      return;
    }
    in_.named("agreements", "a", [&](const std::string& id, const json::object& object, const std::string& where) {
      ObjectReader in(object, where, problems_);
      in.take("id");
      Agreement agreement;
      agreement.id = id;
      agreement.parties = in.texts("parties", {case_.holder.id, case_.recipient.id});
      for (const auto& each : agreement.parties) known_party(in, "parties", each);
      agreement.valid_from = day(in, "valid_from", Date{today_.year(), January, std::chrono::day{1}});
      agreement.valid_to = day(in, "valid_to", Date{today_.year(), December, std::chrono::day{31}});
      in.done();
      case_.agreements.push_back(std::move(agreement));
    });
  }

  const Person* person_named(std::string_view ref) const {
    const auto found =
        std::find_if(case_.persons.begin(), case_.persons.end(), [&](const Person& p) { return p.ref == ref; });
    return found == case_.persons.end() ? nullptr : &*found;
  }

  const CaseContext& context_;
  std::vector<Error>& problems_;
  ObjectReader in_;
  PolicyCase case_;
  Date today_{};
  std::string assessor_;
  std::vector<std::string> subjects_;
};

}  // namespace

DecisionRequest PolicyCase::request() const {
  DecisionRequest out;
  out.nearest_change = true;
  out.at = at;
  out.holder = &holder;
  out.recipient = &recipient;
  out.purpose = purpose;
  out.kind = kind;
  out.initiative = initiative;
  out.emergency = emergency;
  out.emergency_reason = emergency_reason;
  out.emergency_since = emergency_since;
  out.recipient_restricted = recipient_restricted;
  out.fields = fields;
  out.persons = persons;
  out.facts = facts;
  out.consents = consents;
  out.agreements = agreements;
  return out;
}

RuleSet PolicyCase::with_settings(const RuleSet& set) const {
  RuleSet out = set;  // the index points at settings by name: it stays true
  for (const auto& [name, value] : settings) out.settings.*setting_named(name) = value;
  return out;
}

std::optional<PolicyCase> read_case(const json::object& object, const CaseContext& context,
                                    std::vector<Error>& problems) {
  const std::size_t before = problems.size();
  auto out = CaseReader(object, context, problems).read();
  return problems.size() == before ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace samband
