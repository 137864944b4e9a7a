// The five collaborations' own figures come out of records as docs/follow-up.md describes them: the golden figures.
#include <gmock/gmock.h>

#include "follow_up_world.hpp"

namespace samband::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Golden = FollowUpWorld;

// 735 persons; whoever is not of age is notified by duty, the others are made an offer that they may decline.
class Mumin : public FollowUpWorld {
 protected:
  void fill() {
    constexpr int kPersons = 735;
    // Independent orders of the same persons: 735 = 3 * 5 * 7 * 7, so each stride visits all.
    const auto place = [](int i, int stride) { return i * stride % kPersons; };
    int entered = 0;
    for (int i = 0; i < kPersons; ++i) {
      const int by_age = place(i, 2);
      Sent s;
      s.person = "person" + std::to_string(i);
      s.age = by_age < 4 ? 14 : by_age < 4 + 375 ? 15 + i % 5 : 20 + i % 6;
      s.sex = place(i, 4) < 147 ? "female" : "male";
      const int by_third = place(i, 8);
      s.month = by_third < 260 ? 1 + i % 4 : by_third < 480 ? 5 + i % 4 : 9 + i % 4;
      const bool adult = s.age >= 18, enters = place(i, 11) < 232;
      s.kind = adult ? "police.offer" : "police.suspicion";
      s.sender = "police-west", s.recipient = "social-board";
      s.outcome = adult && !enters ? "refused" : "released";
      s.payload["knownInDrugContext"] = place(i, 13) >= 500;
      const std::string board = send(s);
      s.recipient = s.age > 20 ? "bas" : "maria-ungdom";
      const std::string clinic = send(s, board);  // the same message
      if (!enters) continue;
      const Time day = in_month(s.month, 12);
      step(board, "accepted", day, entered < 77 ? "unknown_before" : "known_before");
      if (entered < 186) {
        step(clinic, "accepted", day);
        step(clinic, "first_visit", day + std::chrono::hours(24));
      }
      if (entered < 151) step(board, "completed", day + std::chrono::hours(48));
      ++entered;
    }
    for (int i = 0; i < 9; ++i) {
      Sent s;
      s.person = "person" + std::to_string(i * 7), s.kind = "lvm.report", s.sender = "bas",
      s.recipient = "social-board";
      s.month = 1 + i;
      send(s);
    }
  }
};

TEST_F(Mumin, TheFiguresOf2008) {
  fill();
  count("mumin");
  EXPECT_EQ(total("interventions"), 735) << "a message to two recipients is one intervention";
  EXPECT_EQ(total("registered"), 735);
  EXPECT_EQ(total("unknown_to_police"), 500);
  EXPECT_EQ(share_of("unknown_to_police"), 680);
  EXPECT_EQ(total("entered"), 232);
  EXPECT_EQ(share_of("entered"), 315) << "of 735, to the nearest half";
  EXPECT_EQ(what_.figures[figure("entered")].target, 80);
  EXPECT_EQ(what_.figures[figure("completed")].target, 70);
  EXPECT_EQ(total("wholly_unknown"), 77);
  EXPECT_EQ(share_of("wholly_unknown"), 330) << "about a third";
  EXPECT_EQ(total("known_before"), 155);
  EXPECT_EQ(total("first_visit"), 186);
  EXPECT_EQ(total("completed"), 151);
  EXPECT_EQ(total("lvm_reports"), 9);
  const std::pair<const char*, std::pair<std::int64_t, std::int64_t>> ages[] = {
      {"<15", {4, 5}}, {"15-19", {375, 510}}, {">=20", {356, 485}}};
  for (const auto& [band, expected] : ages) {
    EXPECT_EQ(in_class(By::age, "registered", band), expected.first);
    EXPECT_EQ(share(expected.first, 735, what_.rounding), expected.second);
  }
  EXPECT_EQ(in_class(By::sex, "registered", "female"), 147);
  EXPECT_EQ(in_class(By::sex, "registered", "male"), 588);
  EXPECT_EQ(in_class(By::third, "registered", "2027-1"), 260);
  EXPECT_EQ(in_class(By::third, "registered", "2027-2"), 220);
  EXPECT_EQ(in_class(By::third, "registered", "2027-3"), 255);
  EXPECT_EQ(in_class(By::year, "registered", "2027"), 735);
}

