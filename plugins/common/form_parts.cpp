#include "common/form_parts.hpp"

namespace samband::plugin {
namespace {

constexpr std::size_t kSignatureMax = 64u << 10;
constexpr std::size_t kAttachmentsMax = 20;
constexpr std::size_t kAttachmentBytesMax = 28u << 20;  // base64

json::object read_assessor(ObjectReader& fact, const json::object& author) {
  json::object assessor;
  if (const auto* given = fact.object("assessor")) {
    ObjectReader reader(*given, fact.at("assessor"), fact.problem());
    assessor["id"] = reader.required_text("id", 100);
    reader.copy_text(assessor, "name", 200);
    reader.copy_text(assessor, "jws", kSignatureMax);
    reader.finish();
  } else {
    for (const auto* key : {"id", "name"})
      if (auto text = string_at(author, key); !text.empty()) assessor[key] = text;
  }
  return assessor;
}

void copy_attachments(ObjectReader& form, json::object& data) {
  const auto* list = form.array("attachments", kAttachmentsMax);
  if (!list) return;
  json::array out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto place = form.at("attachments") + "/" + std::to_string(i);
    const auto* object = (*list)[i].if_object();
    if (!object) return form.problem().set(place, "must be an object");
    ObjectReader in(*object, place, form.problem());
    out.push_back(json::object{{"name", in.required_text("name", 200)},
                               {"mediaType", in.required_text("mediaType", 100)},
                               {"content", in.required_text("content", kAttachmentBytesMax)}});
    in.finish();
  }
  data["attachments"] = std::move(out);
}

// A count or a text, as the consent form of the group or the school's own measure has it.
void copy_text_or_count(ObjectReader& in, json::object& to, std::string_view key) {
  const auto* value = in.take(key);
  if (!value) return;
  if (value->is_int64())
    to[key] = value->get_int64();
  else
    in.copy_text(to, key, kFreeTextMax);
}

}  // namespace

FormHead read_head(ObjectReader& form) {
  FormHead head;
  head.id = form.required_text("messageId", 128);
  head.created = form.required_instant("createdAt");
  head.type = form.required_text("type", 40);
  return head;
}

json::object read_section(ObjectReader& form, std::string_view key, FillPayload fill) {
  json::object payload;
  const auto* section = form.object(key);
  if (!section) return form.problem().set(form.at(key), "is required for this type"), payload;
  if (!fill) return *section;
  ObjectReader reader(*section, form.at(key), form.problem());
  fill(reader, payload);
  reader.finish();
  return payload;
}

void copy_surroundings(ObjectReader& form, json::object& data) {
  for (const auto* key : {"conversationId", "refToMessageId", "correctionOf", "retracts", "relatesTo", "to"})
    form.copy_text(data, key, 128);
  form.copy_instant(data, "occurredAt");
  form.copy_boolean(data, "emergency");
  form.copy_text(data, "emergencyReason", 40);
  form.copy_text(data, "text", kFreeTextMax);
  copy_attachments(form, data);
}

json::object read_official(ObjectReader& form, std::string_view key) {
  json::object out;
  const auto* given = form.object(key);
  if (!given) return out;
  ObjectReader reader(*given, form.at(key), form.problem());
  out["id"] = reader.required_text("id", 100);
  for (const auto* member : {"name", "role", "phone", "email"}) reader.copy_text(out, member, 200);
  reader.finish();
  return out;
}

void copy_facts(ObjectReader& form, const json::object& author, json::object& data) {
  const auto* facts = form.array("facts");
  if (!facts) return;
  json::array out;
  for (std::size_t i = 0; i < facts->size(); ++i) {
    const auto place = form.at("facts") + "/" + std::to_string(i);
    const auto* object = (*facts)[i].if_object();
    if (!object) return form.problem().set(place, "must be an object");
    ObjectReader in(*object, place, form.problem());
    json::object fact{{"code", in.required_text("code", 40)}};
    const auto value = in.boolean("value");
    if (!value) in.problem().set(in.at("value"), "is required");
    fact["value"] = value.value_or(false);
    in.copy_text(fact, "person", 10);
    in.copy_text(fact, "reasonCode", 40);
    in.copy_instant(fact, "at");
    if (auto assessor = read_assessor(in, author); !assessor.empty()) fact["assessor"] = std::move(assessor);
    in.finish();
    out.push_back(std::move(fact));
  }
  data["facts"] = std::move(out);
}

void fill_concern(ObjectReader& in, json::object& payload) {
  for (const auto* key : {"concern", "observation", "health", "school", "place", "narrative"})
    in.copy_text(payload, key, kFreeTextMax);
  for (const auto* key : {"immediateDanger", "violence", "doNotInformGuardians"}) in.copy_boolean(payload, key);
}

void fill_group_information(ObjectReader& in, json::object& payload) {
  for (const auto* key : {"sigCaseNo", "period"}) in.copy_text(payload, key, 100);
  for (const auto* key : {"leisure", "planStep", "risk", "health", "narrative"})
    in.copy_text(payload, key, kFreeTextMax);
  if (const auto* school = in.object("school")) {
    ObjectReader reader(*school, in.at("school"), in.problem());
    json::object out;
    copy_text_or_count(reader, out, "attendance");
    reader.copy_text(out, "note", kFreeTextMax);
    reader.finish();
    payload["school"] = std::move(out);
  }
  if (const auto* police = in.object("police")) {
    ObjectReader reader(*police, in.at("police"), in.problem());
    json::object out;
    copy_text_or_count(reader, out, "incidents");
    reader.finish();
    payload["police"] = std::move(out);
  }
}

std::string read_twelve_digits(ObjectReader& in, std::string_view key) {
  auto value = in.text(key, 13);
  if (value.size() == 13 && (value[8] == '-' || value[8] == '+')) value.erase(8, 1);
  if (value.empty()) return value;
  if (value.size() != 12)
    return in.problem().set(in.at(key), "must be a person number of twelve characters"), std::string();
  return value;
}

}  // namespace samband::plugin
