#include "console/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>

#include "base/id.hpp"
#include "console/pages.hpp"
#include "console/words.hpp"
#include "model/vocabulary.hpp"

namespace samband {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const char* const kExplanation = R"({"reason":"cleared","fields":{"released":[{"category":"identity","count":5}],
  "withheld":[{"category":"document","count":1,"reason":"document_needs_release"}],"held":[]},
  "grounds":["LUL (1964:167) 6 §"],"words":{"sv":"Därför att.","en":"Because."}})";

Party party(std::string id, std::string type, std::string certificate) {
  Party party;
  party.id = id;
  party.name = "Name of " + id;
  party.actor_type = std::move(type);
  party.certificate_sha256 = std::move(certificate);
  return party;
}

Parties parties() {
  return Parties({party("police", "police", "aa"), party("board", "social_board", "bb"),
                  party("clinic", "health_clinic", "cc"), party("auditor", "auditor", "dd")});
}

ExchangeRow row(std::string id, std::string sender = "police", std::string recipient = "board") {
  ExchangeRow row;
  row.id = std::move(id);
  row.message_id = "m";
  row.sender = std::move(sender);
  row.recipient = std::move(recipient);
  row.kind = "police.suspicion";
  row.outcome = "partial";
  row.explanation = kExplanation;
  row.created_at = row.updated_at = *parse_rfc3339("2026-11-22T10:15:30Z");
  return row;
}

TEST(Pages, shows_who_what_why_and_how_much) {
  const Pages pages;
  const auto all = parties();
  const auto page = pages.overview({row("e1")}, all, *all.find("auditor"), Language::swedish);
  EXPECT_THAT(page, HasSubstr("<html lang=\"sv\">"));
  for (const char* text :
       {"Name of police", "Name of board", "police.<wbr>suspicion<wbr>", "Delvis utlämnat", "LUL (1964:167) 6 §",
        "identitet 5", "fritext eller bilaga 1 (handlingen ska prövas av en namngiven person)", "2026-11-22 11:15",
        "/verify/e1?lang=sv", "scope=\"col\"", "class=\"skip\""})
    EXPECT_THAT(page, HasSubstr(text));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("style=")));
  EXPECT_THAT(page, HasSubstr(">Utfall</th>"));
  EXPECT_THAT(page, Not(HasSubstr("></th>")));
  EXPECT_THAT(page, Not(HasSubstr("data-label=\"\"")));
  EXPECT_THAT(pages.overview({}, all, *all.find("auditor"), Language::english), HasSubstr("No exchanges yet."));
}

TEST(Pages, the_same_page_in_english) {
  const Pages pages;
  const auto all = parties();
  const auto page = pages.overview({row("e1")}, all, *all.find("auditor"), Language::english);
  EXPECT_THAT(page, HasSubstr("<html lang=\"en\">"));
  EXPECT_THAT(page, HasSubstr("Partly released"));
  EXPECT_THAT(page, HasSubstr("free text or attachment 1 (a named person must release the document)"));
  EXPECT_THAT(page, HasSubstr(">Outcome</th>"));
  EXPECT_THAT(page, Not(HasSubstr("Utfall")));
}

TEST(Pages, a_reason_is_said_once_for_all_its_fields) {
  const Pages pages;
  const auto all = parties();
  auto refused = row("e1");
  refused.explanation = R"({"fields":{"withheld":[{"category":"address","count":4,"reason":"not_needed"},
    {"category":"health","count":1,"reason":"consent_missing"},{"category":"debt","count":2,"reason":"not_needed"}]}})";
  EXPECT_THAT(pages.overview({refused}, all, *all.find("auditor"), Language::english),
              HasSubstr("home address 4, debt 2 (not needed for the purpose); health 1 (consent is missing)"));
}

TEST(Words, every_category_and_reason_has_them) {
  const auto expect_words = [](std::string_view list, std::string_view code) {
    for (const Language language : {Language::swedish, Language::english}) {
      const auto key = std::string(list) + "." + std::string(code);
      EXPECT_NE(word(language, key), key);
      EXPECT_EQ(word_for(language, list, code), word(language, key));
    }
  };
  for (const auto code : data_categories()) expect_words("category", code);
  expect_words("category", "unknown");
  for (const auto code : reason_codes()) expect_words("reason", code);
  EXPECT_EQ(word_for(Language::swedish, "reason", "no_such_code"), "no_such_code");
}

