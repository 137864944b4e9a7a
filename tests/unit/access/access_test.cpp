// The completeness index over a real log, and the supervisor's report as samband-verify (which shares no code with the
// hub) judges it: a leaf left out shows.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "access/supervisor_report.hpp"
#include "base/json.hpp"
#include "keys/crypto.hpp"
#include "verify/index.hpp"
#include "verify/program.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;

struct HandClock final : Clock {
  Time at = parse_rfc3339("2026-01-20T10:00:00Z").value();
  Time now() const override { return at; }
};

class AccessTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "samband-access-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    ASSERT_TRUE(KeyStore::create(root_ / "keys"));
    keys_ = KeyStore::open(root_ / "keys").value();
    store_ = Store::open(root_ / "data").value();
    Ledger::Options options;
    options.log_seed = keys_->log_seed();
    ledger_ = Ledger::open(*store_, options).value();
    index_ = std::make_unique<PersonIndex>(*store_, *ledger_, *keys_, clock_);
  }
  void TearDown() override {
    index_.reset(), ledger_.reset(), store_.reset(), keys_.reset();
    fs::remove_all(root_);
  }
  // A message and its decision about these persons (keyed references, comma-separated); index of the decision.
  std::uint64_t decide(const std::string& id, const std::string& persons) {
    MessageRow message;
    message.id = "m-" + id, message.sender = "police", message.sender_message_id = id, message.exchanges = id;
    ExchangeRow row;
    row.id = id, row.message_id = message.id, row.sender = "police", row.recipient = "board";
    row.outcome = "released", row.state = ExchangeState::delivered, row.explanation = "{}";
    row.subject_refs = persons;
    auto origin = make_leaf(LeafType::origin, clock_.at, "police", {}, message.id, "received");
    auto decision = make_leaf(LeafType::decision, clock_.at, "police", "board", id, "released");
    decision.relies_on_own = {0};
    auto done = ledger_->commit_blocking({origin, decision},
                                         [&](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
                                           message.leaf_index = at.at(0), row.leaf_index = at.at(1);
                                           if (auto r = txn.add_message(message); !r) return r;
                                           return txn.put_exchange(row);
                                         });
    return done.value().leaves.at(1);
  }
  std::uint64_t append(LeafType type, const std::string& about, std::vector<std::uint64_t> relies_on) {
    auto leaf = make_leaf(type, clock_.at, "board", "police", about, "received", std::move(relies_on));
    return ledger_->commit_blocking({leaf}, [](Txn&, const std::vector<std::uint64_t>&) { return Result<void>(); })
        .value()
        .leaves.at(0);
  }
  // Exit code and words of `samband-verify report`.
  std::pair<int, std::string> verify(const std::string& report) {
    std::ofstream(root_ / "report.json", std::ios::binary) << report;
    std::ostringstream out, err;
    const int code =
        verify::run({"report", (root_ / "report.json").string(), "--vkey", ledger_->verifier_key()}, {out, err, "C"});
    return {code, out.str() + err.str()};
  }

  fs::path root_;
  HandClock clock_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<PersonIndex> index_;
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(AccessTest, EveryLeafAboutAPersonIsListedAndNoOther) {
  const auto first = decide("one", "anna,bo");  // leaves 0 and 1
  const auto second = decide("two", "bo");      // 2 and 3
  const auto ack = append(LeafType::acknowledgement, "one", {first});
  append(LeafType::alarm, "", {});  // about nobody
  const auto anna = index_->epoch_about("anna").value();
  EXPECT_EQ(anna.own, (Numbers{first - 1, first, ack}));
  EXPECT_EQ(anna.covered, 6u);
  EXPECT_EQ(anna.leaf_index, 6u);
  EXPECT_EQ(index_->epoch_about("bo").value().own, (Numbers{first - 1, first, second - 1, second, ack}));
  EXPECT_TRUE(index_->epoch_about("nobody").value().own.empty());
  // The second epoch reads on where the first ended.
  const auto later = decide("three", "anna");
  EXPECT_EQ(index_->epoch_about("anna").value().own, (Numbers{first - 1, first, ack, later - 1, later}));
  const Leaf root = decode_leaf(store_->leaf(anna.leaf_index).value()).value();
  EXPECT_EQ(root.type, LeafType::index);
  EXPECT_EQ(root.relies_on, Numbers{5});
  EXPECT_NE(anna.label, index_->epoch_about("bo").value().label);
}

