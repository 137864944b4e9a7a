#include "ledger/merkle.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "ledger/tile_path.hpp"
#include "ledger/tree.hpp"

namespace samband::merkle {
namespace {

namespace fs = std::filesystem;

fs::path vectors() {
  const char* set = std::getenv("SAMBAND_TESTDATA");
  return (set ? fs::path(set) : fs::path(SAMBAND_SOURCE_DIR) / "../shared/testdata") / "tlog/merkle";
}

// Vectors hold malformed hashes too: those can never verify.
std::optional<Hash> hash_of(const json::value& value) {
  const auto bytes = from_base64(value.as_string());
  if (!bytes || bytes->size() != 32) return std::nullopt;
  return to_hash(*bytes);
}
std::optional<Proof> proof_of(const json::object& vector) {
  Proof proof;
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

TEST(Merkle, InclusionVectors) {
  run_vectors(vectors() / "inclusion", [](const json::object& v) {
    const auto proof = proof_of(v);
    const auto root = hash_of(v.at("root")), leaf = hash_of(v.at("leafHash"));
    return proof && root && leaf &&
           verify_inclusion(v.at("leafIdx").to_number<std::uint64_t>(), v.at("treeSize").to_number<std::uint64_t>(),
                            *leaf, *proof, *root);
  });
}

TEST(Merkle, ConsistencyVectors) {
  run_vectors(vectors() / "consistency", [](const json::object& v) {
    const auto size1 = v.at("size1").to_number<std::uint64_t>(), size2 = v.at("size2").to_number<std::uint64_t>();
    const auto proof = proof_of(v);
    const auto root1 = hash_of(v.at("root1")), root2 = hash_of(v.at("root2"));
    // One good vector has roots that are not hashes at all; equal texts stand for equal roots there.
    if (size1 == size2 && size1 > 0 && proof && proof->empty() && !root1) return v.at("root1") == v.at("root2");
    return proof && root1 && root2 && verify_consistency(size1, size2, *root1, *root2, *proof);
  });
}

// The definition of RFC 6962 section 2.1, word for word.
Hash reference_root(std::span<const Hash> leaves) {
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return node_hash(reference_root(leaves.first(k)), reference_root(leaves.subspan(k)));
}

class TreeTest : public testing::Test {
 protected:
  void grow(std::size_t n) {
    while (leaves_.size() < n) {
      leaves_.push_back(leaf_hash("leaf " + std::to_string(leaves_.size())));
      std::vector<FullTile> filled;
      tree_.append(leaves_.back(), filled);
      for (auto& tile : filled) full_[{tile.level, tile.index}] = tile.tile;
    }
  }
  TileSource source() {
    return [this](int level, std::uint64_t index) -> Result<std::shared_ptr<const Tile>> {
      const auto found = full_.find({level, index});
      if (found == full_.end()) return fail(Errc::not_found, "test", "no such tile");
      return found->second;
    };
  }
  Tree tree_;
  std::vector<Hash> leaves_;
  std::map<std::pair<int, std::uint64_t>, std::shared_ptr<const Tile>> full_;
};

TEST_F(TreeTest, RootsFollowTheDefinition) {
  EXPECT_EQ(tree_.root(), empty_root());
  for (const std::size_t n : {1, 2, 3, 5, 8, 255, 256, 257, 511, 512, 513, 1000}) {
    grow(n);
    EXPECT_EQ(tree_.root(), reference_root(leaves_)) << n;
    EXPECT_EQ(tree_.root_at(n / 2, source()).value(), reference_root(std::span(leaves_).first(n / 2))) << n;
  }
}

TEST_F(TreeTest, EveryProofVerifiesAndNoOtherLeafDoes) {
  grow(700);
  for (const std::uint64_t size : {1u, 2u, 255u, 256u, 257u, 513u, 700u}) {
    const Hash root = tree_.root_at(size, source()).value();
    for (std::uint64_t i = 0; i < size; i += 1 + size / 97) {
      const auto proof = tree_.inclusion(i, size, source()).value();
      EXPECT_TRUE(verify_inclusion(i, size, leaves_[i], proof, root)) << i << " of " << size;
      EXPECT_FALSE(verify_inclusion(i, size, leaves_[(i + 1) % 700], proof, root)) << i << " of " << size;
    }
    for (std::uint64_t old = 1; old <= size; old += 1 + size / 97) {
      const Hash old_root = tree_.root_at(old, source()).value();
      EXPECT_TRUE(verify_consistency(old, size, old_root, root, tree_.consistency(old, size, source()).value()));
    }
  }
  EXPECT_FALSE(tree_.inclusion(700, 700, source()));
  EXPECT_FALSE(tree_.inclusion(0, 701, source()));
}

TEST_F(TreeTest, ATreeOfThreeLevelsIsRestoredFromTilesAndTail) {
  const std::size_t n = 65'536 + 300;
  grow(n);
  EXPECT_TRUE(full_.contains({1, 0}));
  EXPECT_EQ(tree_.open_tile(2).width(), 1u);
  auto restored = Tree::restore(n, [this](int level, std::uint64_t i) -> Result<Hash> {
    if (level == 0) return leaves_[i];
    return full_.at({level - 1, i})->root();
  });
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->root(), tree_.root());
  EXPECT_EQ(tree_.root(), reference_root(leaves_));
  for (const std::uint64_t i : {0u, 300u, 65'535u, 65'536u, 65'835u})
    EXPECT_TRUE(verify_inclusion(i, n, leaves_[i], restored->inclusion(i, n, source()).value(), tree_.root()));
}

TEST(TilePath, OneFormOnly) {
  const auto path = parse_tile_path("tile/0/x001/x234/067");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->index, 1'234'067u);
  EXPECT_EQ(to_text(*path), "tile/0/x001/x234/067");
  EXPECT_EQ(parse_tile_path("tile/entries/000.p/7")->width, 7u);
  EXPECT_TRUE(parse_tile_path("tile/63/999"));
  for (const char* bad : {"", "tile", "tile/0", "tile/0/", "tile/0/1", "tile/00/001", "tile/64/001", "tile/0/x000/001",
                          "tile/0/001/002", "tile/0/x001", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/007",
                          "tile/0/-01", "tile/0/001.p/", "tile/x/001", "tile/0/../001", "tile/0/001/", "/tile/0/001"})
    EXPECT_FALSE(parse_tile_path(bad)) << bad;
}

}  // namespace
}  // namespace samband::merkle
