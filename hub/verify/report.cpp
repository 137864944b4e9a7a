// A supervisor's access report: every entry about one person up to a stated size of the log, and no other.
#include "verify/checks.hpp"
#include "verify/entry.hpp"
#include "verify/index.hpp"
#include "verify/json.hpp"
#include "verify/log_folder.hpp"
#include "verify/note.hpp"
#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr std::size_t kReportSizeMax = 256 << 20, kProofMax = 63;

// Readers of members; nothing when one is missing or of another shape.
std::optional<Hash> hash_in(const Json& json) {
  const std::string* text = json.as<std::string>();
  const auto bytes = text ? from_base64(*text) : std::nullopt;
  return bytes ? to_hash(*bytes) : std::nullopt;
}
std::optional<Hash> label_in(const Json* json) {
  const std::string* text = json ? json->as<std::string>() : nullptr;
  const auto bytes = text ? from_hex(*text) : std::nullopt;
  return bytes ? to_hash(*bytes) : std::nullopt;
}
std::optional<std::vector<Hash>> hashes_in(const Json* json, std::size_t max) {
  const Json::Array* list = json ? json->as<Json::Array>() : nullptr;
  if (!list || list->size() > max) return std::nullopt;
  std::vector<Hash> out;
  for (const Json& item : *list) {
    const auto hash = hash_in(item);
    if (!hash) return std::nullopt;
    out.push_back(*hash);
  }
  return out;
}
std::optional<std::uint64_t> number_in(const Json* json) {
  const std::uint64_t* number = json ? json->as<std::uint64_t>() : nullptr;
  return number ? std::optional(*number) : std::nullopt;
}
bool has_only(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json::Object* object = json.as<Json::Object>();
  if (!object || object->size() != keys.size()) return false;
  for (const std::string_view key : keys)
    if (!object->contains(key)) return false;
  return true;
}

struct Listed {  // an entry with its place in the log
  std::uint64_t index = 0;
  std::string bytes;
  std::vector<Hash> proof;
};
std::optional<Listed> listed_in(const Json& json) {
  if (!has_only(json, {"index", "leaf", "proof"})) return std::nullopt;
  const auto index = number_in(json.find("index"));
  const std::string* text = json.find("leaf")->as<std::string>();
  auto bytes = text ? from_base64(*text) : std::nullopt;
  auto proof = hashes_in(json.find("proof"), kProofMax);
  if (!index || !bytes || !proof) return std::nullopt;
  return Listed{*index, std::move(*bytes), std::move(*proof)};
}

struct Report {
  Hash label{};
  std::uint64_t covered = 0;
  std::vector<Hash> siblings;
  std::optional<IndexEnd> end;
  std::vector<std::uint64_t> list;  // of the label; empty when the end is not its own
  Listed index_leaf;
  std::vector<Listed> entries;
  std::string checkpoint;
};

std::optional<Report> read_report(const Json& json) {
  if (!has_only(json, {"format", "label", "coveredSize", "index", "indexLeaf", "entries", "checkpoint"}))
    return std::nullopt;
  Report r;
  const auto label = label_in(json.find("label"));
  const auto covered = number_in(json.find("coveredSize"));
  const std::string* checkpoint = json.find("checkpoint")->as<std::string>();
  auto index_leaf = listed_in(*json.find("indexLeaf"));
  const Json::Array* entries = json.find("entries")->as<Json::Array>();
  const Json& index = *json.find("index");
  if (!label || !covered || !checkpoint || !index_leaf || !entries || !has_only(index, {"siblings", "end"}))
    return std::nullopt;
  auto siblings = hashes_in(index.find("siblings"), 256);
  if (!siblings) return std::nullopt;
  r.label = *label, r.covered = *covered, r.checkpoint = *checkpoint;
  r.index_leaf = std::move(*index_leaf), r.siblings = std::move(*siblings);
  for (const Json& item : *entries) {
    auto entry = listed_in(item);
    if (!entry) return std::nullopt;
    r.entries.push_back(std::move(*entry));
  }
  const Json& end = *index.find("end");
  if (end.as<std::nullptr_t>()) return r;
  r.end.emplace();
  if (has_only(end, {"list"})) {  // the label's own
    const Json::Array* list = end.find("list")->as<Json::Array>();
    if (!list || list->empty()) return std::nullopt;
    for (const Json& item : *list) {
      const auto number = number_in(&item);
      if (!number) return std::nullopt;
      r.list.push_back(*number);
    }
    r.end = IndexEnd{r.label, list_hash(r.list)};
    return r;
  }
  const auto other = label_in(end.find("label"));
  const auto value = has_only(end, {"label", "value"}) ? hash_in(*end.find("value")) : std::nullopt;
  if (!other || !value || *other == r.label) return std::nullopt;
  r.end = IndexEnd{*other, *value};
  return r;
}

class ReportCheck {
 public:
  ReportCheck(const Report& report, const Checkpoint& checkpoint, Outcome& out)
      : r_(report), checkpoint_(checkpoint), out_(out) {}

