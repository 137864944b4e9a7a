// Rows, transactions and listings: what every backend of the store must do.
#include <thread>

#include "contract.hpp"

namespace samband {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SAMBAND_FOR_EVERY_BACKEND(StoreContract);

TEST_P(StoreContract, MessagesComeBackAsWritten) {
  const MessageRow row = message("a");
  ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.add_message(row); }));
  for (const auto& found : {store_->message("a").value(), store_->message("police", "m-1").value()}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, row.id);
    EXPECT_EQ(found->content_hash, row.content_hash);
    EXPECT_EQ(found->received_at, row.received_at);
    EXPECT_EQ(found->body, row.body);
    EXPECT_EQ(found->exchanges, row.exchanges);
  }
  EXPECT_FALSE(store_->message("b").value());
  EXPECT_FALSE(store_->message("social-board", "m-1").value()) << "ids are the sender's own";
}

TEST_P(StoreContract, TheSameSenderMessageIdTwiceIsAConflict) {
  ASSERT_TRUE(store_->transact([](Txn& txn) { return txn.add_message(message("a")); }));
  auto again = store_->transact([](Txn& txn) { return txn.add_message(message("b")); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::conflict);
  EXPECT_TRUE(store_->transact([](Txn& txn) { return txn.add_message(message("b", "m-2")); }))
      << "a conflict is the caller's and stops nothing";
}

TEST_P(StoreContract, ExchangesComeBackAsWrittenAndAreReplaced) {
  ExchangeRow row = exchange("x");
  put(row);
  auto found = store_->exchange("x").value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, row.state);
  EXPECT_EQ(found->next_attempt_at, row.next_attempt_at);
  EXPECT_FALSE(found->due_at);
  EXPECT_FALSE(found->ack_leaf_index);
  EXPECT_EQ(found->side, row.side);
  EXPECT_EQ(found->subject_refs, row.subject_refs);
  row.state = ExchangeState::delivered, row.next_attempt_at.reset(), row.ack_leaf_index = 9,
  row.acknowledged_at = at(20);
  put(row);
  found = store_->exchange("x").value();
  EXPECT_EQ(found->state, ExchangeState::delivered);
  EXPECT_FALSE(found->next_attempt_at);
  EXPECT_EQ(found->ack_leaf_index, 9u);
  EXPECT_EQ(store_->count("exchange").value(), 1);
}

TEST_P(StoreContract, EveryStateHasATextAndBack) {
  for (int i = 0; i <= static_cast<int>(ExchangeState::withdrawn); ++i) {
    const auto state = static_cast<ExchangeState>(i);
    EXPECT_EQ(exchange_state_from(to_string(state)), state);
  }
  EXPECT_FALSE(exchange_state_from("gone"));
}

TEST_P(StoreContract, ListsByPartyStateSubjectConsentAndPage) {
  for (int i = 0; i < 6; ++i) {
    ExchangeRow row = exchange("x" + std::to_string(i), i % 2 ? ExchangeState::held : ExchangeState::queued);
    if (i == 4) row.sender = "bup", row.recipient = "police";
    if (i == 5) row.sender = "bup", row.subject_refs = "s1", row.consents = "c10";
    put(row);
  }
  ExchangeFilter filter;
  EXPECT_EQ(ids(store_->exchanges(filter)).size(), 6u);
  filter.limit = 2;
  EXPECT_THAT(ids(store_->exchanges(filter)), ElementsAre("x0", "x1"));
  filter.after = "x1";
  EXPECT_THAT(ids(store_->exchanges(filter)), ElementsAre("x2", "x3"));
  filter.newest_first = true, filter.after = "x5";
  EXPECT_THAT(ids(store_->exchanges(filter)), ElementsAre("x4", "x3"));
  filter = {}, filter.party = "police";
  EXPECT_THAT(ids(store_->exchanges(filter)), ElementsAre("x0", "x1", "x2", "x3", "x4"));
  filter.newest_first = true, filter.limit = 2;
  EXPECT_THAT(ids(store_->exchanges(filter)), ElementsAre("x4", "x3"));
  filter = {}, filter.state = "held";
  EXPECT_THAT(ids(store_->exchanges(filter)), ElementsAre("x1", "x3", "x5"));
  filter.party = "police";
  EXPECT_THAT(ids(store_->exchanges(filter)), ElementsAre("x1", "x3"));
  filter = {}, filter.subject_ref = "s2";
  EXPECT_EQ(ids(store_->exchanges(filter)).size(), 5u);
  filter = {}, filter.consent_id = "c1";
  EXPECT_EQ(ids(store_->exchanges(filter)).size(), 5u) << "c10 is another consent";
  filter = {}, filter.message_id = "m", filter.party = "bup";
  EXPECT_THAT(ids(store_->exchanges(filter)), ElementsAre("x4", "x5"));
  filter = {}, filter.state = "held' OR 1 --";
  EXPECT_EQ(store_->exchanges(filter).error().code, Errc::invalid_input);
}