TEST(Pages, whatever_a_row_holds_stays_text) {
  const Pages pages;
  const Parties nobody;
  auto evil = row("\"><script>alert(1)</script>", "<b>sender</b>", "' onmouseover='x");
  evil.kind = "</code><img src=x>";
  evil.outcome = "x\" onclick=\"y";
  evil.explanation =
      R"({"grounds":["<i>law</i>"],"fields":{"held":[{"category":"<u>","count":1}]},"words":{"sv":"<svg onload=x>"}})";
  const auto viewer = party("a<b", "auditor", "dd");
  for (const auto& page : {pages.overview({evil}, nobody, viewer, Language::swedish),
                           pages.verification(evil, {}, viewer, Language::swedish)}) {
    for (const char* markup : {"<script", "<b>", "<img", "<i>", "<u>", "<svg", "onclick=\"", "onmouseover='"})
      EXPECT_THAT(page, Not(HasSubstr(markup)));
  }
}

TEST(Pages, a_row_without_a_sound_explanation_still_shows) {
  const Pages pages;
  const auto all = parties();
  for (const char* explanation :
       {"", "[]", "{\"fields\":[]}", "{\"fields\":{\"released\":[1,{}]},\"grounds\":[2]}", "not json"}) {
    auto odd = row("e1");
    odd.explanation = explanation;
    EXPECT_THAT(pages.overview({odd}, all, *all.find("police"), Language::swedish), HasSubstr("/verify/e1"));
  }
}

TEST(Pages, a_verdict_is_good_only_when_every_step_is) {
  const Pages pages;
  const auto viewer = party("auditor", "auditor", "dd");
  Verification found;
  found.signature = found.inclusion = found.leaf = true;
  EXPECT_THAT(pages.verification(row("e1"), found, viewer, Language::english), HasSubstr("The receipt is sound"));
  for (bool Verification::* step : {&Verification::signature, &Verification::inclusion, &Verification::leaf}) {
    auto broken = found;
    broken.*step = false;
    EXPECT_THAT(pages.verification(row("e1"), broken, viewer, Language::english), HasSubstr("NOT sound"));
  }
}

// With a real store and ledger.
class ConsoleTest : public ::testing::Test {
 protected:
  ConsoleTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "samband-console-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = std::move(Store::open(folder_)).value();
    Ledger::Options options;
    options.log_seed = Bytes(32, 's');
    ledger_ = std::move(Ledger::open(*store_, options)).value();
    id_ = add("police", "board", "partial");
    add("police", "clinic", "partial");
    wrong_ = add("police", "board", "released");
    rules_ = std::move(RuleRegistry::open(system_clock(), *store_, *ledger_, {SAMBAND_SOURCE_DIR "/config/rules", {}}, {}, 5)).value();
    handler_ = console_handler(*store_, *ledger_, parties_, *rules_);
  }
  ~ConsoleTest() override {
    rules_.reset();
    ledger_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // The leaf always says partial.
  std::string add(const std::string& sender, const std::string& recipient, const std::string& outcome,
                  const std::string& kind = "") {
    const auto now = *parse_rfc3339("2026-11-22T10:15:30Z");
    MessageRow message;
    message.id = message.sender_message_id = new_id(now);
    message.sender = sender;
    message.received_at = now;
    auto exchange = row(new_id(now), sender, recipient);
    exchange.message_id = message.id;
    exchange.outcome = outcome;
    if (!kind.empty()) exchange.kind = kind;
    Leaf leaf;
    leaf.type = LeafType::decision;
    leaf.event_id = Bytes(16, 'e');
    leaf.at = now;
    leaf.sender = sender;
    leaf.recipient = recipient;
    leaf.subject_id = exchange.id;
    leaf.outcome = "partial";
    leaf.payload_commitment = Bytes(32, 'c');
    const auto done =
        ledger_->commit_blocking({leaf}, [&](Txn& txn, const std::vector<std::uint64_t>& indices) -> Result<void> {
          exchange.leaf_index = indices[0];
          if (auto added = txn.add_message(message); !added) return added;
          return txn.put_exchange(exchange);
        });
    EXPECT_TRUE(done) << done.error().message;
    return exchange.id;
  }

  HttpResponse ask(std::string target, std::string certificate, std::string method = "GET") {
    asio::io_context io;
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.peer.sha256 = std::move(certificate);
    auto answer = asio::co_spawn(io, handler_(std::move(request)), asio::use_future);
    io.run();
    return answer.get();
  }

  std::filesystem::path folder_;
  Parties parties_ = parties();
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<RuleRegistry> rules_;
  Handler handler_;
  std::string id_, wrong_;
};