TEST_F(Mumin, WhatIsPublishedHidesTheFourChildrenAndWhatGivesThemAway) {
  fill();
  count("mumin");
  const std::string inside = follow_up_text(what_, counts_, {"sv", period_, true});
  EXPECT_THAT(inside, HasSubstr("INTERNT"));
  EXPECT_THAT(inside, HasSubstr("0,5 %"));
  const std::string text = follow_up_text(what_, counts_, {"sv", period_, false});
  EXPECT_THAT(text, HasSubstr("Personer registrerade av polisen"));
  EXPECT_THAT(text, HasSubstr("735"));
  EXPECT_THAT(text, HasSubstr("31,5 %"));
  EXPECT_THAT(text, HasSubstr("80 %"));
  EXPECT_THAT(text, Not(HasSubstr("0,5 %\n")));
  const json::object o = follow_up_json(what_, counts_, {"en", period_, false});
  const json::value age = o.at("tables").at(1).at("rows").at(0);
  EXPECT_EQ(age.at("count"), 735);
  EXPECT_TRUE(age.at("classes").at(0).at("suppressed").as_bool());
  EXPECT_TRUE(age.at("classes").at(0).at("count").is_null());
  EXPECT_TRUE(age.at("classes").at(0).at("share").is_null());
  EXPECT_EQ(age.at("classes").at(1).at("count"), 375) << "only one more is hidden";
  EXPECT_TRUE(age.at("classes").at(2).at("suppressed").as_bool()) << "735 - 375 - 356 would tell";
  const std::string csv = follow_up_csv(what_, counts_, {"en", period_, false});
  EXPECT_THAT(csv, HasSubstr("Age at the event,registered,Persons registered by the police,<15,..,,registered,,,\r\n"));
  EXPECT_THAT(csv, HasSubstr("Results,entered,Persons who entered MUMIN,,232,31.5,registered,80,,\r\n"));
  for (const auto& [id, message] : messages_)
    EXPECT_THAT(inside + text + csv, Not(HasSubstr(message->message.persons[0].subject_ref)));
}

