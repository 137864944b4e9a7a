#include "verify/merkle.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "verify/text.hpp"

namespace samband::verify {
namespace {

namespace fs = std::filesystem;

fs::path vectors() {
  const char* set = std::getenv("SAMBAND_TESTDATA");
  return (set ? fs::path(set) : fs::path(SAMBAND_SOURCE_DIR) / "../shared/testdata") / "tlog/merkle";
}

// Vectors hold malformed hashes too: those can never verify.
std::optional<Hash> hash_of(const json::value& value) {
  const auto bytes = verify::from_base64(value.as_string());
  return bytes ? verify::to_hash(*bytes) : std::nullopt;
}
std::optional<std::vector<Hash>> proof_of(const json::object& vector) {
  std::vector<Hash> proof;
  const auto* list = vector.if_contains("proof");
  if (!list || list->is_null()) return proof;
  for (const auto& item : list->as_array()) {
    const auto hash = hash_of(item);
    if (!hash) return std::nullopt;
    proof.push_back(*hash);
  }
  return proof;
}

template <class Check>
void run_vectors(const fs::path& folder, Check check) {
  if (!fs::exists(folder)) GTEST_SKIP() << "no test data at " << folder;
  int good = 0, bad = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    std::ifstream in(file.path());
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const json::object vector = json::parse(text).as_object();
    const bool want = !vector.at("wantErr").as_bool();
    (want ? good : bad)++;
    EXPECT_EQ(check(vector), want) << file.path();
  }
  EXPECT_GT(good, 4);
  EXPECT_GT(bad, 40);
}

TEST(VerifyMerkle, InclusionVectors) {
  run_vectors(vectors() / "inclusion", [](const json::object& v) {
    const auto proof = proof_of(v);
    const auto leaf = hash_of(v.at("leafHash")), root = hash_of(v.at("root"));
    return proof && leaf && root &&
           root_by_inclusion(v.at("leafIdx").to_number<std::uint64_t>(), v.at("treeSize").to_number<std::uint64_t>(),
                             *leaf, *proof) == *root;
  });
}

TEST(VerifyMerkle, ConsistencyVectors) {
  run_vectors(vectors() / "consistency", [](const json::object& v) {
    const auto proof = proof_of(v);
    const auto root1 = hash_of(v.at("root1")), root2 = hash_of(v.at("root2"));
    // One good vector has roots that are no hashes at all; equal texts stand for equal roots there.
    if (proof && proof->empty() && !root1 && v.at("size1") == v.at("size2") && v.at("size1") == 1)
      return v.at("root1") == v.at("root2");
    return proof && root1 && root2 &&
           consistent(v.at("size1").to_number<std::uint64_t>(), v.at("size2").to_number<std::uint64_t>(), *root1,
                      *root2, *proof);
  });
}

// RFC 6962 section 2.1, word for word.
Hash tree_hash(std::span<const Hash> leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves[0];
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  return node_hash(tree_hash(leaves.first(k)), tree_hash(leaves.subspan(k)));
}

std::vector<Hash> leaves(std::size_t count) {
  std::vector<Hash> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(leaf_hash(std::to_string(i)));
  return out;
}

TEST(VerifyMerkle, TheBuilderGivesTheRootAndTheTilesOfTheDefinition) {
  const auto all = leaves(1100);
  for (const std::size_t size : {0, 1, 2, 3, 255, 256, 257, 511, 512, 700, 1100}) {
    std::map<std::pair<int, std::uint64_t>, std::vector<Hash>> tiles;
    TreeBuilder builder([&](int level, std::uint64_t index, std::span<const Hash> hashes) {
      tiles[{level, index}].assign(hashes.begin(), hashes.end());
    });
    for (std::size_t i = 0; i < size; ++i) builder.push(all[i]);
    EXPECT_EQ(builder.finish(), tree_hash(std::span(all).first(size))) << size;
    EXPECT_EQ(tiles.size(), (size + 255) / 256 + (size >= 256)) << size;
    if (size >= 256) EXPECT_EQ((tiles[{1, 0}][0]), tree_hash(std::span(all).first(256)));
    if (size >= 256) EXPECT_EQ((tiles[{1, 0}].size()), size / 256);
  }
}

TEST(VerifyMerkle, ConsistencyPartsMakeProofsThatHoldForEveryPairOfSizesAndForNoOther) {
  const auto all = leaves(40);
  const auto hash = [&](const Node& node) {
    return tree_hash(std::span(all).subspan(node.index << node.height, std::size_t{1} << node.height));
  };
  for (std::size_t size2 = 1; size2 <= all.size(); ++size2)
    for (std::size_t size1 = 1; size1 <= size2; ++size1) {
      std::vector<Hash> proof;
      for (const ProofPart& part : consistency_parts(size1, size2)) {
        std::vector<Hash> row;
        for (const Node& node : part) row.push_back(hash(node));
        proof.push_back(fold_right(row));
      }
      const Hash root1 = tree_hash(std::span(all).first(size1)), root2 = tree_hash(std::span(all).first(size2));
      EXPECT_TRUE(consistent(size1, size2, root1, root2, proof)) << size1 << " " << size2;
      EXPECT_FALSE(consistent(size1, size2, root2, leaf_hash("other"), proof));
      EXPECT_FALSE(consistent(size1, size2, leaf_hash("other"), root2, proof)) << size1 << " " << size2;
      EXPECT_FALSE(consistent(size2 + 1, size2, root2, root2, proof));
    }
}

TEST(VerifyMerkle, TheEmptyTreeBeginsEveryLog) {
  const Hash empty = sha256({}), other = leaf_hash("x");
  EXPECT_TRUE(consistent(0, 5, empty, other, {}));
  EXPECT_FALSE(consistent(0, 5, other, other, {}));
  EXPECT_FALSE(consistent(0, 0, empty, other, {}));
  EXPECT_FALSE(consistent(0, 5, empty, other, std::vector{other}));
}

}  // namespace
}  // namespace samband::verify
