// Breaches on record: what a range of the log touched, the 72 hours, a text that only its own key opens, and a record
// that an erasure leaves standing.
#include "admin/incidents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "keys/crypto.hpp"
#include "keys/period.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

struct HandClock final : Clock {
  Time at = parse_rfc3339("2026-01-20T10:00:00Z").value();
  Time now() const override { return at; }
};

class IncidentsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "samband-incidents-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    ASSERT_TRUE(KeyStore::create(root_ / "keys"));
    keys_ = KeyStore::open(root_ / "keys").value();
    store_ = Store::open(root_ / "data").value();
    Ledger::Options options;
    options.log_seed = keys_->log_seed();
    ledger_ = Ledger::open(*store_, options).value();
    incidents_ = std::make_unique<Incidents>(Incidents::Parts{*store_, *ledger_, *keys_, clock_});
    exchange("one", "police", "board", {"anna", "bo"}, "suspicion");  // leaves 0 and 1
    exchange("two", "school", "board", {"bo"}, "health");             // 2 and 3
    consent("consent-1", "cecilia");                                  // 4
  }
  void TearDown() override {
    incidents_.reset(), ledger_.reset(), store_.reset(), keys_.reset();
    fs::remove_all(root_);
  }
  void exchange(const std::string& id, const std::string& from, const std::string& to,
                const std::vector<std::string>& persons, const std::string& category) {
    MessageRow message;
    message.id = "m-" + id, message.sender = from, message.sender_message_id = id, message.exchanges = id;
    message.kind = from + ".kind", message.key_id = keys_->payload_key(persons, "long/2026-01").value().id;
    ExchangeRow row;
    row.id = id, row.message_id = message.id, row.sender = from, row.recipient = to, row.kind = message.kind;
    row.outcome = "released", row.state = ExchangeState::delivered, row.key_id = message.key_id;
    row.explanation = R"({"fields":{"released":[{"category":"identity"}],"withheld":[{"category":")" + category +
                      R"("}],"held":[]}})";
    for (const auto& p : persons) row.subject_refs += (row.subject_refs.empty() ? "" : ",") + p;
    auto origin = make_leaf(LeafType::origin, clock_.at, from, {}, message.id, "received");
    auto decision = make_leaf(LeafType::decision, clock_.at, from, to, id, "released");
    decision.relies_on_own = {0};
    ASSERT_TRUE(ledger_->commit_blocking({origin, decision},
                                         [&](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
                                           message.leaf_index = at.at(0), row.leaf_index = at.at(1);
                                           if (auto r = txn.add_message(message); !r) return r;
                                           return txn.put_exchange(row);
                                         }));
  }
  void consent(const std::string& id, const std::string& subject) {
    Consent consent;
    consent.id = id, consent.subject_ref = subject, consent.holder = "board", consent.giver = "self";
    consent.recipients = {"bup"}, consent.categories = {"school"};
    ASSERT_TRUE(ledger_->commit_blocking({make_leaf(LeafType::consent, clock_.at, "board", {}, id, "given")},
                                         [&](Txn& txn, const std::vector<std::uint64_t>& at) {
                                           consent.leaf_index = at.at(0);
                                           return txn.put_consent(consent);
                                         }));
  }
  static IncidentOpening opening(std::uint64_t first = 0, std::uint64_t last = 4) {
    return {"operator", "unauthorised_access", first, last, {}, "A laptop was stolen."};
  }
  IncidentClosing closing(const std::string& id) {
    return {"operator", id, "reported", clock_.at, "The disk was encrypted."};
  }
  Leaf leaf(std::uint64_t index) { return decode_leaf(store_->leaf(index).value()).value(); }
  static std::string place_of(const Result<IncidentRow>& refused) {
    return refused ? "was accepted" : std::string(to_string(refused.error().code)) + " " + refused.error().where;
  }

  fs::path root_;
  HandClock clock_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Incidents> incidents_;
};

