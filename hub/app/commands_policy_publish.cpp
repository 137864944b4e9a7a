// samband policy publish | approve | status | fetch: how a rule set takes the place of another, by two persons.
#include <fstream>
#include <iostream>

#include "app/agency_client.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"

namespace samband::cli {
namespace {

void print(const json::object& row, std::string_view indent = "") {
  const auto line = [&](const char* label, const char* key) {
    const std::string_view value = string_at(row, key);
    if (!value.empty()) std::cout << indent << label << value << "\n";
  };
  line("hash      ", "hash");
  line("state     ", "state");
  line("reason    ", "reason");
  line("proposed  ", "proposedAt");
  line("      by  ", "proposedBy");
  line("approved  ", "approvedAt");
  line("      by  ", "approvedBy");
}

int publish(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  if (a.get("reason").empty()) return complain("--reason: say why the rules change"), kUsage;
  const std::filesystem::path folder =
      a.positional().empty() ? config->rules_dir : std::filesystem::path(a.positional().front());
  // Read here first: a mistake is named with the path that this person can open.
  if (auto rules = rules_of(*config, folder); !rules) return complain(in_words(rules.error()));
  auto files = read_rule_files(folder, config->local_settings);
  if (!files) return complain(in_words(in_folder(files.error(), folder, config->local_settings)));
  json::object texts;
  for (const RuleFile& file : *files) texts[file.name] = file.text;
  const json::object body{{"reason", a.get("reason")}, {"files", std::move(texts)}};
  auto answer = call(a, *config, "POST", "/v1/policy/proposals", json::serialize(body));
  if (!answer) return complain(in_words(answer.error()));
  if (a.json()) {
    std::cout << json::serialize(*answer) << "\n";
  } else {
    print(answer->as_object());
    std::cout << "not in force yet: another rules officer runs\n  samband policy approve "
              << string_at(answer->as_object(), "hash") << " --as OFFICIAL\n";
  }
  return kOk;
}

int approve(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto answer = call(a, *config, "POST", "/v1/policy/proposals/" + a.positional().front() + "/approval", "{}");
  if (!answer) return complain(in_words(answer.error()));
  if (a.json())
    std::cout << json::serialize(*answer) << "\n";
  else
    print(answer->as_object());
  return kOk;
}

int status(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto answer = call(a, *config, "GET", "/v1/policy", "");
  if (!answer) return complain(in_words(answer.error()));
  auto disk = rules_of(*config);
  const json::object& all = answer->as_object();
  const std::string disk_hash = disk ? (*disk)->hash : std::string();
  if (a.json()) {
    json::object out = all;
    out["disk"] = disk ? json::object{{"hash", disk_hash}} : json::object{{"error", in_words(disk.error())}};
    std::cout << json::serialize(out) << "\n";
    return kOk;
  }
  const json::value* active = all.if_contains("active");
  if (active && active->is_object()) {
    print(active->get_object());
    if (const json::value* answers = find_pointer(*active, "/localAnswers"); answers && answers->is_array())
      for (const json::value& local : answers->get_array())
        std::cout << "answered  " << string_at(local.as_object(), "setting") << " = "
                  << json::serialize(local.at("value")) << ", " << string_at(local.as_object(), "signedBy") << ", "
                  << string_at(local.as_object(), "signedAt") << "\n";
  }
  for (const json::value& proposal : all.at("proposals").as_array()) {
    std::cout << "\n";
    print(proposal.as_object());
  }
  std::cout << "\non disk   "
            << (!disk ? in_words(disk.error())
                : active && active->is_object() && disk_hash == string_at(active->get_object(), "hash")
                    ? "the same as the published set"
                    : disk_hash + " (not published: samband policy publish)")
            << "\n";
  return kOk;
}

int fetch(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  const std::filesystem::path folder = a.get("out");
  if (folder.empty()) return complain("--out: name a new folder"), kUsage;
  auto answer = call(a, *config, "GET", "/v1/policy/" + a.positional().front(), "");
  if (!answer) return complain(in_words(answer.error()));
  if (!answer->at("files").is_object())
    return complain("the files of this rule set are no longer kept ([rules] proposals_kept)");
  std::error_code error;
  if (!std::filesystem::create_directory(folder, error))
    return complain(folder.string() + ": cannot be made, or is there already");
  for (const auto& [name, text] : answer->as_object().at("files").as_object()) {
    const std::filesystem::path file = std::filesystem::path(std::string(name)).filename();
    std::ofstream out(folder / file, std::ios::binary);
    out << std::string_view(text.as_string());
    if (!out.flush()) return complain((folder / file).string() + ": cannot be written");
  }
  if (a.json())
    std::cout << json::serialize(json::object{{"folder", folder.string()}}) << "\n";
  else
    std::cout << "written to " << folder.string() << "; compare: samband policy diff RULES " << folder.string() << "\n";
  return kOk;
}

}  // namespace

void add_policy_publish(std::vector<Command>& commands) {
  auto reason = agency_options("");
  reason.push_back({"reason", "TEXT", "why the rules change (kept with the set)", ""});
  commands.push_back({"policy publish", "Proposes a rule set; it is in force when another person approves it", "[DIR]",
                      "DIR: a folder of rule files (default: the configuration's). --as names a rules officer.", reason,
                      publish});
  commands.push_back(
      {"policy approve", "Approves a proposed rule set; the hub decides by it at once", "HASH",
       "By another rules officer than the one who proposed it. What waits is decided again by the new rules.",
       agency_options(""), approve});
  commands.push_back({"policy status", "Shows the published rule set, the proposals, and what lies on disk", "", "",
                      agency_options("operator"), status});
  auto out = agency_options("operator");
  out.push_back({"out", "DIR", "new folder to write the files to", ""});
  commands.push_back(
      {"policy fetch", "Writes the files of a published or proposed rule set to a new folder", "HASH", "", out, fetch});
}

}  // namespace samband::cli
