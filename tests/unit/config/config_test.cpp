#include "config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "identity/personal_number.hpp"
#include "model/vocabulary.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const fs::path kExample = SAMBAND_SOURCE_DIR "/config";
const char* nothing(const char*) { return nullptr; }

std::string slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A copy of the example configuration that a test may spoil.
class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    std::string pattern = (fs::temp_directory_path() / "samband-config-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    for (const char* file : {"hub.toml", "parties.toml", "agreements.toml", "routes.toml"}) {
      fs::copy_file(kExample / file, folder_ / file);
    }
  }
  ~ConfigTest() override { fs::remove_all(folder_); }

  // Replaces the first occurrence, which must exist, so that a test cannot pass by changing nothing.
  void replace(const char* file, std::string_view from, std::string_view to) {
    std::string text = slurp(folder_ / file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file << ": " << from;
    text.replace(at, from.size(), to);
    std::ofstream(folder_ / file) << text;
  }
  void append(const char* file, std::string_view text) {
    std::ofstream(folder_ / file, std::ios::app) << "\n" << text << "\n";
  }
  Result<Config> load() { return load_config(folder_, nothing); }
  // Line and column of a text in a file, "file:line:column".
  std::string place(const char* file, std::string_view text) {
    const std::string all = slurp(folder_ / file);
    const auto at = all.find(text);
    if (at == std::string::npos) return "no such text: " + std::string(text);
    const auto line = 1 + std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const auto column = at - (all.rfind('\n', at) + 1) + 1;
    return std::string(file) + ":" + std::to_string(line) + ":" + std::to_string(column);
  }
  void expect_error(const std::string& where_ends, const std::string& message_has) {
    const auto config = load();
    ASSERT_FALSE(config) << message_has;
    EXPECT_EQ(config.error().code, Errc::invalid_config);
    EXPECT_THAT(config.error().where, EndsWith(where_ends)) << config.error().message;
    EXPECT_THAT(config.error().message, HasSubstr(message_has)) << config.error().where;
  }

  fs::path folder_;
};

TEST(ExampleConfig, Loads) {
  const auto config = load_config(kExample, nothing);
  ASSERT_TRUE(config) << config.error().where << ": " << config.error().message;
  EXPECT_EQ(config->name, "Exempelkommun");
  EXPECT_EQ(config->agency.port, 8443);
  EXPECT_EQ(config->console.port, 8444);
  EXPECT_EQ(config->log_listener.port, 8445);
  EXPECT_EQ(config->admin.port, 9464);
  EXPECT_EQ(config->clock_skew_max, 300s);
  EXPECT_EQ(config->holds.alert_after, 240s);
  EXPECT_EQ(config->assessments.window, 50);
  EXPECT_EQ(config->reviews.due_within_working_days, 3);
  EXPECT_EQ(config->retry.initial, 1000ms);
  EXPECT_EQ(config->retry.max, 3600000ms);
  EXPECT_DOUBLE_EQ(config->retry.factor, 2);
  EXPECT_DOUBLE_EQ(config->retry.jitter, 0.2);
  EXPECT_EQ(config->retention.days_for("police.suspicion"), 730);
  EXPECT_EQ(config->retention.days_for("care.status"), 365);
  EXPECT_EQ(config->retention.longest_days(), 1825);
  EXPECT_EQ(config->retention.consents_days, 1825);
  EXPECT_EQ(config->retention.incidents_days, 3650);
  EXPECT_EQ(config->data_dir, (fs::path(SAMBAND_SOURCE_DIR) / "run/data").lexically_normal());
  EXPECT_EQ(config->schemas_dir.filename(), "schemas");
  EXPECT_EQ(config->rules_dir, kExample / "rules");
  EXPECT_EQ(config->server.certificate.filename(), "hub.pem");
  EXPECT_EQ(config->client.certificate.filename(), "hub-client.pem");
  EXPECT_EQ(config->client.ca, config->server.ca);
  EXPECT_EQ(config->endpoints.size(), 9u);
  EXPECT_EQ(config->plugins.size(), 6u);
  EXPECT_EQ(config->plugins[0].module, (fs::path(SAMBAND_SOURCE_DIR) / "build/dev/lib/samband-police.so"));
  EXPECT_EQ(config->plugins.at(2).config_json, "{}");
}

