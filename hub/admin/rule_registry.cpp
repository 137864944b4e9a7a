#include "admin/rule_registry.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "confidentiality/diff.hpp"
#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr std::size_t kOpenMax = 20;                // open proposals of one official: nobody can fill it for the others
constexpr std::size_t kFileBytesMax = 1024 * 1024;  // as on disk
constexpr std::size_t kReasonMax = 500;             // characters

std::string as_json(const std::vector<RuleFile>& files) {
  json::object out;
  for (const RuleFile& file : files) out[file.name] = file.text;
  return json::serialize(out);
}

std::vector<RuleFile> files_of(const json::object& in) {
  std::vector<RuleFile> files;
  for (const auto& [name, text] : in)
    files.push_back({std::string(name), text.is_string() ? std::string(text.get_string()) : std::string()});
  return files;
}

bool is_file_name(std::string_view name) {
  return name.size() > 5 && name.size() <= 64 && name.ends_with(".toml") && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
         });
}

json::object shown(const RuleSetRow& row) {
  json::object out{{"hash", row.hash},
                   {"state", row.state},
                   {"base", row.base},
                   {"reason", row.reason},
                   {"proposedBy", row.proposed_by},
                   {"proposedAt", to_rfc3339(row.proposed_at)},
                   {"approvedBy", row.approved_by},
                   {"leafIndex", static_cast<std::int64_t>(row.leaf_index)}};
  out["approvedAt"] = row.approved_at ? json::value(to_rfc3339(*row.approved_at)) : json::value(nullptr);
  return out;
}

json::array shown(const std::vector<LocalAnswer>& answers) {
  json::array out;
  for (const LocalAnswer& a : answers)
    out.push_back(json::object{
        {"setting", a.setting}, {"value", a.value}, {"signedBy", a.signed_by}, {"signedAt", to_string(a.signed_at)}});
  return out;
}

const RuleSetRow* find(const std::vector<RuleSetRow>& rows, std::string_view hash) {
  const auto it = std::find_if(rows.begin(), rows.end(), [&](const RuleSetRow& row) { return row.hash == hash; });
  return it == rows.end() ? nullptr : &*it;
}

const RuleSetRow* active_of(const std::vector<RuleSetRow>& rows) {
  const auto it = std::find_if(rows.begin(), rows.end(), [](const RuleSetRow& row) { return row.state == "active"; });
  return it == rows.end() ? nullptr : &*it;
}

std::size_t open_of(const std::vector<RuleSetRow>& rows, std::string_view base, std::string_view by) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const RuleSetRow& row) {
    return row.state == "proposed" && row.base == base && row.proposed_by == by;
  }));
}

// The log's own word that this set was published. Error internal: the leaf is not the one that was signed.
Result<bool> is_published(const Ledger& ledger, const RuleSetRow& row) {
  const auto bytes = ledger.signed_leaf(row.leaf_index);
  if (!bytes && bytes.error().code == Errc::not_found) return false;
  if (!bytes)
    return fail(Errc::internal, "ledger",
                "the log does not verify at entry " + std::to_string(row.leaf_index) + ", which a rule set rests on (" +
                    bytes.error().message +
                    "): run samband log verify. Do not delete anything: keep a copy of the data "
                    "folder and restore the newest backup of it");
  const auto leaf = decode_leaf(*bytes);
  return leaf && leaf->type == LeafType::rule_set && leaf->ruleset_hash == row.hash &&
         (leaf->outcome == "first" || leaf->outcome == "approved");
}

// A problem document points into the request; file, line and column stand in its words.
Error refused(const Error& e) {
  const auto file = e.where.substr(0, e.where.find(':'));
  return fail(Errc::invalid_input, "/files/" + file, e.where + ": " + e.message);
}

std::string sha256(std::string_view bytes) { return crypto::sha256_hex(bytes); }

}  // namespace