TEST_P(StoreContract, DueOverdueAndInbox) {
  ExchangeRow row = exchange("a");
  put(row);
  row = exchange("b"), row.next_attempt_at = at(30);
  put(row);
  row = exchange("c", ExchangeState::inbox), row.next_attempt_at.reset(), row.due_at = at(15);
  put(row);
  row = exchange("d", ExchangeState::inbox), row.next_attempt_at.reset(), row.due_at = at(12),
  row.acknowledged_at = at(13);  // received, but a confirmation is still due
  put(row);
  EXPECT_THAT(ids(store_->due_exchanges(at(10), 10)), ElementsAre("a"));
  EXPECT_THAT(ids(store_->due_exchanges(at(30), 10)), ElementsAre("a", "b"));
  EXPECT_THAT(ids(store_->due_exchanges(at(9), 10)), ElementsAre());
  EXPECT_THAT(ids(store_->overdue(at(15), 10)), ElementsAre("d", "c"));
  EXPECT_THAT(ids(store_->overdue(at(14), 10)), ElementsAre("d"));
  EXPECT_THAT(ids(store_->overdue(at(11), 10)), ElementsAre());
  EXPECT_THAT(ids(store_->inbox("social-board", "", 10)), ElementsAre("c", "d"));
  EXPECT_THAT(ids(store_->inbox("social-board", "c", 10)), ElementsAre("d"));
  EXPECT_THAT(ids(store_->inbox("police", "", 10)), ElementsAre());
}

TEST_P(StoreContract, ConsentsAreListedAPageAtATimeAlsoPastAThousand) {
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    Consent consent;
    consent.subject_ref = "s1", consent.holder = "social-board", consent.giver = "self", consent.recipients = {"bup"};
    consent.valid_from = at(1), consent.valid_to = at(9);
    for (int i = 0; i < 1203; ++i) {
      consent.id = "c" + std::to_string(10000 + i);
      if (auto put = txn.put_consent(consent); !put) return put;
    }
    consent.id = "c2", consent.holder = "police";
    return txn.put_consent(consent);
  }));
  std::vector<std::string> seen;
  for (std::string before;;) {
    const auto page = store_->consents_held_by("social-board", before, 500);
    ASSERT_TRUE(page);
    for (const Consent& c : *page) seen.push_back(c.id);
    if (page->size() < 500) break;
    before = seen.back();
  }
  EXPECT_EQ(seen.size(), 1203u);
  EXPECT_EQ(seen.front(), "c11202") << "the newest first";
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1203u) << "each once, and nobody else's";
}