TEST(ExampleConfig, EveryPartyIsMadeUpAndCanBeReached) {
  const auto config = load_config(kExample, nothing);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->parties.all().size(), 25u);
  for (const Party& p : config->parties.all()) {
    EXPECT_TRUE(p.organisation_number.starts_with("9999")) << p.id;
    EXPECT_TRUE(p.actor_type == "auditor" || p.duty_phone.starts_with("08-465 004 ")) << p.id;
    if (!p.functional_address.empty()) {
      EXPECT_EQ(p.functional_address, "sdk.example.0203:" + p.id + ".example");
    }
  }
  EXPECT_THAT(config->parties.find("school-south")->agreements, ElementsAre("sig-2026"));
  EXPECT_THAT(config->parties.find("bup")->agreements, IsEmpty());
  EXPECT_EQ(config->parties.find("social-board")->restricted_recipient, "social-restricted");
}

// Which way each message goes: sender, kind, age of the subject -> recipients, in the example municipality.
struct Way {
  const char* sender;
  const char* kind;
  int age;
  std::vector<std::string> recipients;
};
TEST(ExampleConfig, RoutesOfTheExampleMunicipality) {
  const auto config = load_config(kExample, nothing);
  ASSERT_TRUE(config);
  const Time now = *parse_rfc3339("2026-11-22T01:10:00Z");
  for (const Way& way : std::vector<Way>{
           {"police-west", "police.suspicion", 12, {"social-board/youth_offence_notice"}},
           {"police-west", "police.suspicion", 15, {"social-board/youth_offence_notice", "maria-ungdom/early_care"}},
           {"police-west", "police.suspicion", 18, {"maria-ungdom/early_care"}},
           {"police-west", "police.suspicion", 20, {"maria-ungdom/early_care"}},
           {"police-west", "police.suspicion", 21, {}},
           {"police-west", "police.lob", 40, {"social-board/need_of_help"}},
           {"police-west", "police.offer", 17, {}},
           {"police-west", "police.offer", 18, {"maria-ungdom/voluntary_offer", "social-board/voluntary_offer"}},
           {"police-west", "police.offer", 20, {"maria-ungdom/voluntary_offer", "social-board/voluntary_offer"}},
           {"police-west", "police.offer", 21, {"bas/voluntary_offer", "social-board/voluntary_offer"}},
           {"school-south", "concern.report", 9, {"social-board/child_protection"}},
           {"social-board", "concern.report", 9, {}},
           {"social-board", "care.referral", 17, {"bup/care_referral"}},
           {"social-board", "care.referral", 18, {"maria-ungdom/care_referral"}},
           {"social-board", "care.referral", 20, {"maria-ungdom/care_referral"}},
           {"social-board", "care.referral", 21, {"bas/care_referral"}},
           {"hospital", "care.referral", 19, {"maria-ungdom/care_referral", "social-board/care_referral"}},
           {"hospital", "care.referral", 21, {"bas/care_referral", "social-board/care_referral"}},
           {"bas", "care.referral", 40, {"hospital/care_referral", "social-board/care_referral"}},
           {"hospital", "lvm.report", 40, {"social-board/compulsory_care_report"}},
           {"hospital", "concern.report", 9, {"social-board/child_protection"}},
           {"school-south", "test.order", 15, {"maria-ungdom/substance_test"}},
           {"bup", "test.order", 15, {"maria-ungdom/substance_test"}},
           {"housing-coordinator", "test.order", 20, {"maria-ungdom/substance_test"}},
           {"housing-coordinator", "test.order", 21, {}},
           {"police-west", "test.order", 15, {}},
           {"maria-ungdom", "test.result", 15, {}},
           {"bup", "care.status", 16, {"social-board/care_follow_up"}},
           {"maria-ungdom", "care.status", 16, {"social-board/care_follow_up"}},
           {"police-west",
            "sig.information",
            15,
            {"social-board/sig_cooperation", "school-south/sig_cooperation", "leisure-centre/sig_cooperation"}},
           {"social-board",
            "sig.information",
            15,
            {"school-south/sig_cooperation", "police-west/sig_cooperation", "leisure-centre/sig_cooperation"}},
           {"school-south",
            "sig.information",
            15,
            {"social-board/sig_cooperation", "police-west/sig_cooperation", "leisure-centre/sig_cooperation"}},
           {"leisure-centre",
            "sig.information",
            15,
            {"social-board/sig_cooperation", "school-south/sig_cooperation", "police-west/sig_cooperation"}},
           {"leisure-centre", "sig.nomination", 15, {"social-board/sig_cooperation"}},
           {"police-west", "police.information", 40, {"social-duty/police_cooperation"}},  // a Sunday night
           {"social-board", "housing.emergency", 20, {"housing-emergency/emergency_housing"}},
           {"social-duty", "housing.emergency", 20, {"housing-emergency/emergency_housing"}},
           {"social-board", "housing.emergency", 19, {"housing-emergency/emergency_housing (age_outside_rule)"}},
           {"social-restricted", "sig.information", 15, {}},
           {"bup", "sig.information", 15, {}},
           {"landlord-private",
            "rent.arrears",
            40,
            {"social-board/rent_arrears_notice", "housing-coordinator/housing_outreach"}},
           {"landlord-private", "tenancy.disturbance", 40, {"social-board/tenancy_disturbance_notice"}},
           {"landlord-private", "housing.contact_request", 40, {"housing-coordinator/eviction_prevention"}},
           {"kronofogden", "eviction.time", 40, {"social-board/eviction_prevention"}},
           {"landlord-private", "eviction.time", 40, {}},
           {"social-board", "exchange.receipt", 40, {"landlord-private/receipt"}},
       }) {
    Message m;
    m.kind = way.kind;
    Person p;
    p.ref = "p1", p.role = "subject", p.municipality = "0999", p.district = "south";
    p.birth_date = Date{std::chrono::year(2026 - way.age), std::chrono::month(3), std::chrono::day(1)};
    m.persons.push_back(p);
    m.data = json::parse(R"({"payload": {"premises": {"municipality": "0999", "district": "south"}}})");
    std::vector<std::string> found;
    for (const Candidate& c :
         config->routes.candidates(m, *config->parties.find(way.sender), config->parties, config->agreements, now)) {
      found.push_back(c.recipient->id + "/" + c.purpose + (c.refused.empty() ? "" : " (" + c.refused + ")"));
    }
    EXPECT_EQ(found, way.recipients) << way.sender << " " << way.kind << " " << way.age;
  }
}

