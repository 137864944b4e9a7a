// Erasure in the store: what the keys of a person sealed is emptied, stays empty, and is gone from every file; the log
// and the skeleton of each exchange stay.
#include "contract.hpp"

namespace samband {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kKey = 77, kOther = 78;
const Bytes kSecret(800, '\x5a');

class ErasureTest : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    for (const std::int64_t key : {kKey, kOther})
      write([&](Txn& txn) { return fill(txn, "x" + std::to_string(key), key); });
  }

  static ExchangeRow exchange(const std::string& id, std::int64_t key) {
    ExchangeRow row;
    row.id = id, row.message_id = "m-" + id, row.sender = "police", row.recipient = "social-board";
    row.kind = "police.suspicion", row.state = ExchangeState::delivered, row.outcome = "released", row.leaf_index = 3;
    row.explanation = R"({"words":"Q-explained"})", row.fingerprint = "Q-fingerprint", row.subject_refs = "Q-reference";
    row.consents = "Q-consent", row.key_id = key;
    row.external_reference = row.side = row.conversation = kSecret;
    return row;
  }
  static Result<void> fill(Txn& txn, const std::string& id, std::int64_t key) {
    MessageRow message;
    message.id = "m-" + id, message.sender = "police", message.sender_message_id = id, message.kind = "k";
    message.content_hash = "Q-hash", message.key_id = key, message.body = kSecret, message.exchanges = id;
    if (auto r = txn.add_message(message); !r) return r;
    if (auto r = txn.put_exchange(exchange(id, key)); !r) return r;
    AssessmentRow answer{"a-" + id, id, "danger", "Q-person", kSecret, "reason", "police", "yes", at(1)};
    if (auto r = txn.add_assessment(answer); !r) return r;
    if (auto r = txn.add_status({"s-" + id, id, "social-board", "received", "", kSecret, at(1), 4}); !r) return r;
    if (auto r = txn.put_agenda({id, "ttl", at(5), at(5), 0}); !r) return r;
    if (auto r = txn.put_task({id, "notify_person", "police", at(1), at(9), {}, at(3), kSecret, "done", "", 4}); !r)
      return r;
    if (auto r = txn.put_task({id, "notify_guardian", "police", at(1), at(9), {}, {}, "", "", "", 3}); !r) return r;
    ReviewRow review{id, "police", "emergency", "danger", at(1), at(9), {}, at(3), kSecret, "justified", "", 4};
    return txn.put_review(review);
  }
  void erase() {
    const SealedRows rows = store_->sealed_under({kKey}).value();
    write([&](Txn& txn) -> Result<void> {
      if (auto r = txn.forget_keys({kKey}); !r) return r;
      return txn.empty_rows(rows);
    });
  }
};

SAMBAND_FOR_EVERY_BACKEND(ErasureTest);

TEST_P(ErasureTest, FindsWhatAKeySealsAndWhatOfItIsLive) {
  EXPECT_THAT(store_->key_ids().value(), ElementsAre(kKey, kOther));
  SealedRows rows = store_->sealed_under({kKey}).value();
  EXPECT_THAT(rows.messages, ElementsAre("m-x77"));
  EXPECT_THAT(rows.exchanges, ElementsAre("x77"));
  EXPECT_THAT(rows.live, IsEmpty());
  EXPECT_THAT(rows.reviews, IsEmpty());
  EXPECT_TRUE(store_->sealed_under({5}).value().empty());
  for (const auto state : {ExchangeState::held, ExchangeState::queued, ExchangeState::delivering, ExchangeState::inbox,
                           ExchangeState::dead}) {
    write([&](Txn& txn) {
      ExchangeRow row = exchange("x77", kKey);
      row.state = state;
      return txn.put_exchange(row);
    });
    EXPECT_EQ(store_->sealed_under({kKey})->live.size(), 1u) << to_string(state);
  }
  write([&](Txn& txn) {
    ExchangeRow row = exchange("x77", kKey);
    row.due_at = at(9);
    return txn.put_exchange(row);
  });
  EXPECT_EQ(store_->sealed_under({kKey})->live.size(), 1u) << "under a duty";
}