TEST_F(IncidentsTest, ARangeIsCountedEachPersonOnce) {
  const IncidentRow row = incidents_->open(opening()).value();
  EXPECT_EQ(row.scope, R"({"leaves":5,"exchanges":2,"messages":2,"consents":1,"persons":3,"erased":0,)"
                       R"("parties":["board","bup","police","school"],"kinds":["police.kind","school.kind"],)"
                       R"("categories":["health","identity","school","suspicion"]})");
  EXPECT_EQ(row.aware_at, clock_.at) << "by default now";
  EXPECT_THAT(incidents_->exchanges(row).value(), ElementsAre("one", "two"));
  const IncidentRow part = incidents_->open(opening(3, 4)).value();
  EXPECT_THAT(part.scope, testing::HasSubstr(R"("exchanges":1,"messages":0,"consents":1,"persons":2)"));
  EXPECT_THAT(incidents_->exchanges(part).value(), ElementsAre("two"));
}

TEST_F(IncidentsTest, ItsLeafSaysWhatAndHowManyAndCommitsToTheText) {
  const IncidentRow row = incidents_->open(opening()).value();
  const Leaf opened = leaf(row.leaf_index);
  EXPECT_EQ(opened.type, LeafType::incident);
  EXPECT_EQ(opened.sender + " " + opened.subject_id + " " + opened.outcome, "operator " + row.id + " opened");
  EXPECT_THAT(opened.codes, ElementsAre("unauthorised_access", "exchanges:2", "messages:2", "consents:1", "persons:3"));
  EXPECT_THAT(opened.relies_on, ElementsAre(0u, 4u));
  const json::object record = incidents_->opened(row).value().as_object();
  const std::string details(string_at(record, "details"));
  EXPECT_THAT(details, testing::HasSubstr("A laptop was stolen."));
  EXPECT_EQ(crypto::hmac_sha256(from_base64(string_at(record, "nonce")).value(), details), opened.payload_commitment);
  EXPECT_EQ(row.side.find("laptop"), std::string::npos);
  const auto stored = store_->incident(row.id).value();
  EXPECT_EQ(incidents_->opened(*stored).value(), json::value(record));
  EXPECT_TRUE(incidents_->closed(*stored).value().is_null());
  const auto checked = Ledger::verify(*store_, ledger_->verifier_key()).value();
  EXPECT_TRUE(checked.problems.empty());
}

TEST_F(IncidentsTest, ItIsClosedOnceAndLateIsOnRecord) {
  const IncidentRow row = incidents_->open(opening()).value();
  clock_.at += kIncidentReportWithin + std::chrono::seconds(1);
  const IncidentRow closed = incidents_->close(closing(row.id)).value();
  EXPECT_EQ(closed.result, "reported");
  EXPECT_EQ(closed.reported_at, clock_.at);
  const Leaf last = leaf(*closed.closing_leaf_index);
  EXPECT_EQ(last.outcome, "reported");
  EXPECT_THAT(last.codes, ElementsAre("late"));
  EXPECT_THAT(last.relies_on, ElementsAre(row.leaf_index));
  EXPECT_THAT(string_at(incidents_->closed(closed).value().as_object(), "details"),
              testing::HasSubstr("The disk was encrypted."));
  EXPECT_EQ(place_of(incidents_->close(closing(row.id))), "conflict id");
  const IncidentRow other = incidents_->open(opening()).value();
  clock_.at += kIncidentReportWithin;
  const IncidentRow in_time = incidents_->close(closing(other.id)).value();
  EXPECT_TRUE(leaf(*in_time.closing_leaf_index).codes.empty());
}

