#include "access/supervisor_report.hpp"

#include "base/json.hpp"
#include "ledger/prove.hpp"

namespace samband {
namespace {

json::array in_base64(const std::vector<merkle::Hash>& hashes) {
  json::array out;
  for (const merkle::Hash& hash : hashes) out.emplace_back(to_base64(merkle::view(hash)));
  return out;
}

json::array numbers(const std::vector<std::uint64_t>& list) {
  json::array out;
  for (const std::uint64_t n : list) out.emplace_back(static_cast<std::int64_t>(n));
  return out;
}

json::object shown(const ProvenLeaf& leaf) {
  return {{"index", static_cast<std::int64_t>(leaf.index)},
          {"leaf", to_base64(leaf.leaf)},
          {"proof", in_base64(leaf.proof)}};
}

json::value end_of(const IndexAnswer& answer) {
  const auto& end = answer.walk.end;
  if (!end) return nullptr;
  if (end->label == answer.label) return json::object{{"list", numbers(answer.own)}};
  return json::object{{"label", to_hex(merkle::view(end->label))}, {"value", to_base64(merkle::view(end->value))}};
}

}  // namespace

Result<SupervisorReport> supervisor_report(Store& store, PersonIndex& index, std::string_view subject_ref) {
  auto answer = index.epoch_about(subject_ref);
  if (!answer) return answer.error();
  std::vector<std::uint64_t> wanted = answer->own;
  wanted.push_back(answer->leaf_index);
  auto proven = prove(store, wanted);
  if (!proven) return proven.error();
  json::array entries;
  for (std::size_t i = 0; i < answer->own.size(); ++i) entries.push_back(shown(proven->leaves[i]));
  const json::object report{
      {"format", "samband-access-report/v1"},
      {"label", to_hex(merkle::view(answer->label))},
      {"coveredSize", static_cast<std::int64_t>(answer->covered)},
      {"index", json::object{{"siblings", in_base64(answer->walk.siblings)}, {"end", end_of(*answer)}}},
      {"indexLeaf", shown(proven->leaves.back())},
      {"entries", std::move(entries)},
      {"checkpoint", proven->checkpoint}};
  return SupervisorReport{json::serialize(report) + "\n", answer->covered, answer->own.size()};
}

}  // namespace samband
