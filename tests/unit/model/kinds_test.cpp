// The schema files of the hub: every kind loads, its golden message fits, and what must not fit does not.
#include "model/kinds.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <set>
#include <sstream>

namespace samband {
namespace {

const std::filesystem::path kSchemas = SAMBAND_SOURCE_DIR "/hub/model/schemas";
const std::filesystem::path kMessages = SAMBAND_SOURCE_DIR "/tests/unit/model/messages";

json::value read_json(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  auto value = parse_json(text.str());
  EXPECT_TRUE(value.has_value()) << path;
  return value.has_value() ? *value : json::value();
}

const Kinds& kinds() {
  static const Kinds loaded = [] {
    auto result = Kinds::load(kSchemas);
    if (!result.has_value()) {
      ADD_FAILURE() << result.error().where << ": " << result.error().message;
      return Kinds();
    }
    return *result;
  }();
  return loaded;
}

json::value golden(std::string_view kind) { return read_json(kMessages / (std::string(kind) + ".json")).at("data"); }

std::vector<Person> persons_of(const json::value& data) {
  std::vector<Person> out;
  if (const json::value* list = data.as_object().if_contains("persons")) {
    for (const auto& entry : list->as_array()) {
      Person person;
      person.ref = string_at(entry.as_object(), "ref");
      person.role = string_at(entry.as_object(), "role");
      out.push_back(person);
    }
  }
  return out;
}

std::string violations(std::string_view kind, const json::value& data) {
  std::string out;
  for (const auto& error : kinds().find(kind)->schema.validate(data)) out += error.where + " " + error.message + "\n";
  return out;
}

Field field_at(const std::vector<Field>& fields, std::string_view pointer) {
  for (const auto& field : fields) {
    if (field.pointer == pointer) return field;
  }
  ADD_FAILURE() << "no field at " << pointer;
  return {};
}

using Refs = std::vector<std::string>;

TEST(Kinds, EveryKindOfTheVocabularyHasASchemaAndAGolden) {
  EXPECT_EQ(kinds().names(), std::vector<std::string>(message_kinds().begin(), message_kinds().end()));
  for (const auto kind : message_kinds()) {
    ASSERT_NE(kinds().find(kind), nullptr);
    EXPECT_EQ(kinds().find(kind)->version, 1);
    EXPECT_TRUE(kinds().find(kind)->accepts_unknown_fields);
    EXPECT_EQ(violations(kind, golden(kind)), "") << kind;
  }
  EXPECT_EQ(kinds().find("police.other"), nullptr);
}

// A golden shows every member that its schema has, so that a reader may trust it as the example.
TEST(Kinds, GoldenPayloadsAreComplete) {
  for (const auto kind : message_kinds()) {
    const json::value data = golden(kind);
    const json::value* properties = find_pointer(kinds().find(kind)->source, "/properties/payload/properties");
    ASSERT_NE(properties, nullptr) << kind;
    for (const auto& member : properties->as_object()) {
      EXPECT_TRUE(data.at("payload").as_object().contains(member.key())) << kind << " " << member.key();
    }
  }
}

TEST(Kinds, NoFieldOfAGoldenIsUnknown) {
  for (const auto kind : message_kinds()) {
    const json::value data = golden(kind);
    const auto persons = persons_of(data);
    for (const auto& field : fields_of(*kinds().find(kind), data, persons)) {
      const bool withheld_on_purpose = kind == "eviction.time" && field.pointer == "/persons/0/personalNumber";
      if (withheld_on_purpose) continue;
      EXPECT_TRUE(contains(data_categories(), field.category)) << kind << " " << field.pointer;
    }
  }
}

// A schema leaf is anything with a type that is not an object or array only, and every const or enum.
void walk_leaves(const json::value& schema, const std::string& place,
                 const std::function<void(const json::object&, const std::string&)>& leaf) {
  const json::object* object = schema.if_object();
  if (object == nullptr) return;
  std::set<std::string> types;
  if (const json::value* type = object->if_contains("type")) {
    if (type->is_string()) types.insert(std::string(type->get_string()));
    if (type->is_array()) {
      for (const auto& item : type->get_array()) types.insert(std::string(item.as_string()));
    }
  }
  types.erase("object");
  types.erase("array");
  if (!types.empty() || object->contains("const") || object->contains("enum")) leaf(*object, place);
  for (const char* named : {"properties", "$defs"}) {
    if (const json::value* members = object->if_contains(named)) {
      for (const auto& member : members->as_object()) {
        walk_leaves(member.value(), place + "/" + named + "/" + std::string(member.key()), leaf);
      }
    }
  }
  if (const json::value* items = object->if_contains("items")) walk_leaves(*items, place + "/items", leaf);
}

bool is_schema(const std::filesystem::directory_entry& entry) {
  return entry.path().filename().string().ends_with(".schema.json");
}

TEST(Schemas, EveryLeafHasACategoryAndALimit) {
  int files = 0, leaves = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kSchemas)) {
    if (!is_schema(entry)) continue;  // beside them lie the words of the forms
    ++files;
    const std::string file = entry.path().filename().string();
    walk_leaves(read_json(entry.path()), "", [&](const json::object& leaf, const std::string& place) {
      ++leaves;
      EXPECT_TRUE(contains(data_categories(), string_at(leaf, "x-category"))) << file << place;
      const json::value* type = leaf.if_contains("type");
      const std::string text = type == nullptr ? "" : json::serialize(*type);
      if (leaf.contains("enum") || leaf.contains("const")) return;
      EXPECT_FALSE(text.empty()) << file << place;
      if (text.find("string") != text.npos) {
        EXPECT_TRUE(leaf.contains("maxLength")) << file << place;
      }
      if (text.find("integer") != text.npos) {
        EXPECT_TRUE(leaf.contains("minimum")) << file << place;
      }
    });
  }
  EXPECT_EQ(files, 40);
  EXPECT_GT(leaves, 200);
}

