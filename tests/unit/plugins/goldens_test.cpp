// Every adapter's cases, its manifest file, and what no adapter may do, through the C ABI.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdk/test_kit.hpp"

namespace {

using namespace samband;
namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path kSource = SAMBAND_SOURCE_DIR, kBinary = SAMBAND_BINARY_DIR;
fs::path module_of(const std::string& name) { return kBinary / "lib" / ("samband-" + name + ".so"); }

class Adapters : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, Adapters,
                         testing::Values("police", "kronofogden", "landlord", "school", "file_drop", "template"),
                         [](const auto& p) { return p.param; });

TEST_P(Adapters, GoldenCases) {
  const auto results = test_kit::run_goldens(module_of(GetParam()), kSource / "plugins" / GetParam() / "cases");
  EXPECT_GE(results.size(), 5u);
  for (const auto& r : results) EXPECT_TRUE(r.passed) << GetParam() << "/cases/" << r.name << ": " << r.detail;
}

TEST_P(Adapters, ManifestFileIsTheModulesOwn) {
  test_kit::Module m(module_of(GetParam()));
  EXPECT_EQ(json::parse(m.manifest()),
            json::parse(test_kit::read_text(kSource / "plugins" / GetParam() / "manifest.json")));
}

TEST_P(Adapters, HostileBytesAreRefusedWithoutWords) {
  test_kit::Module m(module_of(GetParam()));
  const std::string canary = "201001012382";
  for (const auto& body :
       {std::string(), std::string("\0\0", 2), std::string("{\"a\":\"" + canary + "\"}"), "<a>" + canary + "</a>",
        "<" + canary, std::string(100000, '['), std::string(100000, '<'), "\xFF\xFE" + canary}) {
    for (const auto* type : {"application/json", "application/xml", ""}) {
      const auto out = m.decode(body, type);
      EXPECT_EQ(out.status, HUB_INVALID_INPUT) << GetParam();
      EXPECT_THAT(out.where + out.message, testing::Not(testing::HasSubstr(canary)));
      EXPECT_TRUE(out.messages.empty());
    }
  }
}

TEST_P(Adapters, StepAlwaysGivesOneActionOrAnError) {
  test_kit::Module m(module_of(GetParam()));
  for (const auto* exchange :
       {"", "{}", "[]", "{\"data\":1}", "{\"data\":{}}", "{\"exchangeId\":\"x\",\"data\":{},\"recipient\":{}}"}) {
    for (const auto event :
         {sdk::Event::started, sdk::Event::http_response, sdk::Event::timed_out, sdk::Event::resumed}) {
      for (const int status : {0, 200, 302, 404, 503}) {
        const auto out = m.step(exchange, event, status, "<nonsense");
        EXPECT_EQ(out.actions, out.status == HUB_OK ? 1 : 0);
        if (out.action && out.action->kind == HUB_ACTION_DELIVERED) {
          EXPECT_TRUE(event == sdk::Event::http_response && status == 200);
        }
      }
    }
  }
}

