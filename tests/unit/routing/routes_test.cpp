#include "routing/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace samband {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "samband-routes-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~RoutesTest() override { std::filesystem::remove_all(folder_); }

  static Party party(std::string id, std::string type, std::string restricted = "") {
    Party p;
    p.id = id, p.actor_type = std::move(type), p.restricted_recipient = std::move(restricted);
    p.functional_address = "sdk.test.0203:" + id + ".test";
    return p;
  }
  Result<Routes> load(const std::string& text) {
    std::ofstream(folder_ / "routes.toml") << text;
    return Routes::load(folder_ / "routes.toml", parties_);
  }
  // Loads `version = 1` and one route with the given keys beside kinds and to.
  Routes route(const std::string& keys, const std::string& kind = "police.suspicion") {
    auto r = load("version = 1\n[[route]]\nid = \"r\"\nkinds = [\"" + kind +
                  "\"]\nto = \"social-board\"\npurpose = \"youth_offence_notice\"\n" + keys);
    EXPECT_TRUE(r) << (r ? "" : r.error().where + ": " + r.error().message);
    return r ? *r : Routes();
  }
  // "recipient/purpose" of every candidate that the route carries, "!" where it was replaced by a restricted recipient.
  std::vector<std::string> carry(const Routes& routes, const Message& m, const std::string& sender = "police") {
    std::vector<std::string> names;
    for (const Candidate& c : routes.candidates(m, *parties_.find(sender), parties_, agreements_, now_)) {
      if (!c.refused.empty()) continue;
      names.push_back((c.restricted ? "!" : "") + c.recipient->id + "/" + c.purpose);
    }
    return names;
  }
  static Message message(std::optional<Date> birth, const std::string& kind = "police.suspicion") {
    Message m;
    m.kind = kind;
    Person p;
    p.ref = "p1", p.role = "subject", p.birth_date = birth, p.municipality = "0999", p.district = "south";
    m.persons.push_back(p);
    m.data = json::object();
    return m;
  }

  std::filesystem::path folder_;
  Parties parties_{{party("police", "police"), party("social-board", "social_board", "social-restricted"),
                    party("social-restricted", "social_board"), party("clinic", "health_clinic"),
                    party("school", "school"), party("landlord", "landlord_private")}};
  std::vector<Agreement> agreements_{{"sig", {"police", "social-board"}, 2026y / 1 / 1, 2026y / 12 / 31}};
  Time now_ = *parse_rfc3339("2026-11-22T11:00:00Z");  // a Sunday, noon in Stockholm
};

const std::string kToSocial = "social-board/youth_offence_notice";
constexpr Date kBorn15 = 2011y / 3 / 1;

TEST_F(RoutesTest, CandidatesComeInFileOrderOncePerRecipientAndPurpose) {
  const auto routes = load(R"(version = 1
[[route]]
id = "a"
kinds = ["police.suspicion"]
to = "clinic"
purpose = "early_care"
[[route]]
id = "b"
kinds = ["police.lob", "police.suspicion"]
to = "social-board"
purpose = "youth_offence_notice"
[[route]]
id = "c"
kinds = ["police.suspicion"]
to = "clinic"
purpose = "early_care"
[[route]]
id = "d"
kinds = ["police.suspicion"]
to = "clinic"
purpose = "care_referral"
)");
  ASSERT_TRUE(routes);
  EXPECT_THAT(carry(*routes, message(kBorn15)),
              ElementsAre("clinic/early_care", "social-board/youth_offence_notice", "clinic/care_referral"));
  EXPECT_THAT(carry(*routes, message(kBorn15, "police.lob")), ElementsAre(kToSocial));
  EXPECT_THAT(carry(*routes, message(kBorn15, "test.order")), IsEmpty());
}

