#include "municipal_case/case_config.hpp"

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
  in.finish();
  if (problem) return sdk::Error{HUB_INVALID_CONFIG, problem.error()->where, problem.error()->message};
  return config;
}

}  // namespace samband::municipal