TEST_F(Golden, BofastThreatsAvertedCarriedOutAndWithChildren) {
  for (int i = 0; i < 140; ++i) {
    Sent s;
    s.person = "tenant" + std::to_string(i), s.kind = "eviction.time", s.sender = "kronofogden";
    s.recipient = "social-board", s.purpose = "eviction_prevention", s.month = 1 + i % 12;
    s.payload["stage"] = "time_set";
    s.payload["children"] = json::object{{"count", i < 45 ? 2 : 0}};
    const std::string x = send(s);
    s.recipient = "housing-coordinator";
    send(s, x);  // a separate exchange of the same threat
    // With children: 40 averted, 5 open. Without: 72 averted, 21 carried out, 2 open.
    if (i < 40 || (i >= 45 && i < 117)) step(x, "averted", in_month(s.month, 20));
    if (i >= 117 && i < 138) step(x, "evicted", in_month(s.month, 20));
    if (i < 10) s.recipient = "social-board", s.payload["stage"] = "postponed", send(s);  // no new threat
  }
  for (int i = 0; i < 80; ++i) {
    Sent s;
    s.person = i < 20 ? "tenant" + std::to_string(i) : "homeless" + std::to_string(i);
    s.kind = "housing.emergency", s.sender = "social-board", s.recipient = "housing-emergency";
    send(s);
    if (i % 4 == 0) send(s);  // comes back
  }
  count("bofast");
  EXPECT_EQ(total("threats"), 140);
  EXPECT_EQ(total("averted"), 112);
  EXPECT_EQ(total("carried_out"), 21);
  EXPECT_EQ(total("open"), 7);
  EXPECT_EQ(total("children"), 45);
  EXPECT_EQ(total("children_averted"), 40);
  EXPECT_EQ(total("children_carried_out"), 0);
  EXPECT_EQ(total("homeless"), 80);
  EXPECT_EQ(total("in_scope"), 200);
  // Published by month: neither a part's rest nor what no part has may be a small number.
  const json::object shown = follow_up_json(what_, counts_, {"en", period_, false});
  const json::value& months = shown.at("tables").at(2);
  for (std::size_t m = 0; m < 12; ++m) {
    std::map<std::string, std::int64_t> seen;  // what is not hidden
    for (const json::value& row : months.at("rows").as_array())
      if (const json::value& count = row.at("classes").at(m).at("count"); count.is_int64())
        seen[row.at("figure").as_string().c_str()] = count.as_int64();
    const auto small = [](std::int64_t n) { return n > 0 && n < 5; };
    for (const char* part : {"averted", "carried_out", "open"})
      if (seen.contains("threats") && seen.contains(part))
        EXPECT_FALSE(small(seen["threats"] - seen[part])) << m << " " << part;
    if (seen.contains("threats") && seen.contains("averted") && seen.contains("carried_out"))
      EXPECT_FALSE(small(seen["threats"] - seen["averted"] - seen["carried_out"])) << m;
  }
}

// Seventeen less eleven less five: neither rest of one part is small, what no part has is.
TEST_F(Golden, WhatNoPartOfAMonthHasIsProtectedToo) {
  struct Month {
    int month, averted, evicted, open;
  };
  for (const Month& each : {Month{7, 11, 5, 1}, Month{8, 15, 9, 6}})
    for (int i = 0; i < each.averted + each.evicted + each.open; ++i) {
      Sent s;
      s.person = "tenant" + std::to_string(each.month * 100 + i), s.kind = "eviction.time", s.sender = "kronofogden";
      s.recipient = "social-board", s.purpose = "eviction_prevention", s.month = each.month;
      s.payload["stage"] = "time_set";
      const std::string x = send(s);
      if (i < each.averted) step(x, "averted", in_month(s.month, 20));
      if (i >= each.averted && i < each.averted + each.evicted) step(x, "evicted", in_month(s.month, 20));
    }
  count("bofast");
  EXPECT_EQ(total("open"), 7);
  const json::object shown = follow_up_json(what_, counts_, {"en", period_, false});
  int hidden = 0;
  for (const json::value& row : shown.at("tables").at(2).at("rows").as_array())
    hidden += row.at("classes").at(0).at("suppressed").as_bool() ? 1 : 0;
  EXPECT_GT(hidden, 0) << "17 - 11 - 5 would tell of one";
}

