// What a command reads of a hub beside it: the rule set that it has published, and the messages on its record. Read
// only.
#pragma once
#include <memory>
#include <string>

#include "app/settings.hpp"
#include "exchange/case_reader.hpp"
#include "keys/certificate_trust.hpp"

namespace samband::cli {

struct ChosenRules {
  std::shared_ptr<const RuleSet> set;
  std::string from;  // "published" | "disk" | "--rules"
};
// `folder` when it is given; else the published set of the store; without a store, or before anything was published,
// the files on disk. Errors: invalid_config with file:line:column, internal when the published set cannot be read.
Result<ChosenRules> choose_rules(const Config&, const std::string& folder, Store* store);

// Whatever it takes to open recorded messages and to know persons again. Needs the hub's keys.
class Recorded {
 public:
  static Result<std::unique_ptr<Recorded>> open(const Config&, Store&);
  const CaseReader& reader() const { return *reader_; }
  const Parties& parties() const { return *parties_; }
  const KeyStore& keys() const { return *keys_; }

 private:
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<Kinds> kinds_;
  std::unique_ptr<Parties> parties_;
  std::unique_ptr<PluginHost> plugins_;  // none: recorded messages are canonical
  std::unique_ptr<CertificateTrust> trust_;
  std::unique_ptr<Signatures> signatures_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<CaseReader> reader_;
};

}  // namespace samband::cli