TEST(Schemas, EveryArrayIsBounded) {
  const std::function<void(const json::value&, const std::string&)> walk = [&](const json::value& schema,
                                                                               const std::string& place) {
    if (const json::object* object = schema.if_object()) {
      if (object->contains("items")) {
        EXPECT_TRUE(object->contains("maxItems")) << place;
      }
      for (const auto& member : *object) walk(member.value(), place + "/" + std::string(member.key()));
    } else if (const json::array* array = schema.if_array()) {
      for (const auto& item : *array) walk(item, place + "/-");
    }
  };
  for (const auto& entry : std::filesystem::directory_iterator(kSchemas)) {
    if (!is_schema(entry)) continue;
    json::value schema = read_json(entry.path());
    // "items" is also the name of a member of the IRK form.
    if (json::value* irk =
            const_cast<json::value*>(find_pointer(schema, "/properties/payload/properties/irk/properties"))) {
      walk(irk->at("items"), "irk/items");
      irk->as_object().erase("items");
    }
    walk(schema, entry.path().filename().string());
  }
}

// The enums of the schemas are the vocabulary's lists, no more and no less.
TEST(Schemas, EnumsFollowTheVocabulary) {
  const json::value common = read_json(kSchemas / "common.schema.json");
  const auto codes = [&](const char* pointer) {
    std::vector<std::string> out;
    const json::value* list = find_pointer(common, pointer);
    if (list != nullptr) {
      for (const auto& item : list->as_array()) out.emplace_back(item.as_string());
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  const auto same = [](std::span<const std::string_view> list) {
    return std::vector<std::string>(list.begin(), list.end());
  };
  EXPECT_EQ(codes("/$defs/fact/properties/code/enum"), same(fact_codes()));
  EXPECT_EQ(codes("/$defs/fact/properties/reasonCode/enum"), same(reason_codes()));
  EXPECT_EQ(codes("/$defs/personWithoutNumber/properties/role/enum"), same(person_roles()));
  EXPECT_EQ(codes("/$defs/consent/properties/purposes/items/enum"), same(purposes()));
  EXPECT_EQ(codes("/$defs/consent/properties/categories/items/enum"), same(data_categories()));
}

TEST(Kinds, DenyTwins) {
  struct Twin {
    const char* kind;
    const char* what;
    std::function<void(json::object&)> spoil;
    const char* where;
  };
  const auto person = [](json::object& d) -> json::object& { return d["persons"].as_array()[0].as_object(); };
  const auto payload = [](json::object& d) -> json::object& { return d["payload"].as_object(); };
  const std::vector<Twin> twins = {
      {"police.suspicion", "no offence", [&](auto& d) { payload(d).erase("offence"); }, "/payload/offence"},
      {"police.suspicion", "empty offence", [&](auto& d) { payload(d)["offence"] = json::object{}; },
       "/payload/offence"},
      {"police.suspicion", "unknown level", [&](auto& d) { payload(d)["suspicionLevel"] = "x"; },
       "/payload/suspicionLevel"},
      {"police.suspicion", "short number", [&](auto& d) { person(d)["personalNumber"] = "0903022390"; },
       "/persons/0/personalNumber"},
      {"police.suspicion", "number as number", [&](auto& d) { person(d)["personalNumber"] = 200903022390; },
       "/persons/0/personalNumber"},
      {"police.suspicion", "impossible date", [&](auto& d) { person(d)["birthDate"] = "2009-02-30"; },
       "/persons/0/birthDate"},
      {"police.suspicion", "unknown role", [&](auto& d) { person(d)["role"] = "suspect"; }, "/persons/0/role"},
      {"police.suspicion", "no ref", [&](auto& d) { person(d).erase("ref"); }, "/persons/0/ref"},
      {"police.suspicion", "unknown protection", [&](auto& d) { person(d)["protection"] = "secret"; },
       "/persons/0/protection"},
      {"police.suspicion", "protection null", [&](auto& d) { person(d)["protection"] = nullptr; },
       "/persons/0/protection"},
      {"police.suspicion", "unknown fact", [&](auto& d) { d["facts"].as_array()[0].as_object()["code"] = "guilty"; },
       "/facts/0/code"},
      {"police.suspicion", "fact not boolean", [&](auto& d) { d["facts"].as_array()[0].as_object()["value"] = "true"; },
       "/facts/0/value"},
      {"police.suspicion", "long text", [&](auto& d) { d["text"] = std::string(100'001, 'x'); }, "/text"},
      {"police.suspicion", "emergency as text", [&](auto& d) { d["emergency"] = "yes"; }, "/emergency"},
      {"police.suspicion", "attachment without content",
       [&](auto& d) { d["attachments"].as_array()[0].as_object().erase("content"); }, "/attachments/0/content"},
      {"police.lob", "no custody", [&](auto& d) { payload(d).erase("custody"); }, "/payload/custody"},
      {"police.lob", "time without zone",
       [&](auto& d) { payload(d)["custody"].as_object()["start"] = "2026-11-21T22:40:00"; }, "/payload/custody/start"},
      {"police.offer", "no answer", [&](auto& d) { payload(d)["offer"].as_object().erase("accepted"); },
       "/payload/offer/accepted"},
      {"police.offer", "consent without recipients",
       [&](auto& d) { d["consents"].as_array()[0].as_object()["recipients"] = json::array{}; },
       "/consents/0/recipients"},
      {"police.offer", "consent to an unknown purpose",
       [&](auto& d) { d["consents"].as_array()[0].as_object()["purposes"] = json::array{"anything"}; },
       "/consents/0/purposes/0"},
      {"police.offer", "consent without end",
       [&](auto& d) { d["consents"].as_array()[0].as_object().erase("validTo"); }, "/consents/0/validTo"},
      {"concern.report", "nothing reported", [&](auto& d) { d["payload"] = json::object{{"violence", true}}; },
       "/payload"},
      {"concern.report", "nobody", [&](auto& d) { d["persons"] = json::array{}; }, "/persons"},
      {"concern.report", "no child among the persons", [&](auto& d) { person(d)["role"] = "other"; }, "/persons"},
      {"sig.nomination", "no irk", [&](auto& d) { payload(d).erase("irk"); }, "/payload/irk"},
      {"sig.information", "empty", [&](auto& d) { d["payload"] = json::object{}; }, "/payload"},
      {"care.referral", "neither service nor question", [&](auto& d) { d["payload"] = json::object{{"school", "x"}}; },
       "/payload"},
      {"care.status", "unknown status", [&](auto& d) { payload(d)["status"] = "lost"; }, "/payload/status"},
      {"test.order", "no substances", [&](auto& d) { payload(d)["substances"] = json::array{}; },
       "/payload/substances"},
      {"test.result", "no result", [&](auto& d) { payload(d).erase("result"); }, "/payload/result"},
      {"rent.arrears", "no amount", [&](auto& d) { payload(d).erase("amount"); }, "/payload/amount"},
      {"rent.arrears", "amount with decimals", [&](auto& d) { payload(d)["amount"] = 8450.5; }, "/payload/amount"},
      {"rent.arrears", "no debt", [&](auto& d) { payload(d)["amount"] = 0; }, "/payload/amount"},
      {"rent.arrears", "no due date", [&](auto& d) { payload(d).erase("dueDate"); }, "/payload/dueDate"},
      {"rent.arrears", "no landlord", [&](auto& d) { payload(d).erase("landlord"); }, "/payload/landlord"},
      {"rent.arrears", "other money", [&](auto& d) { payload(d)["currency"] = "EUR"; }, "/payload/currency"},
      {"tenancy.disturbance", "nothing described", [&](auto& d) { payload(d).erase("description"); },
       "/payload/description"},
      {"eviction.time", "a set time without the time", [&](auto& d) { payload(d).erase("scheduledAt"); },
       "/payload/scheduledAt"},
      {"eviction.time", "minus one child", [&](auto& d) { payload(d)["children"].as_object()["count"] = -1; },
       "/payload/children/count"},
      {"known.query", "not yes or no", [&](auto& d) { payload(d)["known"] = "maybe"; }, "/payload/known"},
      {"housing.emergency", "no nights", [&](auto& d) { payload(d).erase("nights"); }, "/payload/nights"},
      {"housing.contact_request", "free text for a reason", [&](auto& d) { payload(d)["concern"] = "hears voices"; },
       "/payload/concern"},
      {"police.information", "nothing told", [&](auto& d) { payload(d).erase("circumstances"); },
       "/payload/circumstances"},
      {"police.protocol", "unknown protocol", [&](auto& d) { payload(d)["protocol"] = "diary"; }, "/payload/protocol"},
      {"lvm.report", "nothing reported", [&](auto& d) { d["payload"] = json::object{{"health", "x"}}; }, "/payload"},
      {"inquiry.information", "no decision", [&](auto& d) { payload(d).erase("inquiryDecidedAt"); },
       "/payload/inquiryDecidedAt"},
      {"crime.risk", "nothing told", [&](auto& d) { payload(d).erase("circumstances"); }, "/payload/circumstances"},
      {"crime.suspicion", "no suspicion", [&](auto& d) { payload(d).erase("suspicion"); }, "/payload/suspicion"},
      {"stay.query", "where instead of whether", [&](auto& d) { payload(d)["staying"] = "Exempelgatan 1"; },
       "/payload/staying"},
      {"contact.query", "accounts in one text", [&](auto& d) { payload(d)["accounts"] = "a, b"; }, "/payload/accounts"},
      {"report.answer", "free text for an answer", [&](auto& d) { payload(d)["inquiry"] = "opened because"; },
       "/payload/inquiry"},
      {"youth.opinion", "no case", [&](auto& d) { payload(d).erase("caseNo"); }, "/payload/caseNo"},
      {"benefit.information", "amount in text",
       [&](auto& d) { payload(d)["benefits"].as_array()[0].as_object()["amount"] = "12 000"; },
       "/payload/benefits/0/amount"},
      {"sanction.notice", "no ground", [&](auto& d) { payload(d).erase("ground"); }, "/payload/ground"},
      {"protection.information", "no case", [&](auto& d) { payload(d).erase("caseNo"); }, "/payload/caseNo"},
      {"service.report", "no case", [&](auto& d) { payload(d).erase("caseNo"); }, "/payload/caseNo"},
      {"tribunal.notice", "unknown ground", [&](auto& d) { payload(d)["ground"] = "other"; }, "/payload/ground"},
      {"rent.commitment", "no commitment", [&](auto& d) { payload(d)["commits"] = false; }, "/payload/commits"},
      {"document.message", "not said whether secret", [&](auto& d) { payload(d).erase("confidential"); },
       "/payload/confidential"},
      {"exchange.recall", "no exchange", [&](auto& d) { payload(d).erase("exchangeId"); }, "/payload/exchangeId"},
      {"duty.alert", "nobody to call", [&](auto& d) { payload(d).erase("telephone"); }, "/payload/telephone"},
      {"hold.expired", "another reason", [&](auto& d) { payload(d)["reasonCode"] = "cleared"; }, "/payload/reasonCode"},
      {"step.reminder", "no time", [&](auto& d) { payload(d).erase("due"); }, "/payload/due"},
      {"privacy.notice", "no reason", [&](auto& d) { payload(d).erase("reason"); }, "/payload/reason"},
      {"exchange.receipt", "no date", [&](auto& d) { payload(d).erase("receivedAt"); }, "/payload/receivedAt"},
  };
  std::set<std::string_view> spoiled;
  for (const auto& twin : twins) {
    spoiled.insert(twin.kind);
    json::value data = golden(twin.kind);
    twin.spoil(data.as_object());
    const std::string found = violations(twin.kind, data);
    EXPECT_TRUE(found.starts_with(std::string(twin.where) + " ")) << twin.kind << ", " << twin.what << ": " << found;
  }
  EXPECT_EQ(spoiled.size(), message_kinds().size());
  for (const auto kind : message_kinds()) {
    json::value data = golden(kind);
    data.as_object().erase("payload");
    EXPECT_EQ(violations(kind, data), "/payload required: missing\n");
    data = golden(kind);
    data.as_object()["kind"] = "other";
    EXPECT_EQ(violations(kind, data), "/kind const: not the fixed value\n");
    EXPECT_NE(violations(kind, json::value("text")), "");
  }
}

// Form 3 without rooms stands (NJA 1985 s. 586); eviction news other than a time need no time.
TEST(Kinds, PermitTwins) {
  json::value arrears = golden("rent.arrears");
  arrears.at("payload").as_object().erase("rooms");
  EXPECT_EQ(violations("rent.arrears", arrears), "");
  json::value eviction = golden("eviction.time");
  eviction.at("payload").as_object().erase("scheduledAt");
  eviction.at("payload").as_object()["stage"] = "withdrawn";
  EXPECT_EQ(violations("eviction.time", eviction), "");
  json::value query = golden("known.query");
  query.at("payload").as_object().clear();
  EXPECT_EQ(violations("known.query", query), "");
}

TEST(Kinds, ErrorsNeverRepeatAValue) {
  json::value data = golden("police.suspicion");
  data.at("persons").at(0).as_object()["personalNumber"] = "20090302-2390";
  data.at("persons").at(0).as_object()["sex"] = "Alva Provsson";
  const std::string found = violations("police.suspicion", data);
  EXPECT_NE(found, "");
  EXPECT_EQ(found.find("2390"), std::string::npos);
  EXPECT_EQ(found.find("Alva"), std::string::npos);
}

TEST(FieldsOf, CategoriesAndPersons) {
  const json::value data = golden("police.suspicion");
  const auto fields = fields_of(*kinds().find("police.suspicion"), data, persons_of(data));
  const auto expect = [&](const char* pointer, const char* category, const Refs& refs) {
    const Field field = field_at(fields, pointer);
    EXPECT_EQ(field.category, category) << pointer;
    EXPECT_EQ(field.persons, refs) << pointer;
  };
  expect("/kind", "envelope", {});
  expect("/persons/0/ref", "envelope", {});
  expect("/persons/0/personalNumber", "identity", {"p1"});
  expect("/persons/1/personalNumber", "identity", {"p2"});
  expect("/persons/0/address/street", "address", {"p1"});
  expect("/persons/0/municipality", "home_area", {"p1"});
  expect("/persons/1/protection", "protection", {"p2"});
  expect("/persons/1/informed", "family", {"p2"});
  expect("/payload/offence/text", "suspicion", {"p1"});
  expect("/payload/narrative", "document", {"p1", "p2"});
  expect("/text", "document", {"p1", "p2"});
  expect("/attachments/0/content", "document", {"p1", "p2"});
  expect("/attachments/0/name", "document", {"p1", "p2"});
  expect("/author/name", "official", {});
  expect("/references/0/value", "case_reference", {"p1", "p2"});
}

// The grounds of a decision are not part of what it releases.
TEST(FieldsOf, FactsAndConsentsAreForTheHub) {
  const json::value data = golden("police.offer");
  ASSERT_TRUE(data.as_object().contains("facts") && data.as_object().contains("consents"));
  bool nested_is_a_field = false;
  json::value spoofed = data;
  spoofed.at("payload").as_object()["facts"] = "x";
  for (const auto& field : fields_of(*kinds().find("police.offer"), spoofed, persons_of(data))) {
    EXPECT_FALSE(field.pointer.starts_with("/facts") || field.pointer.starts_with("/consents")) << field.pointer;
    nested_is_a_field = nested_is_a_field || field.pointer == "/payload/facts";
  }
  EXPECT_TRUE(nested_is_a_field) << "only the top-level members are the hub's";
}

TEST(Initiative, AMessageThatAnswersWasAskedFor) {
  const Kind& kind = *kinds().find("known.query");
  EXPECT_EQ(initiative_of(kind, parse_json(R"({"payload":{"exchangeId":"x"}})").value()), Initiative::own);
  EXPECT_EQ(initiative_of(kind, parse_json(R"({"payload":{"known":false}})").value()), Initiative::request);
  EXPECT_EQ(initiative_of(*kinds().find("rent.arrears"), golden("rent.arrears")), Initiative::own);
}

// Case systems report by the exchange alone; without persons nothing about anybody leaves.
TEST(StatedFacts, ABooleanThatTheSchemaMarksIsAStatementUnlessTheSenderAnswered) {
  auto data = golden("rent.arrears");
  const auto persons = persons_of(data);
  const Kind& kind = *kinds().find("rent.arrears");
  const Time at = parse_rfc3339("2026-11-22T10:00:00Z").value();
  const auto stated = [&](const std::vector<Fact>& said) {
    return stated_facts(kind, data, fields_of(kind, data, persons), said, at);
  };
  ASSERT_EQ(stated({}).size(), 1u);
  const Fact yes = stated({})[0];
  EXPECT_EQ(yes.code, "dwelling");
  EXPECT_EQ(yes.value, Truth::yes);
  EXPECT_FALSE(yes.person_ref.empty()) << "about the tenant";
  EXPECT_TRUE(yes.assessor_id.empty()) << "never a judgement";
  EXPECT_EQ(yes.at, at);
  Fact said = yes;
  said.value = Truth::no;
  EXPECT_TRUE(stated({said}).empty());
  data.at("payload").at("dwelling") = false;
  EXPECT_EQ(stated({})[0].value, Truth::no);
  data.at("payload").at("dwelling") = "yes";
  EXPECT_TRUE(stated({}).empty());
  data.at("payload").as_object().erase("dwelling");
  EXPECT_TRUE(stated({}).empty());
}

TEST(FieldsOf, StatusWithoutPersonsIsValidAndWithheld) {
  json::value data = golden("care.status");
  data.as_object().erase("persons");
  EXPECT_EQ(violations("care.status", data), "");
  const auto fields = fields_of(*kinds().find("care.status"), data, {});
  EXPECT_EQ(field_at(fields, "/payload/status").category, "");
  EXPECT_EQ(field_at(fields, "/payload/exchangeId").category, "envelope");
  data.as_object()["persons"] = json::array{};
  EXPECT_NE(violations("care.status", data), "");
}

TEST(FieldsOf, DocumentOrderAndEveryLeafOnce) {
  const json::value data = golden("care.referral");
  const auto fields = fields_of(*kinds().find("care.referral"), data, persons_of(data));
  std::vector<std::string> leaves;
  const std::function<void(const json::value&, const std::string&)> walk = [&](const json::value& value,
                                                                               const std::string& at) {
    if (const json::object* object = value.if_object()) {
      for (const auto& m : *object) {
        if (!at.empty() || m.key() != "facts") walk(m.value(), at + "/" + std::string(m.key()));
      }
    } else if (const json::array* array = value.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) walk((*array)[i], at + "/" + std::to_string(i));
    } else {
      leaves.push_back(at);
    }
  };
  walk(data, "");
  std::vector<std::string> pointers;
  for (const auto& field : fields) pointers.push_back(field.pointer);
  EXPECT_EQ(pointers, leaves);
}

TEST(FieldsOf, UnknownMembersHaveNoCategoryAnywhere) {
  json::value data = golden("police.suspicion");
  json::object& root = data.as_object();
  root["extra"] = "x";
  root["payload"].as_object()["mood/of~day"] = json::array{1, json::object{{"kind", "envelope"}}};
  root["payload"].as_object()["offence"].as_object()["witness"] = "x";
  root["persons"].as_array()[0].as_object()["religion"] = "x";
  root["persons"].as_array()[0].as_object()["address"].as_object()["coordinates"] = json::array{59.3, 18.1};
  root["attachments"].as_array()[0].as_object()["comment"] = nullptr;
  root["payload"].as_object()["place"] = "Exempeltorget";
  EXPECT_EQ(violations("police.suspicion", data), "");
  const auto fields = fields_of(*kinds().find("police.suspicion"), data, persons_of(data));
  for (const char* pointer :
       {"/extra", "/payload/mood~1of~0day/0", "/payload/mood~1of~0day/1/kind", "/payload/offence/witness",
        "/persons/0/religion", "/persons/0/address/coordinates/1", "/attachments/0/comment"}) {
    EXPECT_EQ(field_at(fields, pointer).category, "") << pointer;
    EXPECT_NE(find_pointer(data, pointer), nullptr) << pointer;
  }
  EXPECT_EQ(field_at(fields, "/payload/place").category, "event_place");
}

TEST(FieldsOf, ATenantsNumberIsUnknownInForm3) {
  json::value data = golden("rent.arrears");
  data.at("persons").at(0).as_object()["personalNumber"] = "198104022382";
  EXPECT_EQ(violations("rent.arrears", data), "");
  const auto fields = fields_of(*kinds().find("rent.arrears"), data, persons_of(data));
  EXPECT_EQ(field_at(fields, "/persons/0/personalNumber").category, "");
  EXPECT_EQ(field_at(fields, "/persons/0/familyName").category, "identity");
  EXPECT_EQ(field_at(fields, "/payload/amount").persons, Refs{"p1"});
  EXPECT_EQ(field_at(fields, "/payload/landlord/name").persons, Refs{});
  EXPECT_EQ(field_at(fields, "/payload/premises/district").category, "home_area");
}

// Fail closed: a field about somebody never becomes a field about nobody.
TEST(FieldsOf, DoubtMeansEverybodyOrNobodyAtAll) {
  const json::value data = golden("police.suspicion");
  const Kind& kind = *kinds().find("police.suspicion");
  auto persons = persons_of(data);
  persons[0].role = "other";  // nobody is the subject
  EXPECT_EQ(field_at(fields_of(kind, data, persons), "/payload/offence/text").persons, (Refs{"p1", "p2"}));
  persons[0].ref = "p9";  // the lists disagree
  EXPECT_EQ(field_at(fields_of(kind, data, persons), "/persons/0/personalNumber").persons, (Refs{"p9", "p2"}));
  const auto nobody = fields_of(kind, data, {});
  EXPECT_EQ(field_at(nobody, "/payload/offence/text").category, "");
  EXPECT_EQ(field_at(nobody, "/text").category, "");
  EXPECT_EQ(field_at(nobody, "/kind").category, "envelope");
}

TEST(FieldsOf, EmptyContainersAreNoFields) {
  json::value data = golden("known.query");
  data.as_object()["facts"] = json::array{};
  data.as_object()["payload"] = json::object{};
  for (const auto& field : fields_of(*kinds().find("known.query"), data, persons_of(data))) {
    EXPECT_FALSE(field.pointer.starts_with("/facts") || field.pointer.starts_with("/payload"));
  }
}

class SchemaFolder : public testing::Test {
 protected:
  SchemaFolder() {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("kinds-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~SchemaFolder() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string load() {
    const auto result = Kinds::load(folder_);
    return result.has_value() ? "loaded" : result.error().where;
  }
  std::filesystem::path folder_;
};

constexpr const char* kSmall =
    R"({"$id":"urn:samband:schema:known.query:v2","type":"object","additionalProperties":false,
  "properties":{"kind":{"const":"known.query","x-category":"envelope"}}})";

TEST_F(SchemaFolder, LoadsVersionAndClosedness) {
  write("known.query.schema.json", kSmall);
  const auto result = Kinds::load(folder_);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->find("known.query")->version, 2);
  EXPECT_FALSE(result->find("known.query")->accepts_unknown_fields);
}

TEST_F(SchemaFolder, RefusesWhatItCannotTrust) {
  EXPECT_NE(load(), "loaded");  // empty
  const auto alone = [&](const std::string& name, const std::string& text) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    write(name, text);
    return load();
  };
  const auto changed = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  const std::string file = "known.query.schema.json";
  EXPECT_EQ(alone(file, kSmall), "loaded");
  EXPECT_EQ(alone("known.answer.schema.json", kSmall), "known.answer.schema.json:");
  EXPECT_EQ(alone(file, "{"), file + ":byte 1");
  EXPECT_EQ(alone(file, "[]"), file);
  EXPECT_EQ(alone(file, changed(kSmall, "known.query:v2", "known.query:v0")), file + ":/$id");
  EXPECT_EQ(alone(file, changed(kSmall, "\"const\":\"known.query\"", "\"const\":\"rent.arrears\"")),
            file + ":/properties/kind/const");
  EXPECT_EQ(alone(file, changed(kSmall, ",\"x-category\":\"envelope\"", "")), file + ":/kind");
  EXPECT_EQ(alone(file, changed(kSmall, "\"envelope\"", "\"envelop\"")), file + ":/properties/kind/x-category");
  EXPECT_EQ(alone(file, changed(kSmall, "\"x-category\"", "\"x-person\":\"suspect\",\"x-category\"")),
            file + ":/properties/kind/x-person");
  EXPECT_EQ(alone(file, changed(kSmall, "additionalProperties", "unevaluatedProperties")),
            file + ":/unevaluatedProperties");
  std::filesystem::remove_all(folder_);
  EXPECT_NE(load(), "loaded");
}

}  // namespace
}  // namespace samband