TEST_P(ErasureTest, EmptiesWhatWasSealedAndKeepsTheRest) {
  erase();
  const MessageRow message = store_->message("m-x77").value().value();
  EXPECT_EQ(message.key_id, 0);
  EXPECT_EQ(message.body + message.content_hash, "");
  EXPECT_EQ(message.sender_message_id, "x77") << "the id stays taken";
  const ExchangeRow row = store_->exchange("x77").value().value();
  EXPECT_EQ(row.key_id, 0);
  EXPECT_EQ(row.fingerprint + row.subject_refs + row.consents, "");
  EXPECT_EQ(row.external_reference + row.side + row.conversation, "");
  EXPECT_THAT(row.explanation, HasSubstr("\"erased\":true"));
  EXPECT_EQ(row.outcome, "released");
  EXPECT_EQ(row.leaf_index, 3u);
  EXPECT_EQ(row.state, ExchangeState::delivered);
  EXPECT_EQ(store_->assessments("x77")->front().assessor_id + store_->assessments("x77")->front().person_ref, "");
  EXPECT_EQ(store_->statuses("x77")->front().handler, "");
  EXPECT_EQ(store_->review("x77").value()->reviewer, "");
  EXPECT_EQ(store_->review("x77").value()->verdict, "justified");
  EXPECT_EQ(store_->task("x77", "notify_person").value()->official, "");
  EXPECT_EQ(store_->task("x77", "notify_person").value()->outcome, "done");
  EXPECT_FALSE(store_->task("x77", "notify_guardian").value()) << "nobody can be told any more";
  EXPECT_TRUE(store_->task("x78", "notify_guardian").value());
  EXPECT_THAT(store_->agenda("x77").value(), IsEmpty());
  EXPECT_TRUE(store_->sealed_under({kKey}).value().empty());
  EXPECT_EQ(store_->exchange("x78").value()->side, kSecret) << "of another person nothing is touched";
  EXPECT_EQ(store_->message("m-x78").value()->body, kSecret);
}

// A row that grows makes SQLite lay its page out anew, and what the page held before stays in its gaps.
TEST_P(ErasureTest, RowsThatGrewLeaveNoTraceEither) {
  const auto grow = [&](std::size_t size) {
    for (int from = 0; from < 1500; from += 100)
      write([&](Txn& txn) -> Result<void> {
        for (int i = from; i < from + 100; ++i) {
          ExchangeRow row = exchange("g" + std::to_string(i), kKey);
          row.explanation = "{}", row.side = row.conversation = "";
          row.subject_refs = "Q-grown-" + std::to_string(i * 7919 % 1500) + "-reference";
          row.external_reference = Bytes(size, 'e');
          if (auto put = txn.put_exchange(row); !put) return put;
        }
        return {};
      });
  };
  grow(0);
  grow(60);
  grow(200);
  ASSERT_TRUE(files_hold("Q-grown-"));
  erase();
  ASSERT_TRUE(store_->scrub());
  EXPECT_FALSE(files_hold("Q-grown-"));
}

TEST_P(ErasureTest, LeavesNoTraceInAnyFileNorInACopy) {
  erase();
  write([&](Txn& txn) -> Result<void> { return txn.put_agenda({"x78", "hold", at(5), at(5), 0}); });
  // The other person's bytes are the same: they must go too before the search can tell.
  const SealedRows rows = store_->sealed_under({kOther}).value();
  ASSERT_TRUE(files_hold(kSecret.substr(0, 100))) << "the search must be able to find it";
  write([&](Txn& txn) -> Result<void> {
    if (auto r = txn.forget_keys({kOther}); !r) return r;
    return txn.empty_rows(rows);
  });
  auto scrubbed = store_->scrub();
  ASSERT_TRUE(scrubbed) << scrubbed.error().message;
  ASSERT_TRUE(store_->copy_to(folder_ / "copy.db"));
  for (const std::string& trace :
       {kSecret.substr(0, 100), std::string("Q-hash"), std::string("Q-explained"), std::string("Q-fingerprint"),
        std::string("Q-reference"), std::string("Q-consent"), std::string("Q-person")})
    EXPECT_FALSE(files_hold(trace)) << trace.substr(0, 20);
  EXPECT_FALSE(store_->copy_to(folder_ / "copy.db")) << "a file that is there stays";
}

TEST_P(ErasureTest, AReaderOfAnOlderStateHoldsTheScrubUp) {
  auto reader = open(true);
  ASSERT_TRUE(reader->exchange("x77").value());
  erase();
  auto scrubbed = store_->scrub();
  ASSERT_FALSE(scrubbed);
  EXPECT_EQ(scrubbed.error().code, Errc::busy);
  reader.reset();
  EXPECT_TRUE(store_->scrub());
}

