#include "identity/read_message.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace samband {
namespace {

using namespace std::chrono_literals;
constexpr Date kToday = 2026y / 11 / 22;

json::value sample() {
  return json::parse(R"({
    "specversion": "1.0", "id": "m-1", "source": "urn:samband:party:police-west",
    "type": "se.samband.notice.police.suspicion.v1", "time": "2026-11-22T01:10:00.000Z",
    "data": {
      "kind": "police.suspicion", "conversationId": "c-1", "correctionOf": "m-0", "relatesTo": "e-0", "to": "social-board",
      "emergency": true,
      "persons": [
        {"ref": "p1", "role": "subject", "personalNumber": "200903012383", "municipality": "0999", "district": "south"},
        {"ref": "p2", "role": "guardian", "birthDate": "1980-05-06", "protection": "marked", "relationTo": "p1"}],
      "facts": [{"code": "reasonable_suspicion", "value": true, "person": "p1", "assessor": {"id": "a7", "name": "N"},
                 "reasonCode": "assessed_yes", "at": "2026-11-22T00:00:00Z"},
                {"code": "prison_in_scale", "value": false}],
      "payload": {"place": "x"}},
    "sambandwarnings": [{"code": "personnummer_stripped", "where": "/x"}]})");
}
json::object& data(json::value& m) { return m.at("data").as_object(); }
json::object& person(json::value& m, std::size_t i) { return data(m).at("persons").as_array()[i].as_object(); }
json::object& fact(json::value& m, std::size_t i) { return data(m).at("facts").as_array()[i].as_object(); }

TEST(ReadMessage, ReadsEnvelopePersonsAndFacts) {
  const json::value in = sample();
  const auto m = read_message(in, kToday);
  ASSERT_TRUE(m) << m.error().where << " " << m.error().message;
  EXPECT_EQ(m->sender_message_id, "m-1");
  EXPECT_EQ(m->kind, "police.suspicion");
  EXPECT_EQ(to_rfc3339(m->sent_at), "2026-11-22T01:10:00.000Z");
  EXPECT_EQ(m->conversation_id, "c-1");
  EXPECT_EQ(m->correction_of, "m-0");
  EXPECT_EQ(m->relates_to, "e-0");
  EXPECT_EQ(m->addressed_to, "social-board");
  EXPECT_TRUE(m->emergency);
  EXPECT_EQ(m->data, in.at("data"));
  EXPECT_EQ(m->warnings.size(), 1u);
  // The caller's to fill.
  EXPECT_TRUE(m->id.empty());
  EXPECT_TRUE(m->sender.empty());

  ASSERT_EQ(m->persons.size(), 2u);
  EXPECT_EQ(m->persons[0].id_number.reveal(), "200903012383");
  EXPECT_EQ(*m->persons[0].birth_date, 2009y / 3 / 1);
  EXPECT_EQ(m->persons[0].municipality, "0999");
  EXPECT_EQ(m->persons[0].district, "south");
  EXPECT_EQ(m->persons[0].protection, Protection::none);
  EXPECT_EQ(m->persons[1].relation_to, "p1");
  EXPECT_EQ(m->persons[1].protection, Protection::marked);
  EXPECT_EQ(*m->persons[1].birth_date, 1980y / 5 / 6);

  ASSERT_EQ(m->facts.size(), 2u);
  EXPECT_EQ(m->facts[0].value, Truth::yes);
  EXPECT_EQ(m->facts[0].assessor_id, "a7");
  EXPECT_EQ(to_rfc3339(m->facts[0].at), "2026-11-22T00:00:00.000Z");
  EXPECT_EQ(m->facts[1].value, Truth::no);
  EXPECT_EQ(m->facts[1].assessor_id, "");
  EXPECT_EQ(m->facts[1].at, m->sent_at);
}