TEST_F(IncidentsTest, WhatIsNotAnIncidentIsRefusedAndLeavesNothing) {
  const std::uint64_t before = ledger_->size();
  const auto refused = [&](auto change) {
    IncidentOpening asked = opening();
    change(asked);
    return place_of(incidents_->open(asked));
  };
  EXPECT_EQ(refused([](auto& o) { o.kind = "bad luck"; }), "invalid_input /kind");
  EXPECT_EQ(refused([](auto& o) { o.first_leaf = 5; }), "invalid_input /from");
  EXPECT_EQ(refused([](auto& o) { o.last_leaf = 5; }), "invalid_input /to");
  EXPECT_EQ(refused([](auto& o) { o.text = ""; }), "invalid_input /text");
  EXPECT_EQ(refused([](auto& o) { o.text = std::string(kIncidentTextMax + 1, 'x'); }), "invalid_input /text");
  EXPECT_EQ(refused([](auto& o) { o.text = "about 19121212-1212"; }), "invalid_input /text");
  EXPECT_EQ(refused([&](auto& o) { o.aware_at = clock_.at + std::chrono::seconds(1); }), "invalid_input /awareAt");
  EXPECT_EQ(ledger_->size(), before);
  EXPECT_EQ(store_->count("incident").value(), 0);

  const IncidentRow row = incidents_->open(opening()).value();
  const auto not_closed = [&](auto change) {
    IncidentClosing asked = closing(row.id);
    change(asked);
    return place_of(incidents_->close(asked));
  };
  EXPECT_EQ(not_closed([](auto& c) { c.id = "another"; }), "not_found id");
  EXPECT_EQ(not_closed([](auto& c) { c.result = "forgotten"; }), "invalid_input /result");
  EXPECT_EQ(not_closed([](auto& c) { c.reported_at.reset(); }), "invalid_input /reportedAt");
  EXPECT_EQ(not_closed([](auto& c) { c.result = "not_required"; }), "invalid_input /reportedAt");
  EXPECT_EQ(not_closed([&](auto& c) { c.reported_at = clock_.at + std::chrono::seconds(1); }),
            "invalid_input /reportedAt");
  EXPECT_EQ(not_closed([&](auto& c) { c.reported_at = clock_.at - std::chrono::seconds(1); }),
            "invalid_input /reportedAt");
  EXPECT_EQ(not_closed([](auto& c) { c.text = "19121212-1212"; }), "invalid_input /text");
  EXPECT_FALSE(store_->incident(row.id).value()->closed_at);
}

TEST_F(IncidentsTest, AnErasedPersonIsStillCountedAndKnownNoMore) {
  const IncidentRow row = incidents_->open(opening()).value();
  const auto keys = keys_->keys_of("anna").value();
  const SealedRows rows = store_->sealed_under(keys).value();
  ASSERT_THAT(rows.exchanges, ElementsAre("one"));
  ASSERT_TRUE(keys_->destroy(keys));
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    if (auto r = txn.forget_keys(keys); !r) return r;
    return txn.empty_rows(rows);
  }));
  const IncidentRow after = store_->incident(row.id).value().value();
  EXPECT_EQ(after.scope, row.scope);
  EXPECT_TRUE(incidents_->opened(after).value().is_object());
  EXPECT_THAT(incidents_->exchanges(after).value(), ElementsAre("one", "two"));
  const IncidentRow later = incidents_->open(opening()).value();
  EXPECT_THAT(later.scope, testing::HasSubstr(R"("persons":2,"erased":1)"));
}

TEST_F(IncidentsTest, ItsTextsGoWhenTheirTimeIsOver) {
  const IncidentRow row = incidents_->open(opening()).value();
  const auto keys = keys_->keys_in(period_of(kIncidentClass, clock_.at)).value();
  ASSERT_THAT(keys, ElementsAre(row.key_id));
  ASSERT_TRUE(keys_->destroy(keys));
  ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.forget_keys(keys); }));
  const IncidentRow after = store_->incident(row.id).value().value();
  EXPECT_TRUE(incidents_->opened(after).value().is_null());
  EXPECT_EQ(after.scope, row.scope);
  EXPECT_EQ(place_of(incidents_->close(closing(row.id))), "conflict id");
}

}  // namespace
}  // namespace samband
