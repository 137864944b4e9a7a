#include "school/decode.hpp"

#include <array>

#include "common/form_parts.hpp"
#include "school/ss12000.hpp"

namespace samband::school {
namespace {

using plugin::ObjectReader;
using plugin::Problem;

constexpr std::size_t kItemsMax = 100, kPersonsMax = 10;

// The initial risk assessment of crime: a score, answered items, or both.
void fill_irk(ObjectReader& in, json::object& payload) {
  json::object irk;
  if (const auto score = in.integer("score")) irk["score"] = *score;
  if (const auto* items = in.array("items", kItemsMax)) {
    json::array out;
    for (std::size_t i = 0; i < items->size(); ++i) {
      const auto where = in.at("items") + "/" + std::to_string(i);
      const auto* item = (*items)[i].if_object();
      if (!item) return in.problem().set(where, "must be an object");
      ObjectReader reader(*item, where, in.problem());
      json::object copy{{"code", reader.required_text("code", 64)}};
      reader.copy_text(copy, "value", 200);
      reader.copy_text(copy, "text", 500);
      reader.finish();
      out.push_back(std::move(copy));
    }
    irk["items"] = std::move(out);
  }
  if (irk.empty()) in.problem().set(in.at("items"), "the form has neither a score nor an item");
  payload["irk"] = std::move(irk);
  for (const auto* key : {"school", "narrative"}) in.copy_text(payload, key, plugin::kFreeTextMax);
}

struct Form {
  std::string_view type, kind;
  plugin::FillPayload fill;
};
// The section of a form is named as its type.
constexpr std::array<Form, 3> kForms{{{"concern", "concern.report", plugin::fill_concern},
                                      {"irk", "sig.nomination", fill_irk},
                                      {"information", "sig.information", plugin::fill_group_information}}};

void copy_home(ObjectReader& form, json::object& person) {
  const auto* home = form.object("home");
  if (!home) return;
  ObjectReader reader(*home, form.at("home"), form.problem());
  reader.copy_text(person, "municipality", 4);
  reader.copy_text(person, "district", 64);
  reader.copy_text(person, "interpreter", 3);
  reader.finish();
}

void add_relatives(ObjectReader& form, std::string_view key, std::string_view role, json::array& persons,
                   std::vector<plugin::Warning>& warnings) {
  const auto* list = form.array(key, kPersonsMax);
  if (!list) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto where = form.at(key) + "/" + std::to_string(i);
    const auto* object = (*list)[i].if_object();
    if (!object) return form.problem().set(where, "must be an object");
    ObjectReader reader(*object, where, form.problem());
    auto person = read_ss12000_person(reader, warnings);
    reader.copy_boolean(person, "informed");
    reader.finish();
    person["ref"] = std::string(role.substr(0, 1)) + std::to_string(i + 1);
    person["role"] = role;
    person["relationTo"] = "p1";
    persons.push_back(std::move(person));
  }
}

}  // namespace

sdk::Result<std::string> decode_form(std::string_view body, const std::string& source) {
  auto parsed = plugin::parse_json(body);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* root = std::get<json::value>(parsed).if_object();
  if (!root) return sdk::invalid("", "the form must be an object");

  Problem problem;
  ObjectReader in(*root, "", problem);
  const auto head = plugin::read_head(in);
  if (problem) return *problem.error();
  const Form* form = nullptr;
  for (const auto& f : kForms)
    if (f.type == head.type) form = &f;
  if (!form) return sdk::invalid("/type", "must be concern, irk or information");

  json::object data;
  plugin::copy_surroundings(in, data);
  const auto author = plugin::read_official(in, "reporter");
  if (author.empty()) problem.set("/reporter", "is required: a named person stands for the form");
  data["author"] = author;

  std::vector<plugin::Warning> warnings;
  json::array persons;
  if (const auto* pupil = in.object("person")) {
    ObjectReader reader(*pupil, "/person", problem);
    auto person = read_ss12000_person(reader, warnings);
    reader.finish();
    copy_home(in, person);
    person["ref"] = "p1", person["role"] = "subject";
    persons.push_back(std::move(person));
  } else {
    problem.set("/person", "is required");
  }
  add_relatives(in, "guardians", "guardian", persons, warnings);
  add_relatives(in, "siblings", "sibling", persons, warnings);
  data["persons"] = std::move(persons);
  plugin::copy_facts(in, author, data);
  // Consents are checked field by field by the hub (schema of `data`).
  if (const auto* consents = in.array("consents")) data["consents"] = *consents;

  data["payload"] = plugin::read_section(in, form->type, form->fill);
  in.finish();
  if (problem) return *problem.error();
  return plugin::canonical_message(form->kind, head.id, source, head.created, std::move(data), warnings);
}

}  // namespace samband::school