TEST_F(Golden, SigFromFormToGroupByMonth) {
  const int forms[] = {22, 3, 0, 5, 2, 3, 2}, suitable[] = {12, 2, 0, 4, 2, 3, 2}, asked[] = {5, 2, 3, 0, 0, 3, 2},
            accepted[] = {0, 1, 1, 1, 0, 3, 2};
  std::vector<std::string> all, fit, wanted, joined;
  int from_police = 0;
  for (int m = 1; m <= 7; ++m) {
    for (int i = 0; i < forms[m - 1]; ++i) {
      Sent s;
      s.person = "youth" + std::to_string(all.size()), s.kind = "sig.nomination", s.recipient = "social-board";
      s.purpose = "sig_cooperation", s.route = "nomination", s.month = m, s.age = 15;
      s.sender = m == 1 && i < 19 ? "police-west" : "school-south";
      s.sex = s.sender == "police-west" && from_police++ >= 16 ? "female" : "male";
      all.push_back(send(s));
    }
    const auto next = [&](std::vector<std::string>& done, const std::vector<std::string>& from, int n,
                          const char* status, int day) {
      for (int i = 0; i < n; ++i) {
        ASSERT_LT(done.size(), from.size()) << status << " in month " << m;
        done.push_back(from[done.size()]);
        step(done.back(), status, in_month(m, day));
      }
    };
    next(fit, all, suitable[m - 1], "judged_suitable", 14);
    next(wanted, fit, asked[m - 1], "asked", 18);
    next(joined, wanted, accepted[m - 1], "accepted", 20);
  }
  for (std::size_t i = 0; i < joined.size(); ++i) {
    step(joined[i], "plan_made", in_month(8));
    const auto accepted_at = std::find_if(steps_.begin(), steps_.end(), [&](const StatusRow& s) {
      return s.exchange_id == joined[i] && s.status == "accepted";
    });
    if (i != 1) step(joined[i], "savry_done", Time(accepted_at->at) + std::chrono::hours(72));
  }
  count("sig");
  EXPECT_THAT(by_month("forms", 7), ElementsAre(22, 3, 0, 5, 2, 3, 2));
  EXPECT_THAT(by_month("suitable", 7), ElementsAre(12, 2, 0, 4, 2, 3, 2));
  EXPECT_THAT(by_month("asked", 7), ElementsAre(5, 2, 3, 0, 0, 3, 2));
  EXPECT_THAT(by_month("accepted", 7), ElementsAre(0, 1, 1, 1, 0, 3, 2));
  EXPECT_EQ(total("forms"), 37);
  EXPECT_EQ(total("suitable"), 25) << "as the table of the source adds up; its text says 27";
  EXPECT_EQ(total("asked"), 15);
  EXPECT_EQ(total("accepted"), 8);
  EXPECT_EQ(in_class(By::sex, "first_list", "male"), 16);
  EXPECT_EQ(in_class(By::sex, "first_list", "female"), 3);
  EXPECT_EQ(total("savry"), 7);
  EXPECT_EQ(total("savry_in_time"), 7);
  EXPECT_EQ(total("savry_missed"), 1);
  EXPECT_EQ(total("plans"), 8);
  EXPECT_THAT(follow_up_text(what_, counts_, {"sv", period_, true}), HasSubstr("2027-03"))
      << "a month without forms stands there";
}

TEST_F(Golden, CoachTalksWithinADayOrEscalates) {
  for (int i = 0; i < 55; ++i) {
    Sent s;
    s.person = "person" + std::to_string(i % 50), s.kind = "care.referral", s.sender = "maria-ungdom";
    s.recipient = "social-board", s.route = "talk", s.month = 1 + i % 12;
    const std::string x = send(s);
    step(x, "contacted", in_month(s.month) + std::chrono::hours(i < 49 ? 20 : 30));
  }
  count("coach");
  EXPECT_EQ(total("persons"), 50);
  EXPECT_EQ(total("occasions"), 55);
  EXPECT_EQ(total("in_time"), 49);
  EXPECT_EQ(total("late"), 6);
  EXPECT_EQ(total("missed"), 0);
  EXPECT_EQ(total("open"), 0);
}