TEST_F(RoutesTest, AgeIsThatOfTheDay) {
  const Routes under18 = route("age = \"<18\"");
  EXPECT_THAT(carry(under18, message(2008y / 11 / 23)), ElementsAre(kToSocial));  // 18 tomorrow
  EXPECT_THAT(carry(under18, message(2008y / 11 / 22)), IsEmpty());               // 18 today
}
TEST_F(RoutesTest, TheDayIsThatOfStockholm) {
  now_ = *parse_rfc3339("2026-11-21T23:30:00Z");  // the 22nd, half past midnight
  EXPECT_THAT(carry(route("age = \"<18\""), message(2008y / 11 / 22)), IsEmpty());
}
TEST_F(RoutesTest, UnknownAgeMatchesOnlyWhereAgeDoesNotMatter) {
  EXPECT_THAT(carry(route("age = \"<18\""), message(std::nullopt)), IsEmpty());
  EXPECT_THAT(carry(route("age_min = 0"), message(std::nullopt)), ElementsAre(kToSocial));
  EXPECT_THAT(carry(route(""), message(std::nullopt)), ElementsAre(kToSocial));
}

// What is asked of one is not asked of all: such a route takes a message that names its recipient, and no other.
TEST_F(RoutesTest, AnAddressedRouteTakesOnlyWhatNamesItsRecipient) {
  const Routes routes = route("addressed = true");
  Message m = message(kBorn15);
  EXPECT_THAT(carry(routes, m), IsEmpty());
  for (const char* to : {"social-board", "sdk.test.0203:social-board.test"}) {
    m.addressed_to = to;
    EXPECT_THAT(carry(routes, m), ElementsAre(kToSocial)) << to;
  }
  m.addressed_to = "clinic";
  EXPECT_THAT(carry(routes, m), IsEmpty());
}

struct AgeCase {
  const char* text;
  int min, max;
};
TEST_F(RoutesTest, AgeForms) {
  for (const AgeCase& c : std::vector<AgeCase>{
           {"15-20", 15, 20}, {"<18", 0, 17}, {"<=18", 0, 18}, {">20", 21, 200}, {">=20", 20, 200}, {"18", 18, 18}}) {
    const Routes routes = route(std::string("age = \"") + c.text + "\"");
    ASSERT_EQ(routes.all().size(), 1u);
    EXPECT_EQ(routes.all()[0].age_min, c.min) << c.text;
    EXPECT_EQ(routes.all()[0].age_max, c.max) << c.text;
  }
  const Routes both = route("age_min = 13\nage_max = 20");
  EXPECT_EQ(both.all()[0].age_min, 13);
  EXPECT_EQ(both.all()[0].age_max, 20);
}

TEST_F(RoutesTest, HomeAreaIsTheSubjectsAndNotAGuardians) {
  const Routes south = route("municipalities = [\"0999\"]\ndistricts = [\"south\"]");
  Message m = message(kBorn15);
  EXPECT_THAT(carry(south, m), ElementsAre(kToSocial));
  Person guardian;
  guardian.ref = "p2", guardian.role = "guardian", guardian.municipality = "0999", guardian.district = "south";
  m.persons.push_back(guardian);
  m.persons[0].district = "north";
  EXPECT_THAT(carry(south, m), IsEmpty());
  m.persons[0].district = "south", m.persons[0].municipality = "0180";
  EXPECT_THAT(carry(south, m), IsEmpty());
  m.persons[0].municipality = "";
  EXPECT_THAT(carry(south, m), IsEmpty());
}

TEST_F(RoutesTest, ATenancyIsWhereTheDwellingIs) {
  const Routes south = route("municipalities = [\"0999\"]\ndistricts = [\"south\"]", "rent.arrears");
  Message m = message(kBorn15, "rent.arrears");
  m.persons[0].role = "tenant", m.persons[0].municipality = "0180", m.persons[0].district = "north";
  m.data = json::parse(R"({"payload": {"premises": {"municipality": "0999", "district": "south"}}})");
  EXPECT_THAT(carry(south, m), ElementsAre(kToSocial));
  m.persons[0].municipality = "0999", m.persons[0].district = "south";
  m.data = json::parse(R"({"payload": {"premises": {"municipality": "0180", "district": "south"}}})");
  EXPECT_THAT(carry(south, m), IsEmpty());
  m.data = json::parse(R"({"payload": {}})");
  EXPECT_THAT(carry(south, m), IsEmpty());
}