TEST_P(StoreContract, DecidedRuleSetsKeepTheirRowAndTheNewestTheirFiles) {
  const auto set = [](std::string hash, std::string state, std::string base, std::uint64_t leaf) {
    RuleSetRow row;
    row.hash = std::move(hash), row.state = std::move(state), row.base = std::move(base), row.files = "{}";
    row.proposed_by = "anna", row.proposed_at = at(static_cast<int>(leaf)), row.leaf_index = leaf;
    return row;
  };
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    for (const RuleSetRow& row :
         {set("old", "retired", "", 1), set("older-idea", "proposed", "old", 2), set("idea", "proposed", "old", 3),
          set("less-old", "retired", "old", 4), set("now", "active", "less-old", 5), set("open", "proposed", "now", 6)})
      if (auto put = txn.put_rule_set(row); !put) return put;
    return txn.drop_rule_files(1);
  }));
  const auto files = [&](const char* hash) { return store_->rule_set(hash)->value().files; };
  EXPECT_EQ(files("old") + files("older-idea"), "");
  for (const char* kept : {"idea", "less-old", "now", "open"}) EXPECT_EQ(files(kept), "{}") << kept;
  EXPECT_EQ(store_->rule_set("old")->value().proposed_by, "anna") << "who and when stay";
  EXPECT_FALSE(store_->rule_set("none")->has_value());
  const auto listed = store_->rule_sets().value();
  EXPECT_EQ(listed.size(), 6u);
  for (const RuleSetRow& row : listed) EXPECT_EQ(row.files, "") << "a list reads no files";
  // Written again from a list, a row keeps its files; proposed again, it has them anew.
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    for (const RuleSetRow& row : listed)
      if (auto put = txn.put_rule_set(row); !put) return put;
    return txn.put_rule_set(set("old", "proposed", "now", 7));
  }));
  EXPECT_EQ(files("now") + files("old"), "{}{}");
}

TEST_P(StoreContract, ConsentsAssessmentsAndStatuses) {
  Consent consent;
  consent.id = "c1", consent.subject_ref = "s1", consent.holder = "social-board", consent.giver = "self";
  consent.recipients = {"bup", "police"}, consent.purposes = {"care"}, consent.valid_from = at(1),
  consent.valid_to = at(9);
  consent.leaf_index = 5;
  AssessmentRow assessment{"a1", "x", "harm", "p1", "assessor", "reason", "police", "yes", at(3)};
  StatusRow status{"t1", "x", "social-board", "received", "", "team", at(4), 6};
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    if (auto r = txn.put_consent(consent); !r) return r;
    if (auto r = txn.add_assessment(assessment); !r) return r;
    return txn.add_status(status);
  }));
  consent.revoked_at = at(8);
  ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.put_consent(consent); }));
  const auto found = store_->consent("c1").value();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->recipients, ElementsAre("bup", "police"));
  EXPECT_TRUE(found->categories.empty());
  EXPECT_EQ(found->revoked_at, at(8));
  EXPECT_EQ(store_->consents_of({"s1", "s1", "s2"})->size(), 1u);
  EXPECT_EQ(store_->consents_held_by("social-board", "", 10)->size(), 1u);
  EXPECT_TRUE(store_->consents_held_by("police", "", 10)->empty());
  EXPECT_EQ(store_->assessments("x")->at(0).value, "yes");
  EXPECT_EQ(store_->statuses("x")->at(0).leaf_index, 6u);
  EXPECT_TRUE(store_->statuses("y")->empty());
  consent.purposes = {"two\nlines"};
  EXPECT_FALSE(store_->transact([&](Txn& txn) { return txn.put_consent(consent); }));
}

