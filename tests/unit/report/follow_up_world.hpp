// A store filled by hand with what the five collaborations record, as docs/follow-up.md says: for the golden tests of
// their figures. Persons are references and birth dates; no identity number is needed.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <map>

#include "report/follow_up.hpp"

namespace samband::report {

inline Time at(const std::string& text) { return parse_rfc3339(text).value(); }
// Noon of a day in a month of 2027.
inline Time in_month(int month, int day = 10) {
  const Date date{std::chrono::year(2027), std::chrono::month(static_cast<unsigned>(month)),
                  std::chrono::day(static_cast<unsigned>(day))};
  return stockholm_midnight(date) + std::chrono::hours(12);
}

struct Sent {
  std::string person, kind, sender, recipient, purpose = "care_referral", route;
  int month = 1;
  int age = 30;
  std::string sex = "male", outcome = "released";
  json::object payload;
};

class FollowUpWorld : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "samband-follow-up-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    store_ = Store::open(folder_ / "data").value();
    for (const auto& [id, type] :
         std::vector<std::pair<const char*, const char*>>{{"police-west", "police"},
                                                          {"social-board", "social_board"},
                                                          {"maria-ungdom", "health_clinic"},
                                                          {"bas", "health_dependency"},
                                                          {"kronofogden", "enforcement"},
                                                          {"housing-emergency", "housing_emergency"},
                                                          {"housing-coordinator", "housing_coordinator"},
                                                          {"school-south", "school"},
                                                          {"hospital", "hospital"}}) {
      Party party;
      party.id = id, party.actor_type = type;
      list_.push_back(std::move(party));
    }
    parties_ = Parties(list_);
    std::ofstream(folder_ / "routes.toml") << R"(version = 1
[[route]]
id = "talk"
kinds = ["care.referral"]
to = "social-board"
purpose = "care_referral"
[[route.deadline]]
id = "personal_talk"
within = "24 hours"
met_by = ["contacted", "first_visit"]
[[route]]
id = "report"
kinds = ["concern.report", "police.lob"]
to = "maria-ungdom"
purpose = "child_protection"
[[route.deadline]]
id = "waiting_time"
within = "2 days"
met_by = ["contacted", "first_visit"]
[[route]]
id = "nomination"
kinds = ["sig.nomination"]
to = "social-board"
purpose = "sig_cooperation"
[[route.deadline]]
id = "savry"
starts = "accepted"
within = "1 week"
met_by = ["savry_done"]
)";
    auto routes = Routes::load(folder_ / "routes.toml", parties_);
    ASSERT_TRUE(routes) << routes.error().where << routes.error().message;
    routes_ = std::move(*routes);
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Several recipients of one message: `same` is the exchange of the first.
  std::string send(const Sent& s, const std::string& same = {}) {
    ExchangeRow row;
    row.id = "x" + std::to_string(100000 + rows_.size());
    row.message_id = same.empty() ? "m" + row.id : "m" + same;
    row.sender = s.sender, row.recipient = s.recipient, row.kind = s.kind, row.purpose = s.purpose;
    row.route = s.route, row.state = ExchangeState::inbox, row.outcome = s.outcome;
    row.life = s.outcome == "refused" ? "" : "sent";
    row.created_at = row.updated_at = in_month(s.month);
    if (!row.life.empty()) row.acknowledged_at = row.created_at + std::chrono::minutes(1);
    row.explanation = "{}", row.fingerprint = "f", row.subject_refs = s.person, row.key_id = 1;
    auto made = std::make_shared<Case>();
    made->message.id = row.message_id, made->message.kind = s.kind;
    made->message.sent_at = made->message.received_at = row.created_at;
    Person person;
    person.ref = "p1", person.role = s.kind == "eviction.time" ? "tenant" : "subject", person.subject_ref = s.person;
    if (s.age >= 0)
      person.birth_date = Date{std::chrono::year(2026 - s.age), std::chrono::month(12), std::chrono::day(31)};
    made->message.persons = {person};
    made->message.data = json::object{{"kind", s.kind},
                                      {"occurredAt", to_rfc3339(row.created_at)},
                                      {"persons", json::array{json::object{{"ref", "p1"}, {"sex", s.sex}}}},
                                      {"payload", s.payload}};
    if (same.empty()) messages_[row.message_id] = std::move(made);
    rows_.push_back(row);
    return row.id;
  }
  void step(const std::string& exchange, const std::string& status, Time when, const std::string& reason = {}) {
    steps_.push_back(
        {"s" + std::to_string(100000 + steps_.size()), exchange, "social-board", status, reason, {}, when, 0});
  }
  void erase(const std::string& exchange) { messages_.erase("m" + exchange); }

  // Writes what was sent and counts.
  void count(const std::string& name) {
    const std::filesystem::path file =
        std::filesystem::path(SAMBAND_SOURCE_DIR) / "config" / "scenarios" / name / "follow-up.toml";
    auto what = load_follow_up(file, &parties_);
    ASSERT_TRUE(what) << what.error().where << ": " << what.error().message;
    count(std::move(*what));
  }
  void count(FollowUp what) {
    auto written = store_->transact([&](Txn& txn) -> Result<void> {
      for (const ExchangeRow& row : rows_)
        if (auto put = txn.put_exchange(row); !put) return put;
      for (const StatusRow& row : steps_)
        if (auto added = txn.add_status(row); !added) return added;
      return {};
    });
    ASSERT_TRUE(written) << written.error().message;
    what_ = std::move(what);
    const auto read = [&](const ExchangeRow& row) -> Result<CasePtr> {
      const auto it = messages_.find(row.message_id);
      if (it == messages_.end()) return fail(Errc::not_found, "keys", "erased");
      return it->second;
    };
    auto counted = count_figures(what_, *store_, read, parties_, routes_, period_, at("2028-06-01T00:00:00Z"));
    ASSERT_TRUE(counted) << counted.error().message;
    counts_ = std::move(*counted);
  }

  std::size_t figure(const std::string& id) const {
    for (std::size_t i = 0; i < what_.figures.size(); ++i)
      if (what_.figures[i].id == id) return i;
    ADD_FAILURE() << "no figure " << id;
    return 0;
  }
  std::int64_t total(const std::string& id) const { return counts_.values[counts_.totals[figure(id)]]; }
  // Tenths of a percentage point, as printed.
  std::int64_t share_of(const std::string& id) const {
    return share(total(id), counts_.values[counts_.totals[*what_.figures[figure(id)].share_of]], what_.rounding);
  }
  std::int64_t in_class(By by, const std::string& id, const std::string& key) const {
    for (std::size_t t = 0; t < what_.tables.size(); ++t) {
      if (what_.tables[t].by != by) continue;
      const auto it = counts_.classes.find({t, figure(id)});
      if (it == counts_.classes.end()) continue;
      const auto cell = it->second.find(key);
      return cell == it->second.end() ? 0 : counts_.values[cell->second];
    }
    return 0;
  }
  std::vector<std::int64_t> by_month(const std::string& id, int last) const {
    std::vector<std::int64_t> out;
    for (int m = 1; m <= last; ++m)
      out.push_back(in_class(By::month, id, (m < 10 ? "2027-0" : "2027-") + std::to_string(m)));
    return out;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  std::vector<Party> list_;
  Parties parties_;
  Routes routes_;
  std::vector<ExchangeRow> rows_;
  std::vector<StatusRow> steps_;
  std::map<std::string, CasePtr> messages_;
  Period period_{Date{std::chrono::year(2027), std::chrono::month(1), std::chrono::day(1)},
                 Date{std::chrono::year(2028), std::chrono::month(1), std::chrono::day(1)}};
  FollowUp what_;
  FollowUpCounts counts_;
};

}  // namespace samband::report