TEST(ReadMessage, NumbersAreNormalised) {
  json::value in = sample();
  person(in, 0)["personalNumber"] = "090301-2383";
  EXPECT_EQ(read_message(in, kToday)->persons[0].id_number.reveal(), "200903012383");
}
TEST(ReadMessage, ABirthDateThatContradictsTheNumberLeavesTheAgeUnknownAndSaysWhere) {
  json::value in = sample();
  person(in, 0)["birthDate"] = "2009-03-02";
  const auto m = read_message(in, kToday);
  ASSERT_TRUE(m);
  EXPECT_FALSE(m->persons[0].birth_date.has_value());
  ASSERT_EQ(m->warnings.size(), 2u);
  EXPECT_EQ(m->warnings[1],
            (json::object{{"code", "birth_date_contradicts_number"}, {"where", "/data/persons/0/birthDate"}}));
  person(in, 0)["birthDate"] = "2009-03-01";
  const auto agreeing = read_message(in, kToday);
  EXPECT_EQ(*agreeing->persons[0].birth_date, 2009y / 3 / 1);
  EXPECT_EQ(agreeing->warnings.size(), 1u);
}
TEST(ReadMessage, AnInterimNumberLeavesTheAgeUnknownUnlessTheBirthDateIsGiven) {
  json::value in = sample();
  person(in, 0)["personalNumber"] = "20090301T123";
  EXPECT_FALSE(read_message(in, kToday)->persons[0].birth_date.has_value());
  person(in, 0)["birthDate"] = "2009-03-01";
  EXPECT_TRUE(read_message(in, kToday)->persons[0].birth_date.has_value());
}
TEST(ReadMessage, APersonWithoutNumberOrDateIsOfUnknownAge) {
  json::value in = sample();
  person(in, 0).erase("personalNumber");
  const auto m = read_message(in, kToday);
  ASSERT_TRUE(m);
  EXPECT_TRUE(m->persons[0].id_number.reveal().empty());
  EXPECT_FALSE(m->persons[0].birth_date.has_value());
}
TEST(ReadMessage, AMessageMayBeAboutNobody) {
  json::value in = sample();
  data(in)["kind"] = "exchange.receipt";
  in.as_object()["type"] = "se.samband.notice.exchange.receipt.v1";
  data(in).erase("persons"), data(in).erase("facts");
  const auto m = read_message(in, kToday);
  ASSERT_TRUE(m);
  EXPECT_TRUE(m->persons.empty());
  EXPECT_FALSE(read_message(sample(), kToday)->persons.empty());
}
TEST(ReadMessage, ASerialNumberWithTodaysDateIsAnIdAndNoPerson) {
  json::value in = sample();
  for (const char* id : {"20261122-0000", "20261122-0008", "20261122-0016", "019abcde-1234-7abc-8def-190905279816"}) {
    in.as_object()["id"] = id;
    EXPECT_TRUE(read_message(in, kToday)) << id;
  }
}