TEST_F(RoutesTest, OneSubjectMustMatchInAllRespects) {
  const Routes young_south = route("age = \"<18\"\ndistricts = [\"south\"]");
  Message m = message(1990y / 1 / 1);
  Person child = m.persons[0];
  child.ref = "p2", child.birth_date = kBorn15, child.district = "north";
  m.persons.push_back(child);
  EXPECT_THAT(carry(young_south, m), IsEmpty());
  m.persons[1].district = "south";
  EXPECT_THAT(carry(young_south, m), ElementsAre(kToSocial));
}

TEST_F(RoutesTest, HoursAreLocalAndMayWrapOverMidnight) {
  const Routes day = route("time = \"08:00-17:00\""), night = route("time = \"17:00-08:00\"");
  const auto at = [&](const char* time) { now_ = *parse_rfc3339(time); };
  at("2026-11-22T07:00:00Z");  // 08:00
  EXPECT_THAT(carry(day, message(kBorn15)), ElementsAre(kToSocial));
  EXPECT_THAT(carry(night, message(kBorn15)), IsEmpty());
  at("2026-11-22T06:59:59.999Z");
  EXPECT_THAT(carry(day, message(kBorn15)), IsEmpty());
  EXPECT_THAT(carry(night, message(kBorn15)), ElementsAre(kToSocial));
  at("2026-11-22T16:00:00Z");  // 17:00
  EXPECT_THAT(carry(day, message(kBorn15)), IsEmpty());
  EXPECT_THAT(carry(night, message(kBorn15)), ElementsAre(kToSocial));
  at("2026-07-22T15:00:00Z");  // 17:00, summer time
  EXPECT_THAT(carry(night, message(kBorn15)), ElementsAre(kToSocial));
}
TEST_F(RoutesTest, WorkingDaysOnly) {
  const Routes office = route("working_days_only = true");
  EXPECT_THAT(carry(office, message(kBorn15)), IsEmpty());  // Sunday
  now_ = *parse_rfc3339("2026-11-23T11:00:00Z");
  EXPECT_THAT(carry(office, message(kBorn15)), ElementsAre(kToSocial));
}

// A unit in office hours; its duty on nights, and on weekends and holidays all day.
constexpr const char* kUnitAndDuty = R"(
version = 1
[[route]]
id = "unit"
kinds = ["police.suspicion"]
time = "08:00-17:00"
working_days_only = true
to = "social-board"
purpose = "youth_offence_notice"
[[route]]
id = "duty-nights"
kinds = ["police.suspicion"]
time = "17:00-08:00"
to = "clinic"
purpose = "youth_offence_notice"
[[route]]
id = "duty-free-days"
kinds = ["police.suspicion"]
non_working_days_only = true
to = "clinic"
purpose = "youth_offence_notice"
)";

TEST_F(RoutesTest, SomebodyIsAlwaysOnDuty) {
  const auto routes = load(kUnitAndDuty);
  ASSERT_TRUE(routes) << routes.error().message;
  const std::string duty = "clinic/youth_offence_notice";
  for (const auto& [time, to] : std::vector<std::pair<const char*, std::string>>{
           {"2026-11-20T07:00:00Z", kToSocial},  // Friday 08:00
           {"2026-11-20T15:59:59Z", kToSocial},
           {"2026-11-20T16:00:00Z", duty},  // Friday 17:00
           {"2026-11-21T11:00:00Z", duty},  // Saturday noon
           {"2026-11-22T11:00:00Z", duty},  // Sunday noon
           {"2026-11-23T06:59:59Z", duty},  // Monday before eight
           {"2026-11-23T07:00:00Z", kToSocial},
           {"2026-12-24T11:00:00Z", duty},  // Christmas Eve, a Thursday
           {"2026-12-25T11:00:00Z", duty},
           {"2026-06-19T10:00:00Z", duty},     // Midsummer Eve, a Friday
           {"2026-01-06T11:00:00Z", duty},     // Epiphany, a Tuesday
           {"2026-10-24T22:30:00Z", duty},     // the night when summer time ends
           {"2026-03-29T01:30:00Z", duty}}) {  // and when it begins
    now_ = *parse_rfc3339(time);
    EXPECT_THAT(carry(*routes, message(kBorn15)), ElementsAre(to)) << time;
    EXPECT_EQ(routes->candidates(message(kBorn15), *parties_.find("police"), parties_, agreements_, now_).size(), 1u);
  }
}