TEST_F(ConfigTest, TheEnvironmentMovesFoldersAndNothingElse) {
  const auto environment = [](const char* name) -> const char* {
    const std::string_view n = name;
    if (n == "SAMBAND_DATA_DIR") return "/moved/data";
    if (n == "SAMBAND_KEYS_DIR") return "/moved/keys";
    if (n == "SAMBAND_CERTS_DIR") return "/moved/certs";
    if (n == "SAMBAND_PLUGIN_DIR") return "/moved/lib";
    return "/wrong";
  };
  const auto config = load_config(folder_, environment);
  ASSERT_TRUE(config) << config.error().where << ": " << config.error().message;
  EXPECT_EQ(config->data_dir, "/moved/data");
  EXPECT_EQ(config->keys_dir, "/moved/keys");
  EXPECT_EQ(config->server.key, "/moved/certs/hub.key");
  EXPECT_EQ(config->plugins[0].module, "/moved/lib/samband-police.so");
  EXPECT_EQ(config->rules_dir, folder_ / "rules");
}

TEST_F(ConfigTest, KeysInsideTheDataAreRefused) {
  replace("hub.toml", "\"../run/keys\"", "\"../run/data/keys\"");
  expect_error(place("hub.toml", "\"../run/data/keys\""), "outside data_dir");
}