// Cases are the corpus: each is changed in random places, and the adapter must answer with a message or a refusal.
TEST_P(Adapters, SurvivesRandomChanges) {
  const auto* given = std::getenv("SAMBAND_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20261122;
  std::printf("seed %llu (SAMBAND_SEED)\n", static_cast<unsigned long long>(seed));
  std::uint64_t state = seed * 6364136223846793005ull + 1442695040888963407ull;
  const auto next = [&](std::size_t n) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return static_cast<std::size_t>(state % n);
  };
  std::vector<std::pair<std::string, std::string>> corpus;
  for (const auto& entry : fs::directory_iterator(kSource / "plugins" / GetParam() / "cases")) {
    if (!entry.is_directory()) continue;
    if (const auto in = test_kit::file_named(entry, "in"); !in.empty())
      corpus.emplace_back(test_kit::read_text(in), test_kit::media_type_of(in));
  }
  ASSERT_FALSE(corpus.empty());
  test_kit::Module m(module_of(GetParam()));
  int accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    auto [body, type] = corpus[next(corpus.size())];
    for (std::size_t changes = 1 + next(4); changes && !body.empty(); --changes) {
      const auto at = next(body.size());
      switch (next(5)) {
        case 0:
          body[at] = static_cast<char>(next(256));
          break;
        case 1:
          body.erase(at, 1 + next(20));
          break;
        case 2:
          body.insert(at, body.substr(next(body.size()), 1 + next(60)));
          break;
        case 3:
          body.insert(at, std::string(1 + next(3), "<>&\"'{}[]:,/"[next(12)]));
          break;
        default:
          body.resize(at);
          break;
      }
    }
    const auto out = m.decode(body, type);
    ASSERT_TRUE(out.status == HUB_OK || out.status == HUB_INVALID_INPUT)
        << "round " << round << " status " << out.status;
    accepted += out.status == HUB_OK;
    for (const auto& message : out.messages) ASSERT_NO_THROW((void)json::parse(message));
    ASSERT_EQ(out.message.find("201001012382"), std::string::npos);
  }
  EXPECT_GT(accepted, 0) << "the changes are too wild to reach anything";
}

TEST(Landlord, NoIdentityNumberLeavesWhateverItsPlace) {
  test_kit::Module m(module_of("landlord"));
  for (const auto* place :
       {"tenant", "landlord", "premises", "tenant/address", "paymentAccount", "interest", "leaseNumber"}) {
    for (const auto* written :
         {"198503012380", "19850301-2380", "850301-2380", "8503012380", "850301+2380", "1985.03.01.2380",
          "8 5 0 3 0 1 2 3 8 0", "850301 - 2380", "85-03-01/2380", "19850301\u200B2380", "\u202E850301-2380\u202C",
          "850301\u00AD-2380", "\uFF18\uFF15\uFF10\uFF13\uFF10\uFF11\uFF0D2380",
          "8\uFE0F\u20E35\uFE0F\u20E30301-2380"}) {
      auto form = json::parse(test_kit::read_text(kSource / "plugins/landlord/cases/arrears/in.json")).as_object();
      const std::string p = place;
      if (p == "tenant/address")
        form["tenant"].as_object()["address"].as_object()["street"] = std::string("c/o ") + written;
      else if (form[p].is_object())
        form[p].as_object()["Personal_Number"] = written;
      else
        form[p] = std::string("nr ") + written + ".";
      const auto out = m.decode(json::serialize(form));
      ASSERT_EQ(out.status, HUB_OK) << place << " " << out.where << " " << out.message;
      EXPECT_THAT(out.messages.at(0), testing::Not(testing::HasSubstr("2380"))) << place;
      EXPECT_THAT(out.messages.at(0), testing::HasSubstr("personnummer_stripped")) << place;
    }
  }
}

json::object form_of(const char* folder) {
  return json::parse(test_kit::read_text(kSource / "plugins/landlord/cases" / folder / "in.json")).as_object();
}

void put(json::value& form, const std::string& pointer, json::value value) {
  json::object* object = &form.as_object();
  std::size_t at = 1;
  for (std::size_t end; (end = pointer.find('/', at)) != std::string::npos; at = end + 1) {
    auto& inner = (*object)[pointer.substr(at, end - at)];
    if (!inner.is_object()) inner = json::object{};
    object = &inner.get_object();
  }
  (*object)[pointer.substr(at)] = std::move(value);
}

