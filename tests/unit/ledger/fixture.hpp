// Store, ledger and appends for the tests of hub/ledger.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "keys/crypto.hpp"
#include "keys/sqlite.hpp"
#include "ledger/ledger.hpp"
#include "ledger/note.hpp"

namespace samband {

inline const std::string kOrigin = "samband.example/test-log";

inline Leaf decision_leaf(const std::string& exchange_id, const std::string& outcome = "released") {
  Leaf leaf;
  leaf.type = LeafType::decision;
  leaf.event_id = Bytes(16, 'e');
  leaf.at = Time(std::chrono::milliseconds(1'795'000'000'000));
  leaf.sender = "police", leaf.recipient = "social-board";
  leaf.subject_id = exchange_id, leaf.outcome = outcome;
  leaf.codes = {"POL-SN-15-17", "cleared"};
  leaf.payload_commitment = Bytes(32, 'c');
  return leaf;
}

inline ExchangeRow exchange_row(const std::string& id, std::uint64_t leaf, const std::string& outcome = "released") {
  ExchangeRow row;
  row.id = id, row.message_id = "m-" + id, row.sender = "police", row.recipient = "social-board";
  row.kind = "concern", row.outcome = outcome, row.leaf_index = leaf, row.state = ExchangeState::queued;
  row.explanation = R"({"outcome":"released"})", row.side = Bytes(200, 's');
  return row;
}

inline Ledger::Write write_exchange(const std::string& id) {
  return [id](Txn& txn, const std::vector<std::uint64_t>& leaves) {
    return txn.put_exchange(exchange_row(id, leaves.at(0)));
  };
}

inline Result<void> no_rows(Txn&, const std::vector<std::uint64_t>&) { return {}; }

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "samband-ledger-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(root_);
  }
  Ledger::Options options() const {
    Ledger::Options o;
    o.origin = kOrigin, o.log_seed = Bytes(32, 'k'), o.guard_file = root_ / "log.guard";
    return o;
  }
  void open() {
    store_ = Store::open(root_ / "data").value();
    ledger_ = Ledger::open(*store_, options()).value();
  }
  void close() {
    ledger_.reset();
    store_.reset();
  }
  Result<Committed> append(const std::string& id) {
    return ledger_->commit_blocking({decision_leaf(id)}, write_exchange(id));
  }
  void append_many(int n) {  // few transactions: many leaves each
    for (int done = 0; done < n;) {
      std::vector<Leaf> leaves;
      for (; done < n && leaves.size() < 500; ++done) {
        Leaf leaf = decision_leaf("k" + std::to_string(done));
        leaf.type = LeafType::key;
        leaves.push_back(leaf);
      }
      ASSERT_TRUE(ledger_->commit_blocking(leaves, no_rows));
    }
  }
  // Reads a receipt as a stranger would: only the verifier key is known.
  static bool receipt_proves(const std::string& receipt, std::string_view leaf, const std::string& verifier_key) {
    const auto proof = note::parse_proof(receipt);
    if (!proof) return false;
    const auto text = note::open(proof->checkpoint, note::parse_verifier(verifier_key).value());
    if (!text) return false;
    const auto checkpoint = note::parse_checkpoint(*text).value();
    return merkle::verify_inclusion(proof->index, checkpoint.size, merkle::leaf_hash(leaf), proof->hashes,
                                    checkpoint.root);
  }
  // As somebody with access to the file would.
  void tamper(const char* sql) {
    auto db = sqlite::Database::open(root_ / "data" / "hub.db", sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(
        db.exec("DROP TRIGGER IF EXISTS leaf_update; DROP TRIGGER IF EXISTS leaf_delete;"
                "DROP TRIGGER IF EXISTS tile_update; DROP TRIGGER IF EXISTS tile_delete"));
    const auto done = db.exec(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  std::filesystem::path root_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace samband