RuleRegistry::RuleRegistry(const Clock& clock, Store& store, Ledger& ledger, OnDisk disk, Check check, int kept)
    : clock_(clock), store_(store), ledger_(ledger), disk_(std::move(disk)), check_(std::move(check)), kept_(kept) {}

Result<std::unique_ptr<RuleRegistry>> RuleRegistry::open(const Clock& clock, Store& store, Ledger& ledger, OnDisk disk,
                                                         Check check, int kept) {
  std::unique_ptr<RuleRegistry> made(new RuleRegistry(clock, store, ledger, std::move(disk), std::move(check), kept));
  if (auto started = made->start(); !started) return started.error();
  return made;
}

std::shared_ptr<const RuleSet> RuleRegistry::active() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

Result<std::shared_ptr<const RuleSet>> RuleRegistry::checked(std::vector<RuleFile> files) const {
  auto set = load_rules(std::move(files), sha256);
  if (!set) return set;
  const auto objections = check_ ? check_(**set) : std::vector<std::string>();
  if (!objections.empty()) return fail(Errc::invalid_config, "analysis", objections.front());
  return set;
}

Result<std::vector<RuleFile>> RuleRegistry::files_in_store(const std::string& hash) const {
  auto row = store_.rule_set(hash);
  if (!row) return row.error();
  auto files = parse_json(*row ? (*row)->files : std::string());
  if (!files || !files->is_object()) return fail(Errc::internal, "store", "the rule set cannot be read");
  return files_of(files->get_object());
}

Result<void> RuleRegistry::start() {
  auto known = rows();
  if (!known) return known.error();
  if (const RuleSetRow* row = active_of(*known)) {
    auto files = files_in_store(row->hash);
    if (!files) return files.error();
    auto set = load_rules(std::move(*files), sha256);
    if (!set)
      return fail(Errc::invalid_config, set.error().where,
                  "the published rule set " + row->hash.substr(0, 12) + " cannot be used by this version: " +
                      set.error().message + "; start the version that published it and publish one that both read");
    if ((*set)->hash != row->hash)
      return fail(Errc::internal, "store", "the published rule set was changed in the store");
    // A state written by hand makes no two persons: the last set that the log calls published is the one.
    for (const RuleSetRow& other : *known) {
      if (other.leaf_index < row->leaf_index) continue;
      const auto published = is_published(ledger_, other);
      if (!published) return published.error();
      if (*published != (other.hash == row->hash))
        return fail(Errc::internal, "store", "the log does not say that this rule set was published last");
    }
    active_ = std::move(*set);
    return {};
  }
  if (!known->empty()) return fail(Errc::internal, "store", "there are rule sets, but none is published");
  auto files = read_rule_files(disk_.folder, disk_.local);
  if (!files) return files.error();
  auto set = checked(*files);
  if (!set) return set.error();
  RuleSetRow first;
  first.hash = (*set)->hash;
  first.state = "active";
  first.reason = "first start";
  first.proposed_at = clock_.now();
  first.approved_at = first.proposed_at;
  first.files = as_json(*files);
  if (auto recorded = record(std::move(first), "first", nullptr, {}); !recorded) return recorded.error();
  active_ = std::move(*set);
  return {};
}

// The leaf names the officials; `with` are rows that change in the same transaction.
Result<RuleSetRow> RuleRegistry::record(RuleSetRow row, const std::string& outcome, const Official* by,
                                        std::vector<RuleSetRow> with) {
  Leaf leaf;
  leaf.type = LeafType::rule_set;
  leaf.event_id = crypto::random_bytes(16);
  leaf.at = clock_.now();
  leaf.sender = by ? by->party : std::string();
  leaf.outcome = outcome;
  if (by) leaf.codes = {by->id};
  leaf.ruleset_hash = row.hash;
  auto written = std::make_shared<RuleSetRow>(std::move(row));
  Ledger::Write write = [written, with = std::move(with), kept = kept_](
                            Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    written->leaf_index = at.at(0);
    for (const RuleSetRow& other : with)
      if (auto put = txn.put_rule_set(other); !put) return put;
    if (auto put = txn.put_rule_set(*written); !put) return put;
    return txn.drop_rule_files(kept);
  };
  std::vector<Leaf> leaves;
  leaves.push_back(std::move(leaf));
  auto done = ledger_.commit_blocking(std::move(leaves), std::move(write));
  if (!done) return done.error();
  return std::move(*written);
}