TEST_F(Golden, MinimariaReportsAndWhatBecameOfThem) {
  for (int i = 0; i < 97 + 8; ++i) {
    Sent s;
    const bool adult = i < 59, report = i < 97;
    s.person = "young" + std::to_string(i), s.age = adult ? 19 : 16, s.month = 1 + i % 12;
    s.kind = !report ? "police.suspicion" : adult || i % 3 == 0 ? "police.lob" : "concern.report";
    s.sender = s.kind == "concern.report" ? (i % 2 ? "school-south" : "hospital") : "police-west";
    s.recipient = "maria-ungdom", s.purpose = "child_protection", s.route = report ? "report" : "";
    const std::string x = send(s);
    s.recipient = "social-board", s.route = "";
    if (report) send(s, x);  // counted once
    const Time day = in_month(s.month, 11);
    step(x, "contacted", day);
    step(x, adult ? "declined" : "accepted", day + std::chrono::hours(1), adult ? "person_declined" : "");
    if (adult) continue;
    const int n = i - 59;
    step(x, "in_progress", day + std::chrono::hours(2),
         !report || n < 8 ? "drug_programme"
         : n < 10         ? "family_treatment"
         : n < 14         ? "family_service"
                          : "other_measure");
  }
  count("minimaria");
  const std::pair<const char*, std::int64_t> expected[] = {
      {"reports", 97},         {"adults", 59},        {"adults_contacted", 59}, {"adults_accepted", 0},
      {"adults_declined", 59}, {"minors", 38},        {"minors_dur", 8},        {"minors_family", 2},
      {"minors_others", 28},   {"minors_service", 4}, {"minors_other", 24},     {"dur", 16},
      {"waited_in_time", 97}};
  for (const auto& [id, n] : expected) EXPECT_EQ(total(id), n) << id;
  const json::object o = follow_up_json(what_, counts_, {"en", period_, false});
  for (const json::value& row : o.at("tables").at(0).at("rows").as_array())
    for (const char* small : {"minors_family", "minors_service"})
      if (row.at("figure") == small) EXPECT_TRUE(row.at("count").is_null()) << small;
}

TEST_F(Golden, ErasedMessagesCountInTotalsAndAreUnknownBeyond) {
  std::vector<std::string> all;
  for (int i = 0; i < 12; ++i) {
    Sent s;
    s.person = "person" + std::to_string(i), s.kind = "police.suspicion", s.sender = "police-west";
    s.recipient = "social-board", s.age = 16;
    s.payload["knownInDrugContext"] = false;
    all.push_back(send(s));
  }
  for (int i = 0; i < 5; ++i) erase(all[static_cast<std::size_t>(i)]);
  count("mumin");
  EXPECT_EQ(total("registered"), 12);
  EXPECT_EQ(total("unknown_to_police"), 7);
  EXPECT_EQ(in_class(By::age, "registered", "15-19"), 7);
  EXPECT_EQ(in_class(By::age, "registered", "unknown"), 5);
  EXPECT_EQ(in_class(By::sex, "registered", "unknown"), 5);
  EXPECT_THAT(follow_up_text(what_, counts_, {"sv", period_, true}), HasSubstr("Gallrade"));
}

TEST_F(Golden, MorePersonsThanFitAreRefusedAndNotCutOff) {
  for (int i = 0; i < 4; ++i) {
    Sent s;
    s.person = "p" + std::to_string(i), s.kind = "care.referral", s.sender = "bas", s.recipient = "social-board";
    send(s);
  }
  count("coach");
  const auto read = [&](const ExchangeRow& row) -> Result<CasePtr> { return messages_.at(row.message_id); };
  const auto with = [&](std::size_t most) {
    return count_figures(what_, *store_, read, parties_, routes_, period_, at("2028-06-01T00:00:00Z"), most);
  };
  EXPECT_TRUE(with(4));
  ASSERT_FALSE(with(3));
  EXPECT_EQ(with(3).error().code, Errc::too_large);
}

TEST_F(Golden, AMessageThatCannotBeOpenedForAnotherReasonEndsTheCount) {
  Sent s;
  s.person = "p", s.kind = "care.referral", s.sender = "bas", s.recipient = "social-board";
  send(s);
  count("coach");
  const auto read = [](const ExchangeRow&) -> Result<CasePtr> { return fail(Errc::internal, "store", "damaged"); };
  EXPECT_FALSE(count_figures(what_, *store_, read, parties_, routes_, period_, at("2028-06-01T00:00:00Z")));
}

