#include "municipal_case/case_config.hpp"

#include <algorithm>

#include "common/object_reader.hpp"

namespace samband::municipal {
namespace {

using plugin::ObjectReader;
using plugin::Problem;

std::map<std::string, EntryNames, std::less<>> usual_kinds() {
  return {
      {"police.suspicion", {"Underrättelse", "Brottsmisstanke", "Polis"}},
      {"police.lob", {"Underrättelse", "Omhändertagande LOB", "Polis"}},
      {"police.offer", {"Anmälan", "Erbjudande om stöd", "Polis"}},
      {"concern.report", {"Anmälan", "Oro för barn", "Annan myndighet"}},
      {"rent.arrears", {"Underrättelse", "Hyresskuld", "Hyresvärd"}},
      {"tenancy.disturbance", {"Underrättelse", "Störning", "Hyresvärd"}},
      {"housing.contact_request", {"Information", "Tidig kontakt", "Hyresvärd"}},
      {"eviction.time", {"Underrättelse", "Avhysning", "Kronofogden"}},
      {"care.status", {"Information", "Återkoppling", "Hälso- och sjukvård"}},
      {"sig.information", {"Information", "Social insatsgrupp", "Annan myndighet"}},
      {"sig.nomination", {"Information", "Social insatsgrupp", "Polis"}},
  };
}

EntryNames read_names(const json::object& object, const std::string& where, Problem& problem) {
  ObjectReader in(object, where, problem);
  EntryNames names{in.required_text("type", 200), in.required_text("reason", 200), in.required_text("fromWho", 200)};
  in.finish();
  return names;
}

bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// "accepted", or {"step": "declined", "reasonCode": "recipient_declined"}. Some steps say more than a status can.
ErrandStep read_step(const json::value& value, const std::string& where, Problem& problem) {
  ErrandStep out;
  if (const auto* text = value.if_string()) {
    out.step = std::string(*text);
  } else if (const auto* object = value.if_object()) {
    ObjectReader in(*object, where, problem);
    out.step = in.required_text("step", 40);
    out.reason = in.text("reasonCode", 40);
    in.finish();
  }
  static constexpr std::string_view kSayMore[] = {"contacted", "confirmed", "first_visit_booked", "queued"};
  if (!is_code(out.step) || (!out.reason.empty() && !is_code(out.reason)))
    problem.set(where, "must be a step, or {step, reasonCode}");
  else if (std::find(std::begin(kSayMore), std::end(kSayMore), out.step) != std::end(kSayMore))
    problem.set(where, "is a step that names a handler or a time: a status cannot");
  else if (out.step == "declined" && out.reason.empty())
    problem.set(where, "says by whom it is declined: {step, reasonCode}");
  return out;
}

std::vector<ErrandStep> read_steps(const json::value& value, const std::string& where, Problem& problem) {
  constexpr std::size_t kMax = 8;
  std::vector<ErrandStep> out;
  const auto* list = value.if_array();
  if (!list) return {read_step(value, where, problem)};
  if (list->empty() || list->size() > kMax) problem.set(where, "must be a step, or a list of 1 to 8");
  for (std::size_t i = 0; i < list->size() && i < kMax; ++i)
    out.push_back(read_step((*list)[i], where + "/" + std::to_string(i), problem));
  return out;
}

// A path on the endpoint: the hub joins it to the operator's base, so it may not climb or carry a query.
std::string read_path(ObjectReader& in, std::string_view key, std::string otherwise) {
  auto path = in.text(key, 200);
  if (path.empty()) return otherwise;
  bool plain = path.front() == '/' && path.find("..") == std::string::npos && path.find("//") == std::string::npos;
  for (const char c : path)
    plain = plain && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' ||
                      c == '-' || c == '_' || c == '.');
  if (!plain) in.problem().set(in.at(key), "must be a plain path that begins with /");
  return path;
}

}  // namespace

const EntryNames& CaseConfig::names_for(std::string_view kind) const {
  const auto it = kinds.find(kind);
  return it == kinds.end() ? otherwise : it->second;
}

sdk::Result<CaseConfig> read_case_config(std::string_view text) {
  auto parsed = plugin::parse_config(text);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  Problem problem;
  const auto& members = std::get<json::object>(parsed);
  ObjectReader in(members, "", problem);
  CaseConfig config;
  config.kinds = usual_kinds();
  if (const auto api = in.text("api", 20); api == "lifecare")
    config.api = CaseApi::lifecare;
  else if (!api.empty() && api != "errand")
    problem.set(in.at("api"), "must be errand or lifecare");
  if (config.api == CaseApi::errand)
    for (const char* key :
         {"organisationId", "unitId", "workingStatus", "attachmentType", "attachmentSenderType", "kinds", "otherwise"})
      if (members.contains(key)) problem.set(in.at(key), "belongs to api lifecare");
  config.organisation_id = in.integer("organisationId");
  config.unit_id = in.text("unitId", 40);
  config.working_status = in.text("workingStatus", 200);
  if (auto name = in.text("attachmentType", 200); !name.empty()) config.attachment_type = name;
  if (auto name = in.text("attachmentSenderType", 200); !name.empty()) config.attachment_sender_type = name;
  config.errands_path = read_path(in, "errandsPath", config.errands_path);
  config.recalls_path = read_path(in, "recallsPath", config.recalls_path);
  if (const auto* otherwise = in.object("otherwise"))
    config.otherwise = read_names(*otherwise, in.at("otherwise"), problem);
  if (const auto* kinds = in.object("kinds")) {
    for (const auto& [key, value] : *kinds) {
      const std::string kind(key.data(), key.size());
      const auto where = in.at("kinds") + "/" + plugin::pointer_token(kind);
      if (const auto* names = value.if_object())
        config.kinds[kind] = read_names(*names, where, problem);
      else
        problem.set(where, "must be an object");
    }
  }
  if (const auto* statuses = in.object("statuses"))
    for (const auto& [key, value] : *statuses)
      config.statuses[std::string(key)] =
          read_steps(value, in.at("statuses") + "/" + plugin::pointer_token(key), problem);
  if (config.api == CaseApi::lifecare && !config.statuses.empty())
    problem.set(in.at("statuses"), "belongs to api errand: the vendor's API cannot be asked about an actualisation");
  in.finish();
  if (problem) return sdk::Error{HUB_INVALID_CONFIG, problem.error()->where, problem.error()->message};
  return config;
}

}  // namespace samband::municipal