TEST_P(StoreContract, AFailedTransactionLeavesNothing) {
  auto failed = store_->transact([](Txn& txn) -> Result<void> {
    if (auto r = txn.put_exchange(exchange("x")); !r) return r;
    EXPECT_TRUE(txn.exchange("x").value()) << "the transaction sees its own writes";
    return fail(Errc::forbidden, "test", "no");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::forbidden);
  EXPECT_FALSE(store_->exchange("x").value());
  EXPECT_THROW((void)store_->transact([](Txn& txn) -> Result<void> {
    (void)txn.put_exchange(exchange("x"));
    throw std::runtime_error("bug");
  }),
               std::runtime_error);
  EXPECT_FALSE(store_->exchange("x").value());
  put(exchange("x"));
}

TEST_P(StoreContract, AFailedSavepointUndoesItselfAlone) {
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    EXPECT_TRUE(store_->savepoint(txn, [](Txn& t) { return t.put_exchange(exchange("a")); }));
    auto undone = store_->savepoint(txn, [](Txn& t) -> Result<void> {
      if (auto r = t.put_exchange(exchange("b")); !r) return r;
      if (auto r = t.put_exchange(exchange("a", ExchangeState::dead)); !r) return r;
      return fail(Errc::forbidden, "test", "no");
    });
    EXPECT_EQ(undone.error().code, Errc::forbidden);
    return store_->savepoint(txn, [](Txn& t) { return t.put_exchange(exchange("c")); });
  }));
  EXPECT_EQ(store_->exchange("a").value()->state, ExchangeState::queued);
  EXPECT_FALSE(store_->exchange("b").value());
  EXPECT_TRUE(store_->exchange("c").value());
}

TEST_P(StoreContract, WritingALeafAgainStopsTheStore) {
  ASSERT_TRUE(store_->transact([](Txn& txn) { return txn.add_leaves(0, std::vector<Bytes>{"zero"}); }));
  EXPECT_FALSE(store_->transact([](Txn& txn) { return txn.add_leaves(0, std::vector<Bytes>{"other"}); }));
  EXPECT_EQ(store_->leaf(0).value(), "zero");
  auto stopped = store_->transact([](Txn& txn) { return txn.put_exchange(exchange("x")); });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::unavailable);
}

TEST_P(StoreContract, TheAgendaIsReadByTimeAndKeptPerQuestion) {
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    for (const AgendaRow& row : {AgendaRow{"x", "duty", at(9), at(1), 0}, AgendaRow{"x", "ttl", at(5), at(1), 0},
                                 AgendaRow{"y", "hold", at(7), at(2), 0}})
      if (auto put = txn.put_agenda(row); !put) return put;
    if (auto put = txn.put_agenda({"x", "duty", at(6), at(1), 3}); !put) return put;  // replaces
    EXPECT_EQ(txn.agenda("x").value().size(), 2u);
    return txn.drop_agenda("x", "ttl");
  }));
  EXPECT_TRUE(store_->agenda_due(at(5), 10).value().empty());
  const auto due = store_->agenda_due(at(7), 10).value();
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].exchange_id + due[0].what, "xduty");
  EXPECT_EQ(due[0].count, 3);
  EXPECT_EQ(due[0].opened_at, at(1));
  EXPECT_EQ(due[1].exchange_id + due[1].what, "yhold");
}

TEST_P(StoreContract, AnswersAndReviewsComeBackAsWritten) {
  ReviewRow review{"x", "police", "emergency", "danger_to_life", at(1), at(9), {}, {}, "", "", "", 4};
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    EXPECT_EQ(txn.answers("police", "need_of_help").value().recent, "");
    if (auto put = txn.put_answers({"police", "need_of_help", "some", at(3)}); !put) return put;
    EXPECT_EQ(txn.answers("police", "need_of_help").value().recent, "some");
    return txn.put_review(review);
  }));
  const auto answers = store_->answers().value();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].alarmed_at, at(3));
  EXPECT_EQ(store_->reviews("police", true, 10).value().size(), 1u);
  EXPECT_TRUE(store_->reviews("social-board", false, 10).value().empty());
  EXPECT_TRUE(store_->reviews_overdue(at(8), 10).value().empty());
  EXPECT_EQ(store_->reviews_overdue(at(9), 10).value().size(), 1u);
  review.closed_at = at(8), review.reviewer = "Granskare Prov", review.verdict = "justified";
  ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.put_review(review); }));
  EXPECT_TRUE(store_->reviews("", true, 10).value().empty());
  EXPECT_TRUE(store_->reviews_overdue(at(9), 10).value().empty());
  EXPECT_EQ(store_->review("x").value()->verdict, "justified");
}