TEST_F(Golden, OnlyThePeriodCountsAndTheSwedishDay) {
  for (const int month : {1, 12}) {
    Sent s;
    s.person = "p" + std::to_string(month), s.kind = "care.referral", s.sender = "bas", s.recipient = "social-board";
    s.month = month;
    send(s);
  }
  rows_[1].created_at = at("2027-12-31T23:30:00Z");  // 1 January in Sweden
  auto late = std::make_shared<Case>(*messages_.at("m" + rows_[1].id));
  late->message.data.as_object()["occurredAt"] = "2027-12-31T23:30:00Z";
  messages_["m" + rows_[1].id] = late;
  count("coach");
  EXPECT_EQ(total("occasions"), 1);
}

TEST_F(Golden, ADeadlineIsOverOpenOrEnded) {
  const auto occasion = [&](int i, int month) {
    Sent s;
    s.person = "p" + std::to_string(i), s.kind = "care.referral", s.sender = "bas", s.recipient = "social-board";
    s.route = "talk", s.month = month;
    return send(s);
  };
  occasion(0, 1);
  step(occasion(1, 1), "declined", in_month(1) + std::chrono::hours(2), "person_declined");
  step(occasion(2, 1), "declined", in_month(1) + std::chrono::hours(50), "person_declined");
  count("coach");
  EXPECT_EQ(total("missed"), 2) << "who never came, and who was left alone until too late";
  EXPECT_EQ(total("open"), 1) << "ended before the end of the deadline: nothing left to wait for";
}

// Begun in December, in January and in May; the first ends in March, the second never.
TEST_F(Golden, WhatIsOngoingCountsInEveryMonthUntilItsEnd) {
  const auto referral = [&](const std::string& person, int month) {
    Sent s;
    s.person = person, s.kind = "care.referral", s.sender = "social-board", s.recipient = "maria-ungdom";
    s.month = month;
    return send(s);
  };
  const std::string old = referral("a", 1), lasting = referral("b", 1), late = referral("c", 5),
                    never = referral("d", 2);
  step(old, "accepted", at("2026-12-31T22:00:00Z"));  // the last evening of the year, in Sweden too
  step(old, "completed", in_month(3, 1));
  step(lasting, "accepted", in_month(1, 31));
  step(late, "accepted", in_month(5, 1));
  step(late, "broken_off", in_month(5, 2), "treatment_broken_off");
  step(never, "declined", in_month(2, 12), "person_declined");
  count("minimaria");
  EXPECT_THAT(by_month("cases_ongoing", 9), ElementsAre(2, 2, 2, 1, 2, 1, 1, 1, 0))
      << "January to August are asked for";
  EXPECT_EQ(total("cases_ongoing"), 3);
  EXPECT_THAT(by_month("cases_new", 5), ElementsAre(1, 0, 0, 0, 1)) << "one began before the period";
  EXPECT_THAT(by_month("cases_closed", 5), ElementsAre(0, 0, 1, 0, 1));
  EXPECT_EQ(total("unplanned"), 1);
  EXPECT_EQ(total("treatment_broken_off"), 1);
}