TEST_F(RoutesTest, ClosedIsSaidWithTheNextOpening) {
  const Routes office = route("time = \"08:00-17:00\"\nworking_days_only = true\nalternative = \"the duty\"");
  for (const auto& [now, opens] : std::vector<std::pair<const char*, const char*>>{
           {"2026-11-22T11:00:00Z", "2026-11-23T07:00:00.000Z"},     // Sunday -> Monday 08:00
           {"2026-11-23T16:00:00Z", "2026-11-24T07:00:00.000Z"},     // closed a moment ago
           {"2026-11-23T03:00:00Z", "2026-11-23T07:00:00.000Z"},     // the same morning
           {"2026-12-23T17:00:00Z", "2026-12-28T07:00:00.000Z"},     // over Christmas
           {"2026-10-23T16:00:00Z", "2026-10-26T07:00:00.000Z"},     // summer time ends between
           {"2026-03-27T17:00:00Z", "2026-03-30T06:00:00.000Z"}}) {  // and begins
    now_ = *parse_rfc3339(now);
    const auto closed = office.candidates(message(kBorn15), *parties_.find("police"), parties_, agreements_, now_);
    ASSERT_EQ(closed.size(), 1u) << now;
    EXPECT_EQ(closed[0].refused, "outside_hours");
    EXPECT_EQ(closed[0].alternative, "the duty");
    ASSERT_TRUE(closed[0].opens_at) << now;
    EXPECT_EQ(to_rfc3339(*closed[0].opens_at), opens) << now;
  }
  now_ = *parse_rfc3339("2026-11-23T11:00:00Z");
  EXPECT_THAT(carry(office, message(kBorn15)), ElementsAre(kToSocial));
}

// Two routes to one recipient: the earlier opening counts, and the wrong age is said before the wrong hour.
TEST_F(RoutesTest, ClosedIsSaidOnceForOneRecipientAndTheAgeGoesBefore) {
  const auto nights = load(R"(
version = 1
[[route]]
id = "free-days"
kinds = ["police.suspicion"]
non_working_days_only = true
age = ">=15"
reason_if_refused = "age_outside_rule"
to = "clinic"
purpose = "early_care"
[[route]]
id = "nights"
kinds = ["police.suspicion"]
time = "17:00-08:00"
age = ">=15"
reason_if_refused = "age_outside_rule"
to = "clinic"
purpose = "early_care"
)");
  ASSERT_TRUE(nights) << nights.error().message;
  now_ = *parse_rfc3339("2026-11-23T11:00:00Z");  // Monday noon
  const auto ask = [&](Date born) {
    return nights->candidates(message(born), *parties_.find("police"), parties_, agreements_, now_);
  };
  const auto closed = ask(kBorn15);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].refused, "outside_hours");
  EXPECT_EQ(to_rfc3339(closed[0].opens_at.value()), "2026-11-23T16:00:00.000Z");
  const auto young = ask(Date{2020y / 1 / 1});
  ASSERT_EQ(young.size(), 1u);
  EXPECT_EQ(young[0].refused, "age_outside_rule");
  EXPECT_FALSE(young[0].opens_at);
}

TEST_F(RoutesTest, AnAgreementMustBeInForceBetweenBoth) {
  const Routes sig = route("agreement = \"sig\"");
  EXPECT_THAT(carry(sig, message(kBorn15)), ElementsAre(kToSocial));
  EXPECT_THAT(carry(sig, message(kBorn15), "school"), IsEmpty());  // not a party
  now_ = *parse_rfc3339("2026-12-31T22:59:59Z");                   // the last day
  EXPECT_THAT(carry(sig, message(kBorn15)), ElementsAre(kToSocial));
  // Next year in Stockholm, and the year before: its parties are refused, so that the refusal is on record.
  for (const char* outside : {"2026-12-31T23:00:00Z", "2025-12-31T12:00:00Z"}) {
    now_ = *parse_rfc3339(outside);
    const auto refused = sig.candidates(message(kBorn15), *parties_.find("police"), parties_, agreements_, now_);
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_EQ(refused[0].refused, "agreement_ended");
    EXPECT_THAT(carry(sig, message(kBorn15), "school"), IsEmpty());
  }
  now_ = *parse_rfc3339("2026-06-01T12:00:00Z");
  agreements_[0].parties = {"police"};
  EXPECT_THAT(carry(sig, message(kBorn15)), IsEmpty());
  agreements_.clear();
  EXPECT_THAT(carry(sig, message(kBorn15)), IsEmpty());
}