Result<bool> RuleRegistry::look_at_disk() {
  const std::lock_guard lock(changing_);
  auto files = read_rule_files(disk_.folder, disk_.local);
  if (!files) return files.error();
  auto set = checked(*files);
  if (!set) return set.error();
  if ((*set)->hash == active()->hash) return true;
  auto known = rows();
  if (!known) return known.error();
  const RuleSetRow* before = find(*known, (*set)->hash);
  if (before && before->state == "proposed" && before->base == active()->hash) return false;
  if (open_of(*known, active()->hash, "") >= kOpenMax)
    return fail(Errc::too_large, "policy", "too many changes on disk wait; publish one");
  RuleSetRow row;
  row.hash = (*set)->hash;
  row.state = "proposed";
  row.base = active()->hash;
  row.reason = "changed on disk";
  row.proposed_at = clock_.now();
  row.files = as_json(*files);
  if (auto recorded = record(std::move(row), "changed_on_disk", nullptr, {}); !recorded) return recorded.error();
  return false;
}

Result<json::object> RuleRegistry::propose(const Official& by, const json::value& body) {
  if (!by.has_role("rules_officer")) return fail(Errc::forbidden, "certificate", "only a rules officer proposes rules");
  const json::value* reason = find_pointer(body, "/reason");
  // A form's text comes in any bytes, and one answer that is no JSON would hide every proposal.
  if (!reason || !reason->is_string() || !is_line(reason->get_string(), kReasonMax))
    return fail(Errc::invalid_input, "/reason",
                "say why the rules change: one line of text, 1 to 500 characters, no control characters");
  std::vector<RuleFile> files;
  if (const json::value* given = find_pointer(body, "/files")) {
    if (!given->is_object() || given->get_object().empty() || given->get_object().size() > 100)
      return fail(Errc::invalid_input, "/files", "expected an object of 1 to 100 files");
    for (const auto& [name, text] : given->get_object())
      if (!is_file_name(name) || !text.is_string())
        return fail(Errc::invalid_input, "/files", "expected file names like lul.toml, with their text");
    files = files_of(given->get_object());
    if (std::any_of(files.begin(), files.end(), [](const RuleFile& f) { return f.text.size() > kFileBytesMax; }))
      return fail(Errc::too_large, "/files", "a file is larger than 1 MiB");
  } else {
    auto on_disk = read_rule_files(disk_.folder, disk_.local);
    if (!on_disk) return on_disk.error();
    files = std::move(*on_disk);
  }
  const std::lock_guard lock(changing_);
  auto set = checked(files);
  if (!set) return refused(set.error());
  const auto now_active = active();
  if ((*set)->hash == now_active->hash) return fail(Errc::conflict, "/files", "this is the published rule set");
  auto known = rows();
  if (!known) return known.error();
  if (open_of(*known, now_active->hash, by.id) >= kOpenMax)
    return fail(Errc::too_large, "policy", "too many proposals of yours wait; have one approved");
  if (const RuleSetRow* same = find(*known, (*set)->hash);
      same && same->state == "proposed" && same->base == now_active->hash && !same->proposed_by.empty())
    return fail(Errc::conflict, "/files",
                "this rule set is proposed already, by " + same->proposed_by + ": " + same->hash.substr(0, 12));
  RuleSetRow row;
  row.hash = (*set)->hash;
  row.state = "proposed";
  row.base = now_active->hash;
  row.reason = std::string(reason->get_string());
  row.proposed_by = by.id;
  row.proposed_at = clock_.now();
  row.files = as_json(files);
  auto recorded = record(std::move(row), "proposed", &by, {});
  if (!recorded) return recorded.error();
  log(LogLevel::info, "policy.proposed", {{"rules", recorded->hash.substr(0, 12)}, {"by", by.id}});
  return shown(*recorded);
}