TEST_F(Golden, BeforeAndAfterAreOfTheSamePersonAndForEach) {
  const auto report = [&](const std::string& person, int month) {
    Sent s;
    s.person = person, s.kind = "concern.report", s.sender = "police-west", s.recipient = "social-board";
    s.month = month, s.age = 15;
    send(s);
  };
  const auto savry = [&](const std::string& person, int month, const char* status, const char* level) {
    Sent s;
    s.person = person, s.kind = "care.status", s.sender = "social-board", s.recipient = "police-west";
    s.month = month, s.outcome = "refused";  // nothing of it need have gone anywhere
    s.payload["status"] = status, s.payload["savry"] = level;
    send(s);
  };
  for (int i = 0; i < 10; ++i) {
    const std::string person = "youth" + std::to_string(i);
    Sent s;
    s.person = person, s.kind = "sig.nomination", s.sender = "police-west", s.recipient = "social-board";
    s.purpose = "sig_cooperation", s.month = 4, s.age = 15;
    const std::string x = send(s);
    for (const int month : {2, 3}) report(person, month);
    if (i < 6) report(person, 9);
    if (i == 9) continue;  // asked, and said no: her reports are none of a member's
    step(x, "accepted", in_month(5, 20));
    savry(person, 6, "savry_done", i < 6 ? "high" : "moderate");
    if (i < 6) savry(person, 11, "savry_repeated", i < 5 ? "low" : "high");
  }
  report("somebody else", 2);
  report("youth0", 5);  // before the yes of the same month
  count("sig");
  EXPECT_EQ(total("accepted"), 9);
  EXPECT_EQ(total("reports_before"), 19);
  EXPECT_EQ(total("reports_after"), 6);
  EXPECT_EQ(total("savry_before"), 9);
  EXPECT_EQ(total("savry_before_high"), 6);
  EXPECT_EQ(total("savry_after"), 6);
  EXPECT_EQ(total("savry_after_low"), 5);
  const std::string inside = follow_up_text(what_, counts_, {"en", period_, true});
  EXPECT_THAT(inside, HasSubstr("2.1 each"));
  EXPECT_THAT(inside, HasSubstr("0.7 each")) << "6 / 9, to the nearest tenth";
  const std::string shown = follow_up_text(what_, counts_, {"sv", period_, false});
  EXPECT_THAT(shown, HasSubstr("2,1 var"));
  const json::object o = follow_up_json(what_, counts_, {"en", period_, false});
  const std::string json = json::serialize(o);
  EXPECT_THAT(json, HasSubstr("\"per\":\"accepted\",\"mean\":2.1"));
  EXPECT_THAT(follow_up_csv(what_, counts_, {"en", period_, false}), HasSubstr(",2.1,accepted\r\n"));
  for (const json::value& row : o.at("tables").as_array().back().at("rows").as_array())
    for (const char* small : {"savry_before_moderate", "savry_after_high"})
      if (row.at("figure") == small) EXPECT_TRUE(row.at("count").is_null()) << small;
}

// Nobody accepted: nothing is before or after, and no mean is worked out of nothing.
TEST_F(Golden, WithoutTheOtherFigureThereIsNoBeforeAndNoMean) {
  Sent s;
  s.person = "p", s.kind = "concern.report", s.sender = "police-west", s.recipient = "social-board", s.age = 15;
  send(s);
  count("sig");
  EXPECT_EQ(total("reports_before"), 0);
  EXPECT_EQ(total("reports_after"), 0);
  EXPECT_FALSE(counts_.held) << "nothing counted, so no month is held";
  EXPECT_THAT(follow_up_text(what_, counts_, {"en", counts_.held, false}), HasSubstr("nothing is on record"));
}

TEST_F(Golden, TheMonthsThatTheRecordsHold) {
  for (const int month : {3, 11}) {
    Sent s;
    s.person = "p" + std::to_string(month), s.kind = "care.referral", s.sender = "bas", s.recipient = "social-board";
    s.month = month;
    send(s);
  }
  count("coach");
  ASSERT_TRUE(counts_.held);
  EXPECT_EQ(to_string(counts_.held->from), "2027-03-01");
  EXPECT_EQ(to_string(counts_.held->to), "2027-12-01");
  EXPECT_THAT(follow_up_text(what_, counts_, {"sv", counts_.held, false}), HasSubstr("2027-03-01 till 2027-12-01"));
}