TEST_F(ConsoleTest, needs_a_known_certificate) {
  EXPECT_EQ(ask("/", "").status, 401);
  EXPECT_EQ(ask("/", "ee").status, 403);
  EXPECT_EQ(ask("/verify/" + id_, "").status, 401);
  EXPECT_EQ(ask("/", "bb").status, 200);
  EXPECT_EQ(ask("/", "bb", "POST").status, 405);
  EXPECT_EQ(ask("/other", "bb").status, 404);
  EXPECT_EQ(ask("/style.css", "").status, 200);
}

TEST_F(ConsoleTest, a_party_sees_its_own_exchanges_only) {
  EXPECT_THAT(ask("/", "bb").body, HasSubstr("/verify/" + id_));
  EXPECT_THAT(ask("/", "bb").body, Not(HasSubstr("Name of clinic")));
  EXPECT_THAT(ask("/", "cc").body, Not(HasSubstr("/verify/" + id_)));
  EXPECT_EQ(ask("/verify/" + id_, "cc").status, 404);
  EXPECT_EQ(ask("/verify/" + id_, "bb").status, 200);
  const auto all = ask("/", "dd").body;
  EXPECT_THAT(all, HasSubstr("/verify/" + id_));
  EXPECT_THAT(all, HasSubstr("Name of clinic"));
}

TEST_F(ConsoleTest, a_recipient_sees_nothing_of_what_was_refused_and_a_sender_no_reminder) {
  const auto refused = add("police", "board", "refused"), held = add("police", "board", "held");
  const auto reminder = add("board", "clinic", "released", "step.reminder");
  for (const auto& hidden : {refused, held, reminder}) {
    EXPECT_EQ(ask("/verify/" + hidden, "bb").status, 404);
    EXPECT_THAT(ask("/", "bb").body, Not(HasSubstr("/verify/" + hidden)));
    EXPECT_EQ(ask("/verify/" + hidden, "dd").status, 200);
  }
  EXPECT_EQ(ask("/verify/" + reminder, "cc").status, 200);
  EXPECT_EQ(ask("/verify/" + refused, "aa").status, 200);
  // Of what it got, not what was kept from it.
  EXPECT_THAT(ask("/", "dd").body, HasSubstr("Undanhållna"));
  EXPECT_THAT(ask("/", "bb").body, Not(HasSubstr("Undanhållna")));
}

TEST_F(ConsoleTest, verifies_the_receipt_and_sees_a_row_that_says_otherwise) {
  EXPECT_THAT(ask("/verify/" + id_ + "?lang=en", "dd").body, HasSubstr("The receipt is sound"));
  EXPECT_THAT(ask("/verify/" + wrong_ + "?lang=en", "dd").body, HasSubstr("NOT sound"));
  EXPECT_EQ(ask("/verify/nothing", "dd").status, 404);
}

TEST_F(ConsoleTest, every_answer_forbids_scripts_and_frames) {
  for (const auto& answer : {ask("/", "dd"), ask("/", ""), ask("/verify/" + id_, "dd"), ask("/style.css", "")})
    EXPECT_THAT(answer.headers, ::testing::Contains(::testing::Pair(
                                    "content-security-policy", HasSubstr("default-src 'none'; style-src 'self'"))));
}

}  // namespace
}  // namespace samband