  void run() {
    Entry index_leaf;
    if (!in_log(r_.index_leaf, index_leaf)) return;
    const std::string where = "entry " + std::to_string(r_.index_leaf.index);
    if (index_leaf.type != Entry::kIndex || index_leaf.relies_on.size() != 1 || index_leaf.commitment.size() != 32)
      return problem(where, {"is no root of the index", "är ingen rot till registret"});
    const std::uint64_t covered = index_leaf.relies_on[0] + 1;
    if (r_.covered != covered)
      problem("report", {"claims to cover the first " + std::to_string(r_.covered) + " entries; its index covers " +
                             std::to_string(covered),
                         "säger sig omfatta de första " + std::to_string(r_.covered) +
                             " posterna; dess register omfattar " + std::to_string(covered)});
    const auto root = index_root(r_.label, r_.siblings, r_.end);
    if (!root || view(*root) != index_leaf.commitment)
      return problem("index", {"does not lead to the root that was logged: the list of entries was changed",
                               "leder inte till den rot som loggades: listan över poster har ändrats"});
    compare(covered);
    out_.number("coveredSize", {"complete up to entry", "fullständig till post"}, covered);
    out_.number("entries", {"entries about the person", "poster om personen"}, r_.list.size());
    if (covered < checkpoint_.size) {
      const std::string rest = std::to_string(checkpoint_.size - covered);
      out_.notices.push_back({"the newest " + rest + " entries of the log are not covered: ask for a later report",
                              "loggens senaste " + rest + " poster omfattas inte: begär en senare rapport"});
    }
  }

 private:
  void problem(const std::string& where, Words words) { out_.add(invalid(where, std::move(words))); }

  // The index lists these, in this order; the report must hold the same, unchanged.
  void compare(std::uint64_t covered) {
    for (std::size_t i = 0; i < r_.list.size(); ++i)
      if (r_.list[i] >= covered || (i > 0 && r_.list[i] <= r_.list[i - 1]))
        return problem("index", {"lists entries out of order or past its end",
                                 "räknar upp poster i fel ordning eller efter sitt slut"});
    std::size_t at = 0;
    for (const std::uint64_t wanted : r_.list) {
      while (at < r_.entries.size() && r_.entries[at].index < wanted) surplus(r_.entries[at++]);
      if (at == r_.entries.size() || r_.entries[at].index != wanted) {
        problem("entry " + std::to_string(wanted),
                {"is LEFT OUT: the index lists it, the report does not hold it",
                 "är UTELÄMNAD: registret räknar upp den, rapporten innehåller den inte"});
        continue;
      }
      Entry entry;
      const Listed& listed = r_.entries[at++];
      if (!in_log(listed, entry)) continue;
      const std::string key = "entry_" + std::to_string(wanted);
      const Words type = type_name(entry.type);
      std::string rest = " " + utc(entry.at);
      if (!entry.sender.empty()) rest += "  " + std::string(entry.sender);
      if (!entry.recipient.empty()) rest += " -> " + std::string(entry.recipient);
      if (!entry.outcome.empty()) rest += "  " + std::string(entry.outcome);
      out_.fact(key, {"entry " + std::to_string(wanted), "post " + std::to_string(wanted)},
                Words{type.en + rest, type.sv + rest});
    }
    while (at < r_.entries.size()) surplus(r_.entries[at++]);
  }

  void surplus(const Listed& entry) {
    problem("entry " + std::to_string(entry.index), {"is not about this person: the index does not list it",
                                                     "handlar inte om personen: registret räknar inte upp den"});
  }

  bool in_log(const Listed& listed, Entry& entry) {
    const std::string where = "entry " + std::to_string(listed.index);
    if (root_by_inclusion(listed.index, checkpoint_.size, leaf_hash(listed.bytes), listed.proof) != checkpoint_.root) {
      problem(where, {"is not what the log holds there: it or its proof was changed",
                      "är inte det som loggen har där: den eller dess bevis har ändrats"});
      return false;
    }
    if (auto mistake = read_entry(listed.bytes, listed.index, entry)) {
      problem(where, std::move(*mistake));
      return false;
    }
    return true;
  }

  const Report& r_;
  const Checkpoint& checkpoint_;
  Outcome& out_;
};

}  // namespace

Outcome check_report(const ReportOptions& o) {
  Outcome out;
  const auto stop = [&out](const Problem& p) {
    out.add(p);
    return out;
  };
  auto key = parse_key(o.vkey);
  if (!key) return stop(key.problem());
  auto text = read_file(o.file, kReportSizeMax);
  if (!text) return stop(text.problem());
  const auto json = parse_json(*text);
  const Json* format = json ? json->find("format") : nullptr;
  const std::string* name = format ? format->as<std::string>() : nullptr;
  if (!name || *name != "samband-access-report/v1")
    return stop(unusable("report", {"is no access report (format samband-access-report/v1)",
                                    "är ingen tillsynsrapport (formatet samband-access-report/v1)"}));
  const auto report = read_report(*json);
  if (!report)
    return stop(invalid("report", {"lacks a member, has one too many, or one of another form",
                                   "saknar en del, har en för mycket, eller en i annan form"}));
  auto checkpoint = open_checkpoint(report->checkpoint, *key, true, "checkpoint");
  // A report whose checkpoint cannot be read is a damaged report.
  if (!checkpoint) return stop(invalid("checkpoint", checkpoint.problem().words));
  describe(*checkpoint, *key, out);
  ReportCheck(*report, *checkpoint, out).run();
  if (o.covers && report->covered < *o.covers)
    out.add(invalid("report", {"covers less than the " + std::to_string(*o.covers) + " entries that were asked for",
                               "omfattar mindre än de " + std::to_string(*o.covers) + " poster som begärdes"}));
  const std::string n = std::to_string(report->list.size()), c = std::to_string(report->covered);
  out.summary = {"of the first " + c + " entries exactly " + n + " are listed for this person, and all are here",
                 "av de första " + c + " posterna är exakt " + n + " upptagna för personen, och alla finns här"};
  return out;
}

}  // namespace samband::verify