TEST_F(RoutesTest, OfTwoRoutesToOneRecipientTheOneThatTakesTheMessageCounts) {
  const std::string one = "kinds = [\"police.suspicion\"]\nto = \"social-board\"\npurpose = \"youth_offence_notice\"\n";
  const auto routes =
      load("version = 1\n[[route]]\nid = \"a\"\nage = \">=20\"\nreason_if_refused = \"age_outside_rule\"\n" + one +
           "[[route]]\nid = \"b\"\nage = \"<18\"\n" + one);
  ASSERT_TRUE(routes);
  const auto found = routes->candidates(message(kBorn15), *parties_.find("police"), parties_, agreements_, now_);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].route_id, "b");
  EXPECT_TRUE(found[0].refused.empty());
}

TEST_F(RoutesTest, OnlyTheNamedKindOfActorIsCarried) {
  const Routes from_school = route("from = [\"school\"]");
  EXPECT_THAT(carry(from_school, message(kBorn15)), IsEmpty());
  EXPECT_THAT(carry(from_school, message(kBorn15), "school"), ElementsAre(kToSocial));
}
TEST_F(RoutesTest, TheSenderIsNeverItsOwnRecipient) {
  EXPECT_THAT(carry(route(""), message(kBorn15), "social-board"), IsEmpty());
  EXPECT_THAT(carry(route(""), message(kBorn15), "police"), ElementsAre(kToSocial));
}

TEST_F(RoutesTest, AnAddressNarrowsAndNeverAdds) {
  Message m = message(kBorn15);
  m.addressed_to = "social-board";
  EXPECT_THAT(carry(route(""), m), ElementsAre(kToSocial));
  m.addressed_to = "sdk.test.0203:social-board.test";
  EXPECT_THAT(carry(route(""), m), ElementsAre(kToSocial));
  for (const char* other : {"clinic", "nobody", "sdk.test.0203:clinic.test"}) {
    m.addressed_to = other;
    EXPECT_THAT(carry(route(""), m), IsEmpty()) << other;
  }
}

TEST_F(RoutesTest, AProtectedPersonGoesToTheRestrictedRecipient) {
  const std::string restricted = "!social-restricted/youth_offence_notice";
  for (const auto protection : {Protection::marked, Protection::protected_registration, Protection::fictitious}) {
    Message m = message(kBorn15);
    m.persons[0].protection = protection;
    EXPECT_THAT(carry(route(""), m), ElementsAre(restricted));
    m.addressed_to = "social-board";
    EXPECT_THAT(carry(route(""), m), ElementsAre(restricted));
  }
  Message sibling = message(kBorn15);
  Person p;
  p.ref = "p2", p.role = "sibling", p.protection = Protection::marked;
  sibling.persons.push_back(p);
  EXPECT_THAT(carry(route(""), sibling), ElementsAre(restricted));
  EXPECT_THAT(carry(route(""), message(kBorn15)), ElementsAre(kToSocial));
}
TEST_F(RoutesTest, ARecipientWithoutRestrictedRecipientIsNotReplaced) {
  auto routes =
      load("version=1\n[[route]]\nid=\"r\"\nkinds=[\"police.suspicion\"]\nto=\"clinic\"\npurpose=\"early_care\"");
  ASSERT_TRUE(routes);
  Message m = message(kBorn15);
  m.persons[0].protection = Protection::marked;
  EXPECT_THAT(carry(*routes, m), ElementsAre("clinic/early_care"));
}
TEST_F(RoutesTest, AMessageAboutNobodyIsCarriedByRoutesWithoutDemandsOnPersons) {
  Message m;
  m.kind = "exchange.receipt";
  EXPECT_THAT(carry(route("", "exchange.receipt"), m), ElementsAre(kToSocial));
  EXPECT_THAT(carry(route("age = \"<18\"", "exchange.receipt"), m), IsEmpty());
  EXPECT_THAT(carry(route("districts = [\"south\"]", "exchange.receipt"), m), IsEmpty());
}