// A dotted key of 100,000 parts: 200,000 once ended the process.
const std::string kEndlessKey = [] {
  std::string text = "port = 8443\na";
  for (int i = 0; i < 100'000; ++i) text += ".a";
  return text + " = 1";
}();

struct Spoilt {
  const char* file;
  const char* from;
  const char* to;
  const char* at;  // text whose place the error names
  const char* message;
};
void PrintTo(const Spoilt& s, std::ostream* out) { *out << s.file << ": " << s.to; }
class Spoiled : public ConfigTest, public ::testing::WithParamInterface<Spoilt> {};
TEST_P(Spoiled, IsRefusedWithItsPlace) {
  ASSERT_TRUE(load());
  replace(GetParam().file, GetParam().from, GetParam().to);
  expect_error(place(GetParam().file, GetParam().at), GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(
    Hub, Spoiled,
    ::testing::Values(
        Spoilt{"hub.toml", "worker_threads = 0", "worker_thread = 0", "worker_thread",
               "unknown key 'worker_thread', did you mean 'worker_threads'?"},
        Spoilt{"hub.toml", "worker_threads = 0", "worker_threads = \"0\"", "\"0\"", "integer from 0 to 256"},
        Spoilt{"hub.toml", "worker_threads = 0", "worker_threads = 257", "257", "integer from 0 to 256"},
        Spoilt{"hub.toml", "log_level = \"info\"", "log_level = \"loud\"", "\"loud\"", "unknown log level"},
        Spoilt{"hub.toml", "version = 1", "version = 2", "2", "expected version = 1"},
        Spoilt{"hub.toml", "port = 8443", "port = 84430", "84430", "65535"},
        Spoilt{"hub.toml", "port = 8443", "port = 8443\ntls = false", "tls = false", "unknown key 'tls'"},
        Spoilt{"hub.toml", "port = 8443", kEndlessKey.c_str(), "a.a.a", "more than 64 dots in one line"},
        Spoilt{"hub.toml", "address = \"127.0.0.1\"\nport = 9464", "address = \"0.0.0.0\"\nport = 9464", "\"0.0.0.0\"",
               "127.0.0.1 or ::1"},
        Spoilt{"hub.toml", "jitter = 0.2", "jitter = 2", "2\nattempts_max", "number from 0 to 0.9"},
        // A held duty is alerted within five minutes, whatever the file says.
        Spoilt{"hub.toml", "alert_after_s = 240", "alert_after_s = 241", "241", "240"},
        Spoilt{"hub.toml", "remind_every_s = 86400", "remind_every_s = 0", "0            # and", "from 1"},
        Spoilt{"hub.toml", "minimum = 20", "minimum = 51", "51", "minimum <= window"},
        Spoilt{"hub.toml", "per_minute_max = 20", "per_minute_max = 50", "50               # of one",
               "per_minute_max < window"},
        Spoilt{"hub.toml", "due_within_working_days = 3", "due_within_working_days = 0", "0\n\n# Days", "from 1 to 30"},
        Spoilt{"hub.toml", "max_ms = 3600000", "max_ms = 10", "10\njitter", "initial_ms"},
        Spoilt{"hub.toml", "\"police.lob\" = 365", "\"police.lobb\" = 365", "365\n\"police.offer\"",
               "unknown message kind"},
        Spoilt{"hub.toml", "bytes_max = 1073741824", "bytes_max = 1048576", "134217728\nretention_days",
               "<= bytes_max"},
        Spoilt{"hub.toml", "consents_days = 1825", "consents_days = 0", "0              # after a consent",
               "from 1 to 36500"},
        Spoilt{"hub.toml", "incidents_days = 3650", "incidents_days = 0", "0             # texts", "from 1 to 36500"},
        Spoilt{"hub.toml", "retention_days = 30", "retention_days = 0", "0\n\n[quota]", "from 1 to 3650"},
        Spoilt{"hub.toml", "[quota.party.landlord-private]", "[quota.party.landlord]", "[quota.party.landlord]",
               "unknown party"},
        Spoilt{"hub.toml", "https://127.0.0.1:19101", "http://127.0.0.1:19101", "\"http://127.0.0.1:19101", "https://"},
        Spoilt{"hub.toml", "https://127.0.0.1:19101", "https://me:pw@127.0.0.1:19101", "\"https://me", "without user"},
        Spoilt{"hub.toml", "url = \"https://127.0.0.1:19101/case-api/v1\"", "url = \"sftp://127.0.0.1/in\"",
               "[[endpoints]]", "'user' is required"},
        Spoilt{"hub.toml", "url = \"https://127.0.0.1:19101/case-api/v1\"",
               "url = \"sftp://127.0.0.1/in\"\nuser = \"a\"\nhost_key = \"MD5:aa\"\nprivate_key = \"k\"", "\"MD5:aa\"",
               "SHA256:"},
        Spoilt{"hub.toml", "url = \"https://127.0.0.1:19101/case-api/v1\"", "url = \"sftp://a:b@127.0.0.1/in\"",
               "\"sftp://a:b", "sftp://host"},
        Spoilt{"hub.toml", "url = \"https://127.0.0.1:19101/case-api/v1\"", "url = \"sftp://127.0.0.1\"",
               "\"sftp://127", "sftp://host"},
        Spoilt{"hub.toml", "# [[status_poll]]", "[[status_poll]]\nparty = \"nobody\"", "\"nobody\"", "unknown party"},
        Spoilt{"hub.toml", "# [[status_poll]]", "[[status_poll]]\nparty = \"school-south\"", "\"school-south\"",
               "can be asked"},
        Spoilt{"hub.toml", "# [[status_poll]]", "[[status_poll]]\nparty = \"police-west\"", "\"police-west\"",
               "care.status"},
        Spoilt{"hub.toml", "# [[status_poll]]", "[[status_poll]]\nparty = \"bup\"\n[[status_poll]]\nparty = \"bup\"",
               "\"bup\"\n# party", "twice"},
        Spoilt{"hub.toml", "# [[status_poll]]", "[[status_poll]]\nparty = \"bup\"\nper_minute = 0", "0\n# party",
               "from 1 to 6000"},
        Spoilt{"hub.toml", "# [[drop_in]]", "[[drop_in]]\nparty = \"nobody\"\nfolder = \"in\"", "\"nobody\"",
               "unknown party"},
        Spoilt{"hub.toml", "# [[drop_in]]", "[[drop_in]]\nparty = \"social-board\"\nfolder = \"in\"",
               "\"social-board\"\nfolder", "`inbound` does not have"},
        Spoilt{"hub.toml", "# [[drop_in]]", "[[drop_in]]\nparty = \"social-board\"", "[[drop_in]]",
               "'folder' is required"},
        Spoilt{"hub.toml", "# [[drop_in]]",
               "[[drop_in]]\nparty = \"social-board\"\nfolder = \"in\"\nfrom = \"ftp://a/b\"", "\"ftp://a/b\"",
               "sftp://host"},
        Spoilt{"hub.toml", "# [[drop_in]]",
               "[[drop_in]]\nparty = \"social-board\"\nfolder = \"in\"\nfrom = \"sftp://a/b\"", "[[drop_in]]",
               "'user' is required"},
        Spoilt{"hub.toml", "server_name = \"localhost\"", "host_key = \"x\"", "host_key = ", "unknown key"},
        Spoilt{"hub.toml", "name = \"maria-fhir\"", "name = \"case-system\"",
               "\"case-system\"\nurl = \"https://127.0.0.1:19102", "twice"},
        Spoilt{"hub.toml", "sha256 = \"file\"", "sha256 = \"auto\"", "\"auto\"", "64 lower-case hex"},
        Spoilt{"hub.toml", "samband-health.so\"\nsha256 = \"file\"",
               "samband-health.so\"\nsha256 = \"file\"\nconfig = { since = 2026-01-01T00:00:00Z, x = nan }", "{ since",
               "no JSON form"},
        Spoilt{"hub.toml", "samband-health.so\"\nsha256 = \"file\"",
               "samband-health.so\"\nsha256 = \"file\"\nconfig_file = \"absent.json\"", "\"absent.json\"",
               "JSON object"},
        Spoilt{"hub.toml", "origin = \"samband.example/exempelkommun\"", "origin = \"a b\"", "\"a b\"", "white space"},
        Spoilt{"hub.toml", "origin = \"samband.example/exempelkommun\"", "origin = \"\"", "\"\"", "'origin' is empty"},
        Spoilt{"hub.toml", "duty_phone = \"08-465 004 00\"", "duty_phone = \"\"", "\"\"", "'duty_phone' is empty"},
        Spoilt{"hub.toml", "duty_phone = \"08-465 004 00\"", "duty_phone = \"ring 08-465\"", "\"ring",
               "telephone number"},
        Spoilt{"hub.toml", "duty_phone = \"08-465 004 00\"", "duty_phone = \"+-\"", "\"+-\"", "telephone number"},
        Spoilt{"hub.toml", "duty_phone =", "duty_fone =", "duty_fone", "did you mean 'duty_phone'?"},
        Spoilt{"hub.toml", "\ncertificate =", "\ncertifikat =", "certifikat =", "unknown key 'certifikat'"},
        Spoilt{"hub.toml", "[tls]", "[tsl]", "tsl]", "did you mean 'tls'?"},
        Spoilt{"hub.toml", "version = 1", "# none", "# The hub of", "'version' is required"},
        Spoilt{"hub.toml", "port = 8444", "port = 8443", "8443\n\n[listeners.log]",
               "'agency' and 'console' share the port"},
        Spoilt{"hub.toml",
               "[listeners.log]                   # checkpoint and hash tiles are public\naddress = "
               "\"127.0.0.1\"\nport = 8445",
               "[listeners.log]\naddress = \"0.0.0.0\"\nport = 8444", "8444\n\n[listeners.admin]",
               "share the port 8444"},
        Spoilt{"hub.toml", "name = \"Exempelkommun\"", "name = ?", "?", ""}));
INSTANTIATE_TEST_SUITE_P(
    Parties, Spoiled,
    ::testing::Values(
        Spoilt{"parties.toml", "organisation_number = \"9999000012\"", "organisation_number = \"9999000013\"",
               "\"9999000013\"", "check digit"},
        Spoilt{"parties.toml", "actor_type = \"police\"", "actor_type = \"polis\"", "\"polis\"", "unknown actor type"},
        Spoilt{"parties.toml", "id = \"bup\"", "id = \"BUP\"", "\"BUP\"", "a-z"},
        Spoilt{"parties.toml", "id = \"bup\"", "id = \"maria-ungdom\"", "\"maria-ungdom\"\nname = \"Barn", "twice"},
        Spoilt{"parties.toml", "\"police.suspicion\"", "\"police.suspicions\"", "[\"police.suspicions\"",
               "unknown message kind"},
        Spoilt{"parties.toml", "adapter = \"police\"", "adapter = \"polis\"", "\"polis\"", "no plugin 'polis'"},
        Spoilt{"parties.toml", "endpoint = \"police\"", "endpoint = \"polis\"", "\"polis\"", "no endpoint 'polis'"},
        Spoilt{"parties.toml", "endpoint = \"police\"\n", "", "\"police\"\ninbound", "together"},
        Spoilt{"parties.toml", "inbound = [\"police\"]", "inbound = [\"polis\"]", "[\"polis\"]", "no plugin 'polis'"},
        Spoilt{"parties.toml", "restricted_recipient = \"social-restricted\"", "duty_party = \"nobody\"", "\"nobody\"",
               "unknown party"},
        Spoilt{"parties.toml", "privacy_officer = \"social-privacy\"", "privacy_officer = \"nobody\"", "\"nobody\"",
               "unknown party"},
        Spoilt{"parties.toml", "restricted_recipient = \"social-restricted\"", "restricted_recipient = \"nobody\"",
               "\"nobody\"", "another party"},
        Spoilt{"parties.toml", "restricted_recipient = \"social-restricted\"",
               "restricted_recipient = \"social-board\"", "\"social-board\"\nprivacy_officer", "another party"},
        Spoilt{"parties.toml", "[\"notify_guardian\"]", "[\"receipt\"]", "[\"receipt\"",
               "unknown task of an agency's people"},
        Spoilt{"parties.toml", "duty_phone", "certificate_sha256 = \"AB\"\nduty_phone", "\"AB\"", "hex"},
        Spoilt{"parties.toml", "duty_phone = \"08-465 004 11\"", "", "[[party]]\nid = \"police-west\"",
               "'duty_phone' is required"},
        Spoilt{"parties.toml", "duty_phone", "duty_fone", "duty_fone", "unknown key 'duty_fone', did you mean"},
        Spoilt{"parties.toml", "duty_phone = \"", "duty_phone = \"tel ", "\"tel ", "telephone number"}));
INSTANTIATE_TEST_SUITE_P(
    Agreements, Spoiled,
    ::testing::Values(Spoilt{"agreements.toml", "valid_to = 2027-12-31", "valid_to = 2025-12-31", "2025-12-31",
                             "valid_to >= valid_from"},
                      Spoilt{"agreements.toml", "valid_to = 2027-12-31", "valid_to = \"2027-12-31\"", "\"2027-12-31\"",
                             "a date like"},
                      Spoilt{"agreements.toml", "valid_to = 2027-12-31", "", "[[agreement]]", "'valid_to' is required"},
                      Spoilt{"agreements.toml", "\"school-south\"", "\"school-north\"", "[\"police-west\"",
                             "unknown party"},
                      Spoilt{"agreements.toml", "valid_to", "valid_til", "valid_til", "did you mean 'valid_to'?"},
                      Spoilt{"agreements.toml", "valid_to", "ends", "ends", "unknown key 'ends'"}));
INSTANTIATE_TEST_SUITE_P(RoutesFile, Spoiled,
                         ::testing::Values(Spoilt{"routes.toml", "agreement = \"sig-2026\"", "agreement = \"sig-2025\"",
                                                  "\"sig-2025\"", "unknown agreement 'sig-2025'"}));

TEST_F(ConfigTest, AMissingFileIsNamed) {
  for (const char* file : {"hub.toml", "parties.toml", "agreements.toml", "routes.toml"}) {
    const std::string text = slurp(folder_ / file);
    fs::remove(folder_ / file);
    expect_error(file, "cannot be read");
    std::ofstream(folder_ / file) << text;
  }
  EXPECT_TRUE(load());
  EXPECT_FALSE(load_config(folder_ / "absent", nothing));
}
TEST_F(ConfigTest, RequiredTablesAreRequired) {
  for (const char* key : {"data_dir", "keys_dir", "certs_dir", "plugin_dir", "duty_phone"}) {
    const std::string text = slurp(folder_ / "hub.toml");
    replace("hub.toml", "\n" + std::string(key) + " = ", "\n# ");
    expect_error("", "'" + std::string(key) + "' is required");
    std::ofstream(folder_ / "hub.toml") << text;
  }
}

TEST_F(ConfigTest, ASimulationMayBeginAtATimeOfItsOwn) {
  replace("hub.toml", "origin = \"samband.example/exempelkommun\"", "origin = \"samband.example/simulation\"");
  append("hub.toml", "[simulation]\nclock = true\nbegins = \"2026-11-27T21:30:00+01:00\"");
  auto config = load();
  ASSERT_TRUE(config) << config.error().where << config.error().message;
  ASSERT_TRUE(config->simulation_begins);
  EXPECT_EQ(to_rfc3339(*config->simulation_begins), "2026-11-27T20:30:00.000Z");
  replace("hub.toml", "2026-11-27T21:30:00+01:00", "a Friday");
  ASSERT_FALSE(load());
  EXPECT_THAT(load().error().message, HasSubstr("expected a time as"));
  replace("hub.toml", "clock = true\nbegins = \"a Friday\"", "begins = \"2026-11-27T20:30:00Z\"");
  ASSERT_FALSE(load()) << "the clock of a real hub begins nowhere";
}

TEST_F(ConfigTest, AQuotaOfOnesOwn) {
  replace("hub.toml", "[quota.party.landlord-private]\nmessages_per_minute = 60000\nin_flight = 256",
          "[quota.party.landlord-private]\nmessages_per_minute = 60");
  const auto config = load();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->quota_for("landlord-private").messages_per_minute, 60);
  EXPECT_EQ(config->quota_for("landlord-private").in_flight, 256);
  EXPECT_EQ(config->quota_for("police-west").messages_per_minute, 60000);
}

TEST_F(ConfigTest, PluginConfigurationIsATableOrAFile) {
  const std::string health = "module = \"samband-health.so\"\nsha256 = \"file\"";
  const auto config_of_health = [&]() -> std::string {
    const auto config = load();
    return config ? config->plugins.at(2).config_json : config.error().where + " " + config.error().message;
  };
  replace("hub.toml", health, health + "\n[plugins.config]\nb = [1, true]\na = { x = \"å\" }");
  EXPECT_EQ(config_of_health(), R"({"a":{"x":"å"},"b":[1,true]})");
  replace("hub.toml", "[plugins.config]\nb = [1, true]\na = { x = \"å\" }", "config_file = \"police.json\"");
  std::ofstream(folder_ / "police.json") << R"( {"y": 1} )";
  EXPECT_EQ(config_of_health(), R"({"y":1})");
  std::ofstream(folder_ / "police.json") << R"({"y": 1, "y": 2})";
  EXPECT_FALSE(load());
}

TEST_F(ConfigTest, ListenersMayShareAPortOnlyOnDifferentAddresses) {
  replace("hub.toml", "address = \"127.0.0.1\"\nport = 8444", "address = \"127.0.0.2\"\nport = 8443");
  EXPECT_TRUE(load());
  replace("hub.toml", "address = \"127.0.0.2\"\nport = 8443", "port = 0");
  replace("hub.toml", "port = 8443", "port = 0");
  EXPECT_TRUE(load());
}

TEST_F(ConfigTest, PlacesOfPluginsAndFilesAreKept) {
  const auto config = load();
  ASSERT_TRUE(config);
  const PluginConfig& plugin = config->plugins.at(1);
  EXPECT_THAT(plugin.place_of("/config/api"), EndsWith(place("hub.toml", "\"errand\"")));
  const std::string table = place("hub.toml", "[plugins.config]\napi");
  EXPECT_THAT(plugin.place_of("/config/absent/member"), EndsWith(table));
  EXPECT_THAT(plugin.place_of("/absent"), EndsWith(place("hub.toml", "[[plugins]]\nname = \"municipal_case\"")));
  EXPECT_THAT(plugin.place_of("/module"), EndsWith(place("hub.toml", "\"samband-municipal_case.so\"")));
  ASSERT_EQ(config->files.size(), 5u);
  EXPECT_EQ(config->files[1].path, config->server.key);
  EXPECT_THAT(config->files[1].place, EndsWith(place("hub.toml", "\"hub.key\"")));
}

TEST_F(ConfigTest, ADigestIsWrittenOrReadBesideTheModule) {
  const std::string digest(64, 'a');
  PluginConfig plugin;
  plugin.module = folder_ / "m.so";
  plugin.places = {{"", "entry"}, {"/module", "module"}, {"/sha256", "digest"}};
  for (const char* sha256 : {digest.c_str(), "file"}) {
    plugin.sha256 = sha256;
    ASSERT_FALSE(pinned_sha256(plugin)) << "no module";
    EXPECT_EQ(pinned_sha256(plugin).error().where, "module");
    EXPECT_THAT(pinned_sha256(plugin).error().message, HasSubstr("m.so does not exist"));
  }
  std::ofstream(folder_ / "m.so") << "module";
  plugin.sha256 = digest;
  EXPECT_EQ(*pinned_sha256(plugin), digest);
  plugin.sha256 = "file";
  EXPECT_EQ(pinned_sha256(plugin).error().where, "digest");
  EXPECT_THAT(pinned_sha256(plugin).error().message, HasSubstr("m.so.sha256 cannot be read"));
  std::ofstream(folder_ / "m.so.sha256") << std::string(64, 'b') << "  m.so\n";
  EXPECT_EQ(*pinned_sha256(plugin), std::string(64, 'b'));
  std::ofstream(folder_ / "m.so.sha256") << "none\n";
  EXPECT_EQ(pinned_sha256(plugin).error().code, Errc::invalid_config);
}

}  // namespace
}  // namespace samband
