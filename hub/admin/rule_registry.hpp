// The rule set that the hub decides by, and how another takes its place: one official proposes it, another approves it,
// and it is swapped whole. The published set lives in the store; what changes on disk is only a proposal. Each step is
// a leaf of the log. Thread-safe.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "confidentiality/rules.hpp"
#include "ledger/ledger.hpp"
#include "model/party.hpp"

namespace samband {

class RuleRegistry {
 public:
  // What stands against publishing a set, in words; empty = nothing (confidentiality/analyse.hpp).
  using Check = std::function<std::vector<std::string>(const RuleSet&)>;

  struct OnDisk {
    std::filesystem::path folder, local;  // the rule files; the municipality's answers, "" = none
  };

  // The published set; on the very first start the files on disk, recorded as the first set. Errors: invalid_config
  // with file:line:column when the set cannot be read by this version or Check objects; unavailable. `kept`: so many
  // retired sets, and so many proposals that came to nothing, keep their files; of the others their row and leaf stay.
  static Result<std::unique_ptr<RuleRegistry>> open(const Clock&, Store&, Ledger&, OnDisk, Check, int kept);

  std::shared_ptr<const RuleSet> active() const;
  // Called after every swap, before approve() answers.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

  // Looks at the files on disk again. True when they are the published set; otherwise they are kept as a proposal
  // without a proposer. Errors: invalid_config with file:line:column; the published set stays in any case.
  Result<bool> look_at_disk();

  // `body`: {"files": {name: text}, "reason"}, or {"reason"} for what lies on disk. Errors: forbidden (not a rules
  // officer), invalid_input with file:line:column or what Check objects to, conflict (it is the published set).
  Result<json::object> propose(const Official&, const json::value& body);
  // By another rules officer than the proposer. Errors: forbidden, not_found, conflict (proposed against a set that is
  // no longer the published one: propose again).
  Result<json::object> approve(const Official&, const std::string& hash);
  Result<json::object> list() const;                         // the published set and the proposals
  Result<json::object> show(const std::string& hash) const;  // one, with its files
  // What a set would change of what is published, from today on, in words. Errors: not_found; too_large when the two
  // are too tangled to compare.
  Result<std::string> changes(const std::string& hash, bool swedish) const;

 private:
  RuleRegistry(const Clock&, Store&, Ledger&, OnDisk, Check, int kept);
  Result<void> start();
  Result<std::vector<RuleSetRow>> rows() const { return store_.rule_sets(); }
  Result<std::vector<RuleFile>> files_in_store(const std::string& hash) const;
  Result<std::shared_ptr<const RuleSet>> checked(std::vector<RuleFile>) const;
  Result<RuleSetRow> record(RuleSetRow, const std::string& outcome, const Official* by, std::vector<RuleSetRow> with);

  const Clock& clock_;
  Store& store_;
  Ledger& ledger_;
  const OnDisk disk_;
  const Check check_;
  const int kept_;
  std::function<void()> changed_;
  std::mutex changing_;  // one change at a time
  mutable std::mutex mutex_;
  std::shared_ptr<const RuleSet> active_;
};

}  // namespace samband
