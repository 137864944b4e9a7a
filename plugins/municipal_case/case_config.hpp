// The operator's configuration of one case system: which API it speaks, and for Lifecare which code list entries, by
// name, stand for which message kind.
// Values; no secrets (the hub's client certificate is what the case system trusts).
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/json_tools.hpp"

namespace samband::municipal {
namespace json = boost::json;

// Names as they stand in the case system's own code lists.
struct EntryNames {
  std::string type, reason, from_who;
};

// errand: the neutral errand, one POST with everything in its body. lifecare: the vendor's REST API, whose look-up of a
// client has the person number in its query; the hub refuses that unless the party's configuration permits it.
enum class CaseApi { errand, lifecare };

// A step of a referral (docs/vocabulary.md, "Life cycle of a referral") that an errand's status stands for.
struct ErrandStep {
  std::string step, reason;
};

struct CaseConfig {
  CaseApi api = CaseApi::errand;
  std::optional<std::int64_t> organisation_id;  // absent: the only organisation in the list
  std::string unit_id;
  std::string working_status;  // "" = the field is not sent
  std::string attachment_type = "Bilaga", attachment_sender_type = "Myndighet";
  std::string errands_path = "/Errands", recalls_path = "/Recalls";      // on the same endpoint
  std::map<std::string, std::vector<ErrandStep>, std::less<>> statuses;  // status of an errand -> steps, in order
  std::map<std::string, EntryNames, std::less<>> kinds;
  EntryNames otherwise{"Information", "Övrigt", "Annan myndighet"};

  const EntryNames& names_for(std::string_view kind) const;
};

// Errors: invalid_config with a JSON pointer.
sdk::Result<CaseConfig> read_case_config(std::string_view text);

}  // namespace samband::municipal