TEST_P(ErasureTest, WhatWaitsIsNotForgotten) {
  for (const bool by_state : {true, false}) {
    write([&](Txn& txn) {
      ExchangeRow row = exchange("x77", kKey);
      if (by_state) row.state = ExchangeState::held;
      if (!by_state) row.due_at = at(9);
      return txn.put_exchange(row);
    });
    auto refused = store_->transact([](Txn& txn) { return txn.forget_keys({kKey}); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
  }
  write([](Txn& txn) { return txn.put_exchange(exchange("x77", kKey)); });
  write([](Txn& txn) {
    return txn.put_review({"x77", "police", "emergency", "danger", at(1), at(9), {}, {}, "", "", "", 4});
  });
  EXPECT_THAT(store_->sealed_under({kKey})->reviews, ElementsAre("x77"));
  EXPECT_FALSE(store_->transact([](Txn& txn) { return txn.forget_keys({kKey}); })) << "an emergency nobody has judged";
  write([](Txn& txn) { return fill(txn, "new", kKey); });  // undone with the transaction: nothing is forgotten
}

// Somebody still has the key in memory, or a row that was read before.
TEST_P(ErasureTest, NothingIsWrittenUnderAForgottenKey) {
  const ExchangeRow before = store_->exchange("x77").value().value();
  erase();
  auto message = store_->transact([](Txn& txn) { return fill(txn, "late", kKey); });
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, Errc::busy);
  EXPECT_EQ(store_->transact([&](Txn& txn) { return txn.put_exchange(before); }).error().code, Errc::conflict);
  write([&](Txn& txn) -> Result<void> {
    ExchangeRow row = txn.exchange("x77").value().value();
    row.external_reference = kSecret, row.life = "accepted";
    if (auto r = txn.put_exchange(row); !r) return r;
    if (auto r = txn.add_assessment({"b", "x77", "danger", "p1", kSecret, "", "police", "yes", at(2)}); !r) return r;
    if (auto r = txn.add_status({"t", "x77", "social-board", "accepted", "", kSecret, at(2), 5}); !r) return r;
    if (auto r = txn.put_task({"x77", "notify_person", "police", at(1), at(9), {}, at(4), kSecret, "done", "", 4}); !r)
      return r;
    return txn.put_review({"x77", "police", "e", "c", at(1), at(9), {}, at(4), kSecret, "justified", "", 4});
  });
  EXPECT_EQ(store_->exchange("x77").value()->external_reference, "");
  EXPECT_EQ(store_->exchange("x77").value()->life, "accepted");
  for (const AssessmentRow& row : store_->assessments("x77").value()) EXPECT_EQ(row.assessor_id + row.person_ref, "");
  for (const StatusRow& row : store_->statuses("x77").value()) EXPECT_EQ(row.handler, "");
  EXPECT_EQ(store_->task("x77", "notify_person").value()->official, "");
  EXPECT_EQ(store_->review("x77").value()->reviewer, "");
  write([](Txn& txn) { return fill(txn, "late", 79); });  // a new key is a new beginning
}

TEST_P(ErasureTest, ConsentsLoseTheirPersonAndKeepTheirDates) {
  Consent consent;
  consent.id = "c", consent.subject_ref = "Q-reference", consent.holder = "social-board", consent.giver = "Q-giver";
  consent.evidence_sha256 = "Q-evidence", consent.recipients = {"bup"}, consent.purposes = {"care"};
  consent.valid_from = at(1), consent.valid_to = at(10);
  write([&](Txn& txn) { return txn.put_consent(consent); });
  EXPECT_THAT(store_->consents_ended(at(10)).value(), IsEmpty());
  EXPECT_THAT(store_->consents_ended(at(11)).value(), ElementsAre("c"));
  write([&](Txn& txn) { return txn.empty_consents({"c"}); });
  EXPECT_THAT(store_->consents_ended(at(11)).value(), IsEmpty());
  write([&](Txn& txn) {
    Consent revoked = consent;  // read before the erasure, written after it
    revoked.revoked_at = at(5);
    return txn.put_consent(revoked);
  });
  const Consent after = store_->consent("c").value().value();
  EXPECT_EQ(after.subject_ref + after.giver + after.evidence_sha256, "");
  EXPECT_EQ(after.revoked_at, at(5));
  EXPECT_EQ(after.valid_to, at(10));
  EXPECT_THAT(after.recipients, ElementsAre("bup"));
  EXPECT_THAT(store_->consents_of({"Q-reference"}).value(), IsEmpty());
}

TEST_P(ErasureTest, ErasuresAreOnRecord) {
  const ErasureRow row{"e1", at(5), "subject", "gdpr_17_1_d", "SN 2026-17",      "operator", 1, 2,
                       3,    4,     5,         "nonce",       R"({"keys":[1]})", 9};
  write([&](Txn& txn) { return txn.add_erasure(row); });
  EXPECT_EQ(store_->transact([&](Txn& txn) { return txn.add_erasure(row); }).error().code, Errc::conflict);
  const ErasureRow found = store_->erasure("e1").value().value();
  EXPECT_EQ(found.decision, "SN 2026-17");
  EXPECT_EQ(found.withdrawn, 5);
  EXPECT_EQ(found.leaf_index, 9u);
  EXPECT_FALSE(store_->erasure("e2").value());
  EXPECT_EQ(store_->erasures(10)->size(), 1u);
  ErasureRow later = row;
  later.id = "e2";
  write([&](Txn& txn) { return txn.add_erasure(later); });
  EXPECT_EQ(store_->erasures(1)->front().id, "e2") << "newest first";
  ASSERT_EQ(store_->erasures(10, "e2")->size(), 1u);
  EXPECT_EQ(store_->erasures(10, "e2")->front().id, "e1");
  EXPECT_THAT(store_->erasures(10, "e1").value(), IsEmpty());
}

IncidentRow incident(const std::string& id, std::int64_t key) {
  IncidentRow row;
  row.id = id, row.party = "operator", row.kind = "loss", row.opened_at = at(9), row.aware_at = at(8);
  row.first_leaf = 3, row.last_leaf = 7, row.scope = R"({"exchanges":2})", row.key_id = key, row.side = kSecret;
  row.leaf_index = 8;
  return row;
}

TEST_P(ErasureTest, IncidentsAreOnRecord) {
  write([&](Txn& txn) { return txn.put_incident(incident("i1", 90)); });
  write([&](Txn& txn) { return txn.put_incident(incident("i2", 90)); });
  EXPECT_FALSE(store_->incident("i3").value());
  write([&](Txn& txn) -> Result<void> {
    IncidentRow row = txn.incident("i1").value().value();
    row.result = "reported", row.closed_at = at(20), row.reported_at = at(19), row.closing = "closing";
    row.closing_leaf_index = 11;
    return txn.put_incident(row);
  });
  const IncidentRow row = store_->incident("i1").value().value();
  EXPECT_EQ(row.party + row.kind + row.scope, R"(operatorloss{"exchanges":2})");
  EXPECT_EQ(row.opened_at, at(9));
  EXPECT_EQ(row.aware_at, at(8));
  EXPECT_EQ(row.first_leaf, 3u);
  EXPECT_EQ(row.last_leaf, 7u);
  EXPECT_EQ(row.leaf_index, 8u);
  EXPECT_EQ(row.side, kSecret);
  EXPECT_EQ(row.result + row.closing, "reportedclosing");
  EXPECT_EQ(row.closed_at, at(20));
  EXPECT_EQ(row.reported_at, at(19));
  EXPECT_EQ(row.closing_leaf_index, 11u);
  const auto newest_first = store_->incidents("", 10).value();
  ASSERT_EQ(newest_first.size(), 2u);
  EXPECT_EQ(newest_first.front().id, "i2");
  EXPECT_FALSE(newest_first.front().closed_at || newest_first.front().closing_leaf_index);
  EXPECT_EQ(store_->incidents("i2", 10)->size(), 1u);
  EXPECT_EQ(store_->count("incident").value(), 2);
  EXPECT_THAT(store_->key_ids().value(), ElementsAre(kKey, kOther, 90));
}

TEST_P(ErasureTest, AnIncidentOutlivesItsPersonsAndLosesItsTextsWithItsOwnKey) {
  write([&](Txn& txn) { return txn.put_incident(incident("i1", 90)); });
  erase();
  EXPECT_EQ(store_->incident("i1").value()->side, kSecret) << "of a person's erasure it is not part";
  write([&](Txn& txn) { return txn.forget_keys({90}); });
  const IncidentRow row = store_->incident("i1").value().value();
  EXPECT_EQ(row.key_id, 0);
  EXPECT_EQ(row.side + row.closing, "");
  EXPECT_EQ(row.scope, R"({"exchanges":2})");
  EXPECT_EQ(store_->transact([](Txn& txn) { return txn.put_incident(incident("i2", 90)); }).error().code, Errc::busy);
}

}  // namespace
}  // namespace samband
