#include "minimise/minimise.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace samband {
namespace {

enum class Action { pass, generalise, pseudonymise, drop };
std::optional<Action> action_from(std::string_view name) {
  if (name == "pass") return Action::pass;
  if (name == "generalise") return Action::generalise;
  if (name == "pseudonymise") return Action::pseudonymise;
  if (name == "drop") return Action::drop;
  return std::nullopt;
}

// What the decision says about one value of the message, found by the value's address: one search per value copied.
struct Verdict {
  const json::value* at = nullptr;
  const FieldDecision* field = nullptr;
  bool keep = false;
  Action action = Action::drop;
};
bool before(const Verdict& a, const Verdict& b) {
  if (a.at != b.at) return std::less<>()(a.at, b.at);
  return a.keep < b.keep;  // named twice: the stricter comes first, and the first counts
}

Result<std::vector<Verdict>> verdicts_of(const json::value& data, const Decision& decision) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(decision.fields().size());
  for (const FieldDecision& field : decision.fields()) {
    Verdict verdict{find_pointer(data, field.field.pointer), &field, false, Action::drop};
    if (field.outcome == FieldOutcome::release) {
      const auto action = action_from(field.action);
      if (!action) return fail(Errc::internal, "minimise", "unknown action in a decision");
      if (verdict.at == nullptr) return fail(Errc::internal, "minimise", "the decision is about another message");
      if (field.field.category.empty()) return fail(Errc::internal, "minimise", "a field without category is released");
      verdict.action = *action;
      verdict.keep = *action != Action::drop;
    }
    if (verdict.at != nullptr) verdicts.push_back(verdict);
  }
  std::sort(verdicts.begin(), verdicts.end(), before);
  return verdicts;
}

// Where the copy is: what the nearest decided value above said, and whose person object it is in.
struct Place {
  const Verdict* verdict = nullptr;
  std::string_view key;  // of the nearest object member
};

// One walk over the message; builds only what is kept.
class Copier {
 public:
  explicit Copier(std::vector<Verdict> verdicts) : verdicts_(std::move(verdicts)) {}

  std::optional<json::value> copy(const json::value& value, Place place) {
    if (const Verdict* own = find(&value)) place.verdict = own;
    if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
      return copy_object(*object, place);
    }
    if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
      return copy_array(*array, place);
    }
    return leaf(value, place);
  }
  // data/persons: an element keeps who it is (ref) and as what (role) once anything of the person leaves.
  std::optional<json::value> copy_persons(const json::array& persons, Place place) {
    json::array out;
    for (std::size_t i = 0; i < persons.size(); ++i) {
      const json::object* person = persons[i].if_object();
      person_ref_ = person != nullptr ? string_at(*person, "ref") : std::string_view();
      std::optional<json::value> kept = copy(persons[i], place);
      person_ref_ = {};
      if (!kept) continue;
      if (kept->is_object() && person != nullptr) {
        for (const std::string_view key : {"ref", "role"}) keep_with_person(*person, kept->get_object(), key, i);
      }
      out.push_back(std::move(*kept));
    }
    if (out.empty()) return std::nullopt;
    return out;
  }

  std::vector<std::string> pointers() && {
    std::sort(pointers_.begin(), pointers_.end());
    pointers_.erase(std::unique(pointers_.begin(), pointers_.end()), pointers_.end());
    return std::move(pointers_);
  }

 private:
  const Verdict* find(const json::value* at) const {
    const auto it =
        std::lower_bound(verdicts_.begin(), verdicts_.end(), Verdict{at, nullptr, false, Action::drop}, before);
    return it != verdicts_.end() && it->at == at ? &*it : nullptr;
  }
  void keep_with_person(const json::object& from, json::object& to, std::string_view key, std::size_t index) {
    const json::value* value = from.if_contains(key);
    if (value == nullptr || to.contains(key)) return;
    to.emplace(key, *value);
    pointers_.push_back("/persons/" + std::to_string(index) + "/" + std::string(key));
  }
  std::optional<json::value> copy_object(const json::object& object, Place place) {
    json::object out;
    out.reserve(object.size());
    for (const auto& [key, value] : object) {
      if (auto kept = copy(value, {place.verdict, key})) out.emplace(key, std::move(*kept));
    }
    if (out.empty()) return std::nullopt;
    return out;
  }
  std::optional<json::value> copy_array(const json::array& array, Place place) {
    json::array out;
    for (const json::value& value : array) {
      if (auto kept = copy(value, place)) out.push_back(std::move(*kept));
    }
    if (out.empty()) return std::nullopt;
    return out;
  }
  std::optional<json::value> leaf(const json::value& value, const Place& place) {
    if (place.verdict == nullptr || !place.verdict->keep) return std::nullopt;
    std::optional<json::value> kept = apply(value, place);
    if (kept) pointers_.push_back(place.verdict->field->field.pointer);
    return kept;
  }
  std::optional<json::value> apply(const json::value& value, const Place& place) const {
    switch (place.verdict->action) {
      case Action::pass:
        return value;
      case Action::generalise:
        return generalise(value, place);
      case Action::pseudonymise:
        return pseudonymise(place);
      case Action::drop:
        break;
    }
    return std::nullopt;
  }
  // Only a birth date has a coarser form of its own. An address becomes its municipality by disappearing beside it: the
  // municipality is a field with a decision of its own, and no other field may let it out.
  static std::optional<json::value> generalise(const json::value& value, const Place& place) {
    if (place.key != "birthDate" || !value.is_string() || value.get_string().size() < 4) return std::nullopt;
    return json::value(value.get_string().subview(0, 4));
  }
  // Nobody in particular, or several persons: no pseudonym would be true, so nothing leaves.
  std::optional<json::value> pseudonymise(const Place& place) const {
    const auto& persons = place.verdict->field->field.persons;
    std::string_view ref = person_ref_;
    if (ref.empty() && persons.size() == 1) ref = persons.front();
    if (ref.empty()) return std::nullopt;
    return json::value(std::string("pseudonym-").append(ref));
  }

  std::vector<Verdict> verdicts_;
  std::vector<std::string> pointers_;
  std::string_view person_ref_;
};

}  // namespace

Result<Minimised> minimise(const Message& message, const Decision& decision) {
  if (!decision.permits()) return fail(Errc::forbidden, "minimise", "the decision does not permit");
  const json::object* data = message.data.if_object();
  if (data == nullptr) return fail(Errc::internal, "minimise", "the message has no data");
  auto verdicts = verdicts_of(message.data, decision);
  if (!verdicts) return verdicts.error();

  Copier copier(std::move(*verdicts));
  json::object out;
  for (const auto& [key, value] : *data) {
    const json::array* persons = key == "persons" ? value.if_array() : nullptr;
    auto kept = persons != nullptr ? copier.copy_persons(*persons, {nullptr, key}) : copier.copy(value, {nullptr, key});
    if (kept) out.emplace(key, std::move(*kept));
  }
  Minimised minimised;
  minimised.data_ = std::move(out);
  minimised.pointers_ = std::move(copier).pointers();
  minimised.fingerprint_ = decision.fingerprint();
  return minimised;
}

}  // namespace samband