TEST_P(StoreContract, TasksAreListedByPartyOpenOrAnsweredAndPagedByExchangeAndTask) {
  TaskRow task{"x", "notify_guardian", "police", at(1), at(9), {}, {}, "", "", "", 4};
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    EXPECT_FALSE(txn.task("x", "notify_guardian").value());
    if (auto put = txn.put_task(task); !put) return put;
    EXPECT_EQ(txn.task("x", "notify_guardian").value()->due_at, at(9));
    if (auto put = txn.put_task({"x", "notify_person", "police", at(1), at(7), {}, {}, "", "", "", 4}); !put)
      return put;
    if (auto put = txn.put_task({"w", "notify_person", "police", at(1), at(7), {}, {}, "", "", "", 3}); !put)
      return put;
    return txn.put_task({"x", "assess_guardian_harm", "social-board", at(1), at(7), {}, {}, "", "", "", 4});
  }));
  const auto names = [&](std::string_view party, bool open, std::string_view exchange, std::string_view code,
                         int limit) {
    std::string out;
    for (const TaskRow& row : store_->tasks(party, open, exchange, code, limit).value())
      out += row.exchange_id + "." + row.task + " ";
    return out;
  };
  EXPECT_EQ(names("police", true, "", "", 10), "w.notify_person x.notify_guardian x.notify_person ");
  EXPECT_EQ(names("police", true, "", "", 1), "w.notify_person ");
  EXPECT_EQ(names("police", true, "x", "notify_guardian", 10), "x.notify_person ");
  EXPECT_EQ(names("police", false, "", "", 10), "");
  EXPECT_EQ(names("bup", true, "", "", 10), "");
  EXPECT_TRUE(store_->tasks_overdue(at(6), 10).value().empty());
  EXPECT_EQ(store_->tasks_overdue(at(8), 10).value().size(), 3u);
  task.overdue_at = at(9), task.closed_at = at(10), task.official = "Handläggare Prov", task.outcome = "not_done";
  task.reason_code = "withdrawn", task.leaf_index = 5;
  ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
    if (auto put = txn.put_task(task); !put) return put;
    return txn.drop_task("x", "notify_person");
  }));
  EXPECT_EQ(names("police", true, "", "", 10), "w.notify_person ");
  EXPECT_EQ(names("police", false, "", "", 10), "x.notify_guardian ");
  const TaskRow read = store_->task("x", "notify_guardian").value().value();
  EXPECT_EQ(read.party + read.outcome + read.reason_code + read.official, "policenot_donewithdrawnHandläggare Prov");
  EXPECT_EQ(std::pair(read.opened_at, read.overdue_at), std::pair(at(1), std::optional(at(9))));
  EXPECT_EQ(std::pair(read.closed_at, read.leaf_index), std::pair(std::optional(at(10)), std::uint64_t{5}));
  EXPECT_EQ(store_->tasks_overdue(at(99), 10).value().size(), 2u) << "an answered one is late no more";
}

TEST_P(StoreContract, ReadersAndWriterRunTogetherThroughManyCheckpoints) {
  std::atomic<bool> done{false};
  std::atomic<int> failed{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&] {
      while (!done)
        if (!store_->exchanges({}) || !store_->checkpoint()) ++failed;
    });
  const Bytes large(200'000, 'b');
  for (int i = 0; i < 200; ++i) {
    ExchangeRow row = exchange("x" + std::to_string(i % 10));
    row.side = large;
    ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.put_exchange(row); }));
  }
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(store_->check());
  EXPECT_FALSE(store_->count("sqlite_master"));
}

}  // namespace
}  // namespace samband