TEST_F(RoutesTest, RefusalAndAlternativeAreKept) {
  const Routes routes =
      route("age=\">=20\"\nreason_if_refused = \"age_outside_rule\"\nalternative = \"youth housing\"");
  EXPECT_EQ(routes.all()[0].reason_if_refused, "age_outside_rule");
  EXPECT_EQ(routes.all()[0].alternative, "youth housing");
}

struct BadFile {
  const char* line;   // replaces or adds line 7 of a good file
  const char* where;  // line:column
  const char* what;
};
TEST_F(RoutesTest, MistakesAreNamedWithTheirPlace) {
  const std::string good =
      "version = 1\n[[route]]\nid = \"r\"\nkinds = [\"police.lob\"]\nto = \"clinic\"\npurpose = \"early_care\"\n";
  ASSERT_TRUE(load(good));
  for (const BadFile& bad : std::vector<BadFile>{
           {"agemin = 3", ":7:1", "unknown key 'agemin'"},
           {"age = 3", ":7:7", "string"},
           {"age = \"20-15\"", ":7:7", "age"},
           {"age = \"-3\"", ":7:7", "age"},
           {"age = \"15-\"", ":7:7", "age"},
           {"age = \"<0\"", ":7:7", "age"},
           {"age = \"abc\"", ":7:7", "age"},
           {"age = \"<18\"\nage_min = 3", ":7:7", "either"},
           {"age_min = 30\nage_max = 3", ":7:11", "age_min"},
           {"age_max = 201", ":7:11", "0 to 200"},
           {"time = \"8-17\"", ":7:8", "hours"},
           {"time = \"08:00-24:01\"", ":7:8", "hours"},
           {"time = \"08:00-08:00\"", ":7:8", "hours"},
           {"time = \"24:00-08:00\"", ":7:8", "hours"},
           {"working_days_only = \"yes\"", ":7:21", "true or false"},
           {"working_days_only = true\nnon_working_days_only = true", ":8:25", "either"},
           {"alternative = \"x\"", ":7:15", "with hours only"},
           {"from = [\"polis\"]", ":7:8", "unknown actor type 'polis'"},
           {"from = \"police\"", ":7:8", "array"},
           {"from = [3]", ":7:9", "string"},
           {"municipalities = [\"999\"]", ":7:18", "four digits"},
           {"reason_if_refused = \"because\"", ":7:21", "unknown reason code"},
           {"[[route]]\nid = \"r\"\nkinds = [\"police.lob\"]\nto = \"clinic\"\npurpose = \"early_care\"", ":8:6",
            "twice"},
           {"[[rout]]", ":7", "unknown key 'rout'"},
           {"kinds = []", ":7", ""},
           {"= 3", ":7", ""}}) {
    const auto r = load(good + bad.line + "\n");
    ASSERT_FALSE(r) << bad.line;
    EXPECT_EQ(r.error().code, Errc::invalid_config);
    EXPECT_THAT(r.error().where, HasSubstr("routes.toml" + std::string(bad.where))) << bad.line;
    EXPECT_THAT(r.error().message, HasSubstr(bad.what)) << bad.line;
  }
}
TEST_F(RoutesTest, WhatARouteNeedsIsRequired) {
  const std::vector<std::string> lines = {"id = \"r\"\n", "kinds = [\"police.lob\"]\n", "to = \"clinic\"\n",
                                          "purpose = \"early_care\"\n"};
  for (std::size_t without = 0; without < lines.size(); ++without) {
    std::string text = "version = 1\n[[route]]\n";
    for (std::size_t i = 0; i < lines.size(); ++i) text += i == without ? "" : lines[i];
    const auto r = load(text);
    ASSERT_FALSE(r) << text;
    EXPECT_THAT(r.error().where, HasSubstr(":2:1"));
    EXPECT_THAT(r.error().message, HasSubstr("required"));
  }
  for (const char* line : {"kinds = [\"police.x\"]", "to = \"nobody\"", "purpose = \"fun\""}) {
    std::string text = "version = 1\n[[route]]\n";
    for (const std::string& l : lines)
      text += l.substr(0, 3) == std::string(line).substr(0, 3) ? std::string(line) + "\n" : l;
    const auto r = load(text);
    ASSERT_FALSE(r) << text;
    EXPECT_THAT(r.error().message, HasSubstr("unknown"));
  }
  EXPECT_FALSE(load(""));
  EXPECT_FALSE(load("version = 2"));
  EXPECT_TRUE(load("version = 1"));
  EXPECT_FALSE(Routes::load(folder_ / "absent.toml", parties_));
}