Result<json::object> RuleRegistry::approve(const Official& by, const std::string& hash) {
  if (!by.has_role("rules_officer")) return fail(Errc::forbidden, "certificate", "only a rules officer approves rules");
  const std::lock_guard lock(changing_);
  auto known = rows();
  if (!known) return known.error();
  const RuleSetRow* proposal = find(*known, hash);
  if (!proposal) return fail(Errc::not_found, "policy", "no rule set of this hash");
  if (proposal->state != "proposed") return fail(Errc::conflict, "policy", "it is no proposal: " + proposal->state);
  if (proposal->proposed_by.empty())
    return fail(Errc::forbidden, "policy", "a file changed on disk has no proposer yet: propose it first");
  if (proposal->proposed_by == by.id)
    return fail(Errc::forbidden, "policy", "two persons publish rules: somebody else than the proposer approves");
  if (proposal->base != active()->hash)
    return fail(Errc::conflict, "policy", "the published set has changed since this was proposed: propose it again");
  auto files = files_in_store(hash);
  if (!files) return files.error();
  auto set = checked(std::move(*files));  // the law's dates may have moved since
  if (!set) return refused(set.error());
  if ((*set)->hash != proposal->hash) return fail(Errc::internal, "store", "the proposal was changed in the store");

  RuleSetRow row = *proposal;
  row.state = "active";
  row.approved_by = by.id;
  row.approved_at = clock_.now();
  std::vector<RuleSetRow> with;
  if (const RuleSetRow* before = active_of(*known)) {
    with.push_back(*before);
    with.back().state = "retired";
  }
  auto recorded = record(std::move(row), "approved", &by, std::move(with));
  if (!recorded) return recorded.error();
  {
    const std::lock_guard swap(mutex_);
    active_ = std::move(*set);
  }
  if (changed_) changed_();
  log(LogLevel::info, "policy.published", {{"rules", recorded->hash.substr(0, 12)}, {"by", by.id}});
  return shown(*recorded);
}

Result<std::string> RuleRegistry::changes(const std::string& hash, bool swedish) const {
  auto files = files_in_store(hash);
  if (!files) return fail(Errc::not_found, "policy", "no rule set of this hash, or its files are no longer kept");
  auto set = load_rules(std::move(*files), sha256);
  if (!set) return refused(set.error());
  try {
    return diff_in_words(compare(*active(), **set, stockholm_date(clock_.now())), swedish);
  } catch (const std::length_error& e) {
    return fail(Errc::too_large, "policy", e.what());
  }
}

Result<json::object> RuleRegistry::list() const {
  auto known = rows();
  if (!known) return known.error();
  json::object out{{"active", nullptr}};
  json::array proposals;
  for (const RuleSetRow& row : *known) {
    if (row.state == "active") {
      json::object published = shown(row);
      published["localAnswers"] = shown(active()->answers);
      out["active"] = std::move(published);
    }
    if (row.state == "proposed" && row.base == active()->hash) proposals.push_back(shown(row));
  }
  out["proposals"] = std::move(proposals);
  return out;
}

Result<json::object> RuleRegistry::show(const std::string& hash) const {
  auto row = store_.rule_set(hash);
  if (!row) return row.error();
  if (!*row) return fail(Errc::not_found, "policy", "no rule set of this hash");
  json::object out = shown(**row);
  if ((*row)->files.empty()) {  // old, and dropped: who decided it and when is kept
    out["files"] = nullptr;
    return out;
  }
  auto files = parse_json((*row)->files);
  if (!files) return fail(Errc::internal, "store", "the rule set cannot be read");
  out["files"] = std::move(*files);
  return out;
}

}  // namespace samband
