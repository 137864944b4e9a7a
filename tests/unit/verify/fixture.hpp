// Logs and receipts for the tests of hub/verify, made by the hub's own tree and notes: code that hub/verify does not
// share. The checks are called as the program calls them.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "keys/crypto.hpp"
#include "ledger/leaf.hpp"
#include "ledger/note.hpp"
#include "ledger/tile_path.hpp"
#include "ledger/tree.hpp"
#include "verify/program.hpp"

namespace samband::verify {

namespace fs = std::filesystem;

inline const std::string kOrigin = "samband.example/verify-test";

inline Leaf decision(int i) {
  Leaf leaf;
  leaf.type = LeafType::decision;
  leaf.event_id = Bytes(16, static_cast<char>(i));
  leaf.at = Time(std::chrono::milliseconds(1'795'000'000'000 + i));
  leaf.sender = "police", leaf.recipient = "social-board";
  leaf.subject_id = "exchange-" + std::to_string(i), leaf.outcome = "partial";
  leaf.codes = {"POL-SN-15-17", "cleared"};
  leaf.ruleset_hash = std::string(64, 'a');
  leaf.payload_commitment = Bytes(32, 'c');
  return leaf;
}
// Decisions, each followed by its acknowledgement.
inline std::vector<std::string> own_entries(int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) {
    Leaf leaf = decision(i & ~1);
    if (i % 2 == 1) {
      leaf.type = LeafType::acknowledgement, leaf.outcome = "received", leaf.payload_commitment.clear();
      leaf.relies_on = {static_cast<std::uint64_t>(i - 1)};
    }
    out.push_back(encode_leaf(leaf).value());
  }
  return out;
}

struct Ran {
  int code;
  std::string out, err;
};
inline Ran verify(std::vector<std::string> arguments) {
  std::ostringstream out, err;
  const int code = run(arguments, {out, err, "C"});
  return {code, out.str(), err.str()};
}

inline std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void save(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

// In place: to cut a file short and write it again makes some file systems wait for the disk.
inline void poke(const fs::path& path, std::size_t at, char byte) {
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(at));
  out.put(byte);
}

// A log in the hands of its owner: grows, and can be written as a folder.
class TestLog {
 public:
  explicit TestLog(char seed = 'k') : seed_(32, seed), signer_(seed_) {}

  void append(const std::string& entry) {
    std::vector<merkle::FullTile> filled;
    tree_.append(merkle::leaf_hash(entry), filled);
    for (const auto& tile : filled) full_[{tile.level, tile.index}] = tile.tile;
    entries_.push_back(entry);
  }
  std::string vkey() const { return note::to_text(key()); }
  std::string text() const { return note::to_text(note::Checkpoint{kOrigin, tree_.size(), tree_.root()}); }
  std::string checkpoint() const { return note::sign(text(), key(), signer_); }
  std::string receipt(std::uint64_t index, const std::string& extra_line) const {
    note::LogProof proof{index, tree_.inclusion(index, tree_.size(), source()).value(), checkpoint()};
    std::string out = note::to_text(proof);
    return out.insert(out.find("index "), extra_line);
  }
  std::string receipt(std::uint64_t index) const {
    return receipt(index, "extra " + to_base64(entries_.at(index)) + "\n");
  }
  void write(const fs::path& folder, bool with_entries = true) const {
    save(folder / "checkpoint", checkpoint());
    for (int level = 0; level < 8; ++level)
      for (std::uint64_t first = 0; first < tree_.hashes_at(level); first += 256) {
        const std::size_t width =
            static_cast<std::size_t>(std::min<std::uint64_t>(256, tree_.hashes_at(level) - first));
        const TilePath path{false, level, first / 256, width};
        save(folder / to_text(path),
             width == 256 ? full_.at({level, first / 256})->bytes(256) : tree_.open_tile(level).bytes(width));
        if (level == 0 && with_entries)
          save(folder / to_text(TilePath{true, 0, first / 256, width}), bundle(first, width));
      }
  }
  std::string bundle(std::uint64_t first, std::size_t width) const {
    std::string out;
    for (std::uint64_t i = first; i < first + width; ++i) {
      out += static_cast<char>(entries_[i].size() >> 8);
      out += static_cast<char>(entries_[i].size() & 0xff);
      out += entries_[i];
    }
    return out;
  }
  note::Verifier key() const { return note::make_verifier(kOrigin, crypto::ed25519_public(seed_)); }
  const crypto::Signer& signer() const { return signer_; }
  const std::vector<std::string>& entries() const { return entries_; }

 private:
  merkle::TileSource source() const {
    return [this](int level, std::uint64_t index) -> Result<std::shared_ptr<const merkle::Tile>> {
      return full_.at({level, index});
    };
  }
  template <class T>
  using Result = samband::Result<T>;

  Bytes seed_;
  crypto::Signer signer_;
  merkle::Tree tree_;
  std::map<std::pair<int, std::uint64_t>, std::shared_ptr<const merkle::Tile>> full_;
  std::vector<std::string> entries_;
};

class VerifyTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "samband-verify-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  TestLog& grown(int size) {
    for (std::string& entry : own_entries(size)) log_.append(entry);
    return log_;
  }
  Ran check_log(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"log", folder().string(), "--vkey", log_.vkey()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return verify(arguments);
  }
  Ran check_receipt(const std::string& text, std::vector<std::string> more = {}) const {
    save(root_ / "r.tlog-proof", text);
    std::vector<std::string> arguments{"receipt", (root_ / "r.tlog-proof").string(), "--vkey", log_.vkey()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return verify(arguments);
  }
  fs::path folder() const { return root_ / "log"; }

  fs::path root_;
  TestLog log_;
};

}  // namespace samband::verify
