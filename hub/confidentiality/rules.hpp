// The rule set: provisions (coverage), rules (breakers and duties), purposes with need lists. Data from
// config/rules/*.toml; no rule logic in C++. A RuleSet is immutable and shared: thread-safe.
// Format: docs/confidentiality.md, "Rule files".
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace samband {

struct Citation {
  std::string sfs, chapter, section, paragraph;  // "1964:167", "", "6", "1"
  std::string text;                              // "LUL (1964:167) 6 §"
};

// Where something was written, for whoever has to mend it.
struct Place {
  std::string file;  // name within the folder; "" = not from a file
  int line = 0;
};

struct Provision {
  std::string id;                    // "OSL 35:1"
  std::vector<std::string> holders;  // actor types; "*" = any
  std::string test;                  // "straight" | "reverse" | "absolute"
  std::vector<std::string> categories;
  std::vector<std::string> persons;       // person roles; "*" = every individual
  std::vector<std::string> when;          // conditions, all must hold: "person.protected", ...
  bool unbreakable = false;               // OSL 35:3
  bool public_interest = false;           // 18:1, 18:2: consent never clears
  bool cleared_with_any_breaker = false;  // 21:1 (OSL 21:2)
  bool protects_place = false;            // 21:3, 21:3 a: only `location_release` or a rule that names it clears
  std::string own_test;                   // 18:1: the fact that records this provision's own harm test; "" = none
  Citation citation;
  Date in_force_from{}, in_force_to{};
  Date reviewed_at{};  // of its file; !ok(): never
  Place place{};
};

struct NoSecrecy {  // declares, with citation, that no secrecy covers a category at a holder
  std::vector<std::string> holders, categories;
  Citation citation;
  Date reviewed_at{};  // of its file; !ok(): never
  Place place{};
};

struct Purpose {
  std::string id, name_sv, name_en;
  std::vector<std::string> needs;   // data categories
  std::vector<std::string> except;  // last pointer tokens that are not needed although their category is
  Place place{};
};

struct Condition {  // one of:
  enum class Type { fact, consent, person_age, agreement, emergency, protected_identity, fact_or } type;
  std::string code;                // fact code; person_age: what answers where the age is unknown, "" = nothing
  std::vector<std::string> codes;  // fact_or: any of them
  bool expected = true;            // fact must be true (or false)
  int age_min = 0, age_max = 200;  // inclusive, of the subject
};

struct Rule {
  std::string id, modality;                                  // "must" | "should" | "may"
  std::vector<std::string> from, to;                         // actor types
  std::vector<std::string> kinds;                            // message kinds; "*" = any
  std::vector<std::string> initiative = {"own", "request"};  // initiatives(): a duty on request has "request" alone
  std::vector<std::string> purposes;
  bool breaks_all = false;  // 10:28: all minus unbreakable, minus `breaks_not`
  std::vector<std::string> breaks, breaks_not;
  std::vector<std::string> persons, categories;
  std::vector<Condition> conditions;  // all must be true
  std::string setting;                // name of a setting that must be on for the rule to count; "" = always
  bool holds_while_off = false;       // with `setting`: off, what only this rule would open waits instead of staying
  std::string deadline;               // "" | "at_once" | "same_day" | "next_working_day" | "within_7_days"
  std::vector<std::string> obligations;
  // Time to live of what the rule permits, 0 = none. A rule with the condition `emergency` (break-glass) must have one,
  // counted from when the flag was raised, and stops permitting when it is over.
  std::chrono::minutes ttl{0};
  int hold_days = 0;  // a hold that this rule could answer ends unanswered after so many days; 0 = as hub.toml says
  Citation citation;
  std::string via;  // "OSL 10:28"
  std::string title_sv, title_en;
  Date in_force_from{}, in_force_to{};
  std::string reviewed_by;
  Date reviewed_at{};
  Date review_by{};  // the day by which somebody looks at it again; the file's own unless the rule has one
  Place place{};
};

// A finding of the static analysis (analyse.hpp) that a named person has looked at and let stand.
struct Acceptance {
  std::string finding;  // its code: "redundant"
  std::string about;    // a rule, or what else the finding names itself by
  std::string detail;   // what exactly, when one subject may have several: "" = the finding has no detail
  std::string reason, by;
  Date at{};
  Place place{};
};

// Counsel settings: open legal questions with their safe defaults (confidentiality.md, "Open legal questions").
// `settings` in a rule file sets them; a rule that names one in `setting` counts only while it is true. With `while_off
// = "hold"` what it would open is held meanwhile: the question is counsel's, and it may be answered yes.
struct Settings {
  bool duty_breaks_protected_address = false;     // does 10:28 reach past 21:3 / 21:3 a?
  bool balance_rule_10_15a = false;               // 10:15 a may be used (its border to 10:23 is open)
  bool cooperation_is_a_duty = false;             // Polislagen 6 § 2 st as "uppgiftsskyldighet" under 10:28
  bool lob_assessment_is_balance = false;         // LOB: the recorded assessment of need is the balance of 10:27
  bool one_guardian_suffices = false;             // consent for a child by one of two guardians (FB 6:13)
  bool guardian_test_must_be_recorded = true;     // a guardian's consent needs `guardian_harm` recorded as false (12:3)
  bool serious_offence_limits_confirmed = false;  // the penalty limits of 10:23
  bool lvm_in_force = false;                      // LVM's standing in 2026
  bool bosamordnare_same_board = false;           // the bosamordnare is a function of the social board itself
  bool necessity_break_glass = false;             // BrB 24:4 as a ground in an emergency, beyond OSL 10:20
  bool kfm_children_with_notice = false;          // children in the home go with Kronofogden's notice of a time
  bool contact_duty_reaches_protected_place = false;  // Lag 2025:170 4 § reaches past 21:3
  bool eviction_notice_states_debt = false;           // UF 16:2 makes the debt part of Kronofogden's notice
  bool police_purpose_tested_before = false;          // BDL 2:22 is tested at the police before their system sends
};

// A municipality's own answer to an open question, in `[[answer]]`: it goes before `[settings]`, and counsel signs it.
struct LocalAnswer {
  std::string setting;
  bool value = false;
  std::string signed_by;
  Date signed_at{};
  Place place{};
};

// Recipients without secrecy of their own (OSL 7:2): toward them only the consent of each person concerned together
// with the recorded reservation (10:14, 12:2) clears anything. `[gate]` in a rule file replaces the list.
struct Gate {
  std::vector<std::string> recipients = {"landlord_private"};  // actor types
  // Whose data was gathered for law enforcement (brottsdatalagen 2:22): what is no statutory duty ("must") leaves them
  // only when `new_purpose_tested` is recorded, while `police_purpose_tested_before` is off. In files that do not say:
  // the police.
  std::vector<std::string> new_purpose_senders;
};

struct RuleIndex;  // rule_index.hpp: codes as bits, made once

struct RuleSet {
  std::vector<Provision> provisions;
  std::vector<NoSecrecy> no_secrecy;
  std::vector<Purpose> purposes;
  std::vector<Rule> rules;
  std::vector<Acceptance> accepted;
  Settings settings;
  std::vector<LocalAnswer> answers;  // already in `settings`
  Gate gate;
  std::string hash;                        // hex SHA-256 over the files, set by the loader
  std::shared_ptr<const RuleIndex> index;  // of the vectors above; decide() makes its own while this is empty
  void build_index();                      // call again after a change of provisions, no_secrecy, purposes or rules
  const Rule* rule(std::string_view id) const;
  const Provision* provision(std::string_view id) const;
  const Purpose* purpose(std::string_view id) const;
};

struct RuleFile {
  std::string name, text;  // "lul.toml"
};
// Every *.toml of the folder, in name order, and the municipality's local answers when `local` names a file that the
// folder has none of the name of. Errors: invalid_config (unreadable, too large, too many).
Result<std::vector<RuleFile>> read_rule_files(const std::filesystem::path& folder,
                                              const std::filesystem::path& local = {});

// Reads and checks the files, in name order. Errors: invalid_config with "file:line:column"; unknown codes, unknown
// keys, missing citations, unknown provisions in `breaks`, duplicate ids are errors. `sha256` turns bytes into
// lower-case hex (injected: the pure core knows no OpenSSL).
using Sha256 = std::function<std::string(std::string_view)>;
Result<std::shared_ptr<const RuleSet>> load_rules(std::vector<RuleFile>, const Sha256&);
Result<std::shared_ptr<const RuleSet>> load_rules(const std::filesystem::path& folder, const Sha256&,
                                                  const std::filesystem::path& local = {});

}  // namespace samband