TEST(Figures, EveryMistakeIsNamedWithItsPlace) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("samband-figures-" + std::to_string(::getpid()) + ".toml");
  const std::string head =
      "version = 1\nname = \"n\"\nsv = \"s\"\nen = \"e\"\n[[figure]]\nid = \"a\"\nsv = \"s\"\nen = \"e\"\n";
  const std::string tail = "[[table]]\nsv = \"s\"\nen = \"e\"\nfigures = [\"a\"]\n";
  const std::string bad[] = {
      "count = \"heads\"\n" + tail,
      tail,
      "count = \"persons\"\nkinds = [\"police.rumour\"]\n" + tail,
      "count = \"persons\"\nreached = [\"cured\"]\n" + tail,
      "count = \"persons\"\nreasons = [\"known_before\"]\n" + tail,
      "count = \"persons\"\ndeadline = \"x\"\n" + tail,
      "count = \"persons\"\nwhen = \"step\"\n" + tail,
      "count = \"persons\"\nages = \"young\"\n" + tail,
      "count = \"persons\"\nmonths = [13]\n" + tail,
      "count = \"persons\"\ntarget = 80\n" + tail,
      "count = \"persons\"\nshare_of = \"b\"\n" + tail,
      "count = \"persons\"\ncolour = \"red\"\n" + tail,
      "count = \"persons\"\nuntil = [\"completed\"]\n" + tail,
      "count = \"persons\"\nreached = [\"accepted\"]\nuntil = [\"cured\"]\n" + tail,
      "count = \"persons\"\nreached = [\"accepted\"]\nuntil = [\"completed\"]\nwhen = \"step\"\n" + tail,
      "count = \"persons\"\nbefore = \"b\"\n" + tail,
      "count = \"persons\"\nafter = \"a\"\n" + tail,
      "count = \"persons\"\nper = \"b\"\n" + tail,
      "count = \"persons\"\n[[figure.value]]\npointer = \"/persons/0/givenName\"\nis = \"x\"\n" + tail,
      "count = \"persons\"\n[[figure.value]]\npointer = \"/payload/x\"\n" + tail,
      "count = \"persons\"\n" + tail + "by = \"age\"\n",
      "count = \"persons\"\n" + tail + "by = \"age\"\nbands = [\"<18\", \"15-20\"]\n",
      "count = \"persons\"\n" + tail + "shares = true\n",
      "count = \"persons\"\n[[table]]\nsv = \"s\"\nen = \"e\"\nfigures = [\"b\"]\n",
      "count = \"persons\"\n"};
  for (const std::string& each : bad) {
    std::ofstream(file, std::ios::trunc) << head << each;
    auto loaded = load_follow_up(file);
    ASSERT_FALSE(loaded) << each;
    EXPECT_EQ(loaded.error().code, Errc::invalid_config);
    EXPECT_THAT(loaded.error().where, testing::ContainsRegex(":[0-9]+:[0-9]+")) << each;
  }
  std::ofstream(file, std::ios::trunc) << head << "count = \"persons\"\n" << tail;
  EXPECT_TRUE(load_follow_up(file));
  const Parties nobody;
  std::ofstream(file, std::ios::trunc) << head << "count = \"persons\"\nsenders = [\"nobody\"]\n" << tail;
  EXPECT_FALSE(load_follow_up(file, &nobody));
  const Routes none;
  std::ofstream(file, std::ios::trunc) << head << "count = \"persons\"\ndeadline = \"x\"\ndeadline_is = [\"late\"]\n"
                                       << tail;
  EXPECT_FALSE(load_follow_up(file, nullptr, &none));
  std::filesystem::remove(file);
}

TEST(Figures, SharesAreRoundedToTheNearestStepTiesUpwards) {
  EXPECT_EQ(share(232, 735, 5), 315);
  EXPECT_EQ(share(4, 735, 5), 5);
  EXPECT_EQ(share(1, 400, 5), 5);  // 0.25
  EXPECT_EQ(share(735, 735, 5), 1000);
  EXPECT_EQ(share(232, 735, 1), 316);
  EXPECT_EQ(share(232, 735, 10), 320);
}

}  // namespace
}  // namespace samband::report