struct Refusal {
  const char* name;
  const char* where;
  std::function<void(json::value&)> change;
};
void PrintTo(const Refusal& r, std::ostream* out) { *out << r.name; }
class Refuses : public ::testing::TestWithParam<Refusal> {};
TEST_P(Refuses, WithThePlaceAndWithoutTheValue) {
  json::value in = sample();
  GetParam().change(in);
  const auto m = read_message(in, kToday);
  ASSERT_FALSE(m);
  EXPECT_EQ(m.error().code, Errc::invalid_input);
  EXPECT_EQ(m.error().where, GetParam().where);
  EXPECT_EQ((m.error().where + m.error().message).find("238"), std::string::npos);
  EXPECT_EQ(m.error().message.find("SECRET"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(
    Envelope, Refuses,
    ::testing::Values(Refusal{"not_an_object", "", [](auto& m) { m = json::array(); }},
                      Refusal{"no_data", "/data", [](auto& m) { m.as_object().erase("data"); }},
                      Refusal{"version", "/specversion", [](auto& m) { m.as_object()["specversion"] = "0.3"; }},
                      Refusal{"no_id", "/id", [](auto& m) { m.as_object().erase("id"); }},
                      Refusal{"long_id", "/id", [](auto& m) { m.as_object()["id"] = std::string(201, 'x'); }},
                      Refusal{"no_source", "/source", [](auto& m) { m.as_object()["source"] = ""; }},
                      Refusal{"no_time", "/time", [](auto& m) { m.as_object().erase("time"); }},
                      Refusal{"bad_time", "/time", [](auto& m) { m.as_object()["time"] = "SECRET"; }},
                      Refusal{"type_of_another_kind", "/type",
                              [](auto& m) { m.as_object()["type"] = "se.samband.notice.police.lob.v1"; }},
                      Refusal{"type_missing", "/type", [](auto& m) { m.as_object().erase("type"); }},
                      Refusal{"number_in_subject", "/subject",
                              [](auto& m) { m.as_object()["subject"] = "urn:p:20090301-2383"; }},
                      Refusal{"number_as_id", "/id", [](auto& m) { m.as_object()["id"] = "200903012383"; }},
                      Refusal{"kind", "/data/kind", [](auto& m) { data(m)["kind"] = "SECRET"; }},
                      Refusal{"kind_missing", "/data/kind", [](auto& m) { data(m).erase("kind"); }},
                      Refusal{"emergency", "/data/emergency", [](auto& m) { data(m)["emergency"] = "yes"; }},
                      Refusal{"to", "/data/to", [](auto& m) { data(m)["to"] = 7; }}));
INSTANTIATE_TEST_SUITE_P(
    Persons, Refuses,
    ::testing::Values(
        Refusal{"list", "/data/persons", [](auto& m) { data(m)["persons"] = json::object(); }},
        Refusal{"too_many", "/data/persons", [](auto& m) { data(m)["persons"] = json::array(65); }},
        Refusal{"element", "/data/persons/1", [](auto& m) { data(m)["persons"].as_array()[1] = "SECRET"; }},
        Refusal{"check_digit", "/data/persons/0/personalNumber",
                [](auto& m) { person(m, 0)["personalNumber"] = "200903012384"; }},
        Refusal{"date", "/data/persons/1/birthDate", [](auto& m) { person(m, 1)["birthDate"] = "2009-02-30"; }},
        Refusal{"future", "/data/persons/1/birthDate", [](auto& m) { person(m, 1)["birthDate"] = "2026-11-23"; }},
        Refusal{"role", "/data/persons/1/role", [](auto& m) { person(m, 1)["role"] = "SECRET"; }},
        Refusal{"ref", "/data/persons/1/ref", [](auto& m) { person(m, 1).erase("ref"); }},
        Refusal{"ref_twice", "/data/persons/1/ref", [](auto& m) { person(m, 1)["ref"] = "p1"; }},
        Refusal{"protection", "/data/persons/1/protection", [](auto& m) { person(m, 1)["protection"] = "SECRET"; }},
        Refusal{"relation", "/data/persons/1/relationTo", [](auto& m) { person(m, 1)["relationTo"] = "p9"; }},
        Refusal{"relation_to_itself", "/data/persons/1/relationTo", [](auto& m) { person(m, 1)["relationTo"] = "p2"; }},
        Refusal{"municipality", "/data/persons/0/municipality", [](auto& m) { person(m, 0)["municipality"] = "99"; }}));
INSTANTIATE_TEST_SUITE_P(
    Facts, Refuses,
    ::testing::Values(
        Refusal{"code", "/data/facts/0/code", [](auto& m) { fact(m, 0)["code"] = "SECRET"; }},
        Refusal{"value_text", "/data/facts/0/value", [](auto& m) { fact(m, 0)["value"] = "true"; }},
        Refusal{"value_null", "/data/facts/0/value", [](auto& m) { fact(m, 0)["value"] = nullptr; }},
        Refusal{"person", "/data/facts/0/person", [](auto& m) { fact(m, 0)["person"] = "p9"; }},
        Refusal{"assessor", "/data/facts/0/assessor", [](auto& m) { fact(m, 0)["assessor"] = "SECRET"; }},
        Refusal{"opposite", "/data/facts/0/reasonCode", [](auto& m) { fact(m, 0)["reasonCode"] = "assessed_no"; }},
        Refusal{"reason", "/data/facts/0/reasonCode", [](auto& m) { fact(m, 0)["reasonCode"] = "SECRET"; }},
        Refusal{"at", "/data/facts/0/at", [](auto& m) { fact(m, 0)["at"] = "SECRET"; }}));

}  // namespace
}  // namespace samband