// A member that is dropped unsaid changes what the notice is: without correctionOf the earlier one's clock goes on.
TEST(Landlord, AWrongTypeIsNeverLeftOutUnsaid) {
  test_kit::Module m(module_of("landlord"));
  for (const auto* pointer : {"/form",
                              "/messageId",
                              "/createdAt",
                              "/correctionOf",
                              "/conversationId",
                              "/landlord",
                              "/landlord/name",
                              "/landlord/address",
                              "/landlord/phone",
                              "/tenant",
                              "/tenant/name",
                              "/tenant/address",
                              "/tenant/address/street",
                              "/tenant/phone",
                              "/tenant/email",
                              "/coTenants",
                              "/premises",
                              "/premises/municipality",
                              "/premises/district",
                              "/rooms",
                              "/amount",
                              "/dueDate",
                              "/interest",
                              "/paymentAccount",
                              "/servedAt",
                              "/leaseNumber",
                              "/dwelling"}) {
    for (const auto* wrong : {"[\"x\"]", "{\"ore\":\"x\"}", "1.5e3", "\"x\""}) {
      const std::string p = pointer, value = wrong;
      const bool object = p == "/landlord" || p == "/tenant" || p == "/premises" || p == "/coTenants";
      const bool address = p.ends_with("address");
      if (value[0] == '"' && !object && p != "/dwelling") continue;
      if (value[0] == '{' && (address || p == "/premises")) continue;  // other members of it are left out and said so
      if (value[0] == '1' && (p == "/rooms" || p == "/interest" || p == "/amount")) continue;
      json::value form = form_of("arrears");
      put(form, p, json::parse(wrong));
      const auto out = m.decode(json::serialize(form));
      EXPECT_EQ(out.status, HUB_INVALID_INPUT) << p << " " << wrong;
      EXPECT_TRUE(out.where.starts_with(p)) << p << " " << wrong << ": " << out.where;
    }
    // null is an absent member.
    json::value form = form_of("arrears");
    const std::string p = pointer;
    put(form, p, nullptr);
    const bool required = p == "/form" || p == "/messageId" || p == "/createdAt" || p == "/landlord" ||
                          p == "/tenant" || p == "/landlord/name" || p == "/tenant/name" || p == "/amount" ||
                          p == "/dueDate";
    EXPECT_EQ(m.decode(json::serialize(form)).status, required ? HUB_INVALID_INPUT : HUB_OK) << p;
  }
}

TEST(Landlord, AWholeNumberIsReadAsItsText) {
  test_kit::Module m(module_of("landlord"));
  auto form = form_of("arrears");
  form["messageId"] = 20260001;
  form["correctionOf"] = std::uint64_t{18446744073709551615u};
  form["leaseNumber"] = 1102;
  form["tenant"].as_object()["address"].as_object()["postalCode"] = 99901;
  const auto out = m.decode(json::serialize(form));
  ASSERT_EQ(out.status, HUB_OK) << out.where;
  for (const auto* text : {"\"id\":\"20260001\"", "\"correctionOf\":\"18446744073709551615\"",
                           "\"leaseNumber\":\"1102\"", "\"postalCode\":\"99901\""})
    EXPECT_THAT(out.messages.at(0), testing::HasSubstr(text));
}

TEST(Landlord, ANumberWhereADateStoodIsNoReasonToRefuse) {
  test_kit::Module m(module_of("landlord"));
  for (const auto& [written, kept] : std::vector<std::pair<const char*, const char*>>{
           {"850301-2380", nullptr}, {"2026-11-19 850301-2380", "2026-11-19"}, {"nyss 19850301-2380", nullptr}}) {
    auto form = form_of("arrears");
    form["servedAt"] = written;
    const auto out = m.decode(json::serialize(form));
    ASSERT_EQ(out.status, HUB_OK) << out.where;
    const auto message = json::parse(out.messages.at(0));
    EXPECT_EQ(message.at("sambandwarnings").at(0),
              (json::value{{"code", "personnummer_stripped"}, {"where", "/servedAt"}}));
    const auto* served = message.at("data").at("payload").as_object().if_contains("servedAt");
    ASSERT_EQ(served != nullptr, kept != nullptr) << written;
    if (kept) EXPECT_EQ(*served, json::value(kept));
  }
  for (const auto& [pointer, text] : std::vector<std::pair<const char*, const char*>>{
           {"/servedAt", "nyss"}, {"/servedAt", "850301-2381"}, {"/dueDate", "850301-2380"}}) {
    json::value form = form_of("arrears");
    put(form, pointer, text);
    EXPECT_EQ(m.decode(json::serialize(form)).where, pointer);
  }
}

}  // namespace