TEST_F(AccessTest, AConsentAndItsEndAreAboutWhoeverGaveIt) {
  Consent consent;
  consent.id = "consent-1", consent.subject_ref = "anna", consent.holder = "board", consent.giver = "self";
  auto done = ledger_->commit_blocking({make_leaf(LeafType::consent, clock_.at, "board", {}, consent.id, "given")},
                                       [&](Txn& txn, const std::vector<std::uint64_t>& at) {
                                         consent.leaf_index = at.at(0);
                                         return txn.put_consent(consent);
                                       });
  ASSERT_TRUE(done);
  const auto end = append(LeafType::revocation, consent.id, {done->leaves.at(0)});
  EXPECT_EQ(index_->epoch_about("anna").value().own, (Numbers{done->leaves.at(0), end}));
}

TEST_F(AccessTest, WhatWasErasedHasNoLabelAfterwards) {
  const auto at = decide("one", "anna,bo");
  decide("two", "bo");
  EXPECT_EQ(index_->epoch_about("anna").value().own.size(), 2u);
  ExchangeRow row = store_->exchange("one").value().value();
  row.subject_refs.clear();
  ASSERT_TRUE(
      ledger_->commit_blocking({}, [&](Txn& txn, const std::vector<std::uint64_t>&) { return txn.put_exchange(row); }));
  EXPECT_EQ(index_->epoch_about("anna").value().own, (Numbers{at - 1, at})) << "kept until forget()";
  index_->forget();
  EXPECT_TRUE(index_->epoch_about("anna").value().own.empty());
  EXPECT_EQ(index_->epoch_about("bo").value().own.size(), 2u);
}

TEST_F(AccessTest, AnEmptyLogHasNoEpoch) {
  EXPECT_EQ(index_->log_epoch().error().code, Errc::conflict);
  decide("one", "anna");
  EXPECT_EQ(index_->log_epoch().value(), 2u);
}

TEST_F(AccessTest, TheSupervisorsReportIsWholeAndAnEntryLeftOutShows) {
  for (int i = 0; i < 300; ++i)  // more than a tile, and labels that part at many depths
    decide("x" + std::to_string(i), "p" + std::to_string(i % 23) + (i % 5 == 0 ? ",anna" : ""));
  const auto report = supervisor_report(*store_, *index_, "anna").value();
  EXPECT_EQ(report.entries, 120u);
  EXPECT_EQ(report.covered, 600u);
  const auto [code, words] = verify(report.text);
  EXPECT_EQ(code, 0) << words;

  auto json = parse_json(report.text,
                         [] {
                           JsonLimits limits;
                           limits.bytes_max = 16u << 20;
                           return limits;
                         }())
                  .value();
  auto& entries = json.at("entries").as_array();
  auto& list = json.at("index").at("end").at("list").as_array();
  const auto lost = entries[7].at("index").as_int64();
  entries.erase(entries.begin() + 7);
  const auto [left_out, named] = verify(json::serialize(json));
  EXPECT_EQ(left_out, 1);
  EXPECT_NE(named.find("entry " + std::to_string(lost) + ": is LEFT OUT"), std::string::npos) << named;
  list.erase(list.begin() + 7);
  EXPECT_EQ(verify(json::serialize(json)).first, 1) << "the list itself leads to the root";
}

TEST_F(AccessTest, ThatThereIsNothingAboutAPersonIsProved) {
  for (int i = 0; i < 40; ++i) decide("x" + std::to_string(i), "p" + std::to_string(i));
  bool empty_place = false, anothers = false;
  for (int i = 0; i < 40; ++i) {
    const auto report = supervisor_report(*store_, *index_, "nobody" + std::to_string(i)).value();
    EXPECT_EQ(report.entries, 0u);
    const auto [code, words] = verify(report.text);
    EXPECT_EQ(code, 0) << words;
    (report.text.find("\"end\":null") != std::string::npos ? empty_place : anothers) = true;
  }
  EXPECT_TRUE(empty_place && anothers);
}

TEST(PrefixIndex, AgreesWithTheVerifiersOwnReading) {
  index::Lists lists;
  EXPECT_EQ(index::root(lists), *verify::index_root({}, {}, std::nullopt));
  for (std::uint64_t i = 0; i < 50; ++i) {
    lists[merkle::to_hash(crypto::sha256("person " + std::to_string(i)))] = {i, i + 100};
    const auto root = index::root(lists);
    for (const auto& [label, list] : lists) {
      const auto walk = index::walk(lists, label);
      ASSERT_TRUE(walk.end && walk.end->label == label);
      EXPECT_EQ(walk.end->value, verify::list_hash(list));
      EXPECT_EQ(verify::index_root(label, walk.siblings, verify::IndexEnd{label, verify::list_hash(list)}), root);
    }
  }
}

}  // namespace
}  // namespace samband