// Where the age does not fit and the route says so, the refusal is an answer of its own; elsewhere it is just no match.
TEST_F(RoutesTest, AnAgeThatDoesNotFitIsSaidWhereTheRouteSaysSo) {
  const auto named = route("age = \">=20\"\nreason_if_refused = \"age_outside_rule\"\nalternative = \"clinic\"\n");
  const auto young = named.candidates(message(kBorn15), *parties_.find("police"), parties_, agreements_, now_);
  ASSERT_EQ(young.size(), 1u);
  EXPECT_EQ(young[0].refused, "age_outside_rule");
  EXPECT_EQ(young[0].alternative, "clinic");
  const auto old =
      named.candidates(message(Date{1990y / 1 / 1}), *parties_.find("police"), parties_, agreements_, now_);
  ASSERT_EQ(old.size(), 1u);
  EXPECT_TRUE(old[0].refused.empty());
  EXPECT_THAT(carry(named, message(std::nullopt)), IsEmpty()) << "an unknown age is not said to be the wrong one";
  EXPECT_THAT(carry(route("age = \">=20\""), message(kBorn15)), IsEmpty());
}

TEST_F(RoutesTest, DeadlinesAreReadWithTheirRoute) {
  const auto routes = route(R"(
[[route.deadline]]
id = "talk"
starts = "sent"
within = "24 hours"
met_by = ["contacted"]
remind = "4 hours"
escalate_to = "clinic"
)");
  ASSERT_NE(routes.find("r"), nullptr);
  EXPECT_EQ(routes.find("nobody"), nullptr);
  const auto& deadlines = routes.find("r")->deadlines;
  ASSERT_EQ(deadlines.size(), 1u);
  EXPECT_EQ(deadlines[0].starts, "sent");
  EXPECT_EQ(deadlines[0].remind, std::optional<std::chrono::milliseconds>(4h));
  EXPECT_EQ(deadlines[0].escalate_to, "clinic");
}

TEST_F(RoutesTest, ADeadlineThatCannotBeMeantIsRefused) {
  const std::string head =
      "version = 1\n[[route]]\nid = \"r\"\nkinds = [\"police.suspicion\"]\nto = \"social-board\"\npurpose = "
      "\"youth_offence_notice\"\n[[route.deadline]]\n";
  for (const auto& [text, what] :
       {std::pair("id = \"a\"\nwithin = \"soon\"\nmet_by = [\"accepted\"]", "time limit"),
        std::pair("id = \"a\"\nwithin = \"1 day\"\nmet_by = [\"cured\"]", "unknown step"),
        std::pair("id = \"a\"\nwithin = \"1 day\"", "met_by"),
        std::pair("id = \"A b\"\nwithin = \"1 day\"\nmet_by = [\"accepted\"]", "small letters"),
        std::pair("id = \"a\"\nwithin = \"1 day\"\nmet_by = [\"accepted\"]\nescalate_to = \"x\"", "unknown party"),
        std::pair("id = \"a\"\nwithin = \"1 day\"\nmet_by = [\"accepted\"]\nescalate_to = \"landlord\"",
                  "a private landlord"),
        std::pair("id = \"a\"\nwithin = \"1 day\"\nmet_by = [\"accepted\"]\nremind = \"1 working day\"",
                  "how long before")}) {
    auto r = load(head + text);
    ASSERT_FALSE(r) << text;
    EXPECT_THAT(r.error().message, HasSubstr(what));
    EXPECT_THAT(r.error().where, HasSubstr("routes.toml:"));
  }
}

}  // namespace
}  // namespace samband
