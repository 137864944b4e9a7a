// The SDK codec: hostile XML, the extension's mapping, and DIGG's own examples and schemas where they are at hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libxml/xmlschemas.h>

#include <filesystem>
#include <fstream>

#include "digg_sdk/message.hpp"
#include "digg_sdk/receipt.hpp"

namespace {

using namespace samband;
using namespace samband::plugin;
namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// DIGG's files are not copied into the repository; without them the tests that need them say so.
fs::path testdata() {
  if (const auto* given = std::getenv("SAMBAND_TESTDATA")) return given;
  return fs::path(SAMBAND_SOURCE_DIR) / "../shared/testdata";
}

template <class T>
sdk::Error error_of(const sdk::Result<T>& r) {
  const auto* e = std::get_if<sdk::Error>(&r);
  return e ? *e : sdk::Error{HUB_OK, "", "no error"};
}

SdkMessage sample() {
  SdkMessage m;
  m.created_at = "2026-11-22T01:10:00.000Z";
  m.message_id = m.conversation_id = "019abcde-0000-7000-8000-000000000001";
  m.label = "Underrättelse";
  m.generating_system = {"un-encoded", "Samband", {}};
  m.sender = {"0203:hub.example", "hub.address", "Hub", {}, {{"dnr", "A-1", "dnr"}}};
  m.recipient = {"0203:kommun.example", "soc.mottagning", "", {}, {}};
  m.documents.push_back(
      {"SDK-Meddelande", "Underrättelse", "# Rubrik\r\n<&> \"å\"", {{"a.pdf", "application/pdf", "JVBERi0xLg=="}}});
  Notice n;
  n.kind = "police.suspicion";
  n.text_is_rendered = true;
  n.data = json::parse(R"({"persons":[{"ref":"p1","role":"subject","givenName":"Åsa <&>","informed":false}],
    "payload":{"offence":{"prisonInScale":true,"code":"5010"},"score":-12,"half":0.5,"irk":{"items":[1,2,3]}},
    "text":" två\r\nrader\t"})")
               .as_object();
  m.notice = std::move(n);
  return m;
}

std::string written(const SdkMessage& m) {
  const auto r = write_sdk_message(m);
  EXPECT_TRUE(std::holds_alternative<std::string>(r)) << error_of(r).message;
  return std::get<std::string>(r);
}

std::string replaced(std::string s, const std::string& from, const std::string& to) {
  const auto at = s.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return s.replace(at, from.size(), to);
}

TEST(SdkMessageTest, ReadsWhatItWrites) {
  const auto r = read_sdk_message(written(sample()));
  ASSERT_TRUE(std::holds_alternative<SdkMessage>(r)) << error_of(r).where << error_of(r).message;
  const auto& m = std::get<SdkMessage>(r);
  const auto original = sample();
  ASSERT_TRUE(m.notice);
  EXPECT_EQ(m.notice->data, original.notice->data);
  EXPECT_EQ(m.notice->kind, "police.suspicion");
  EXPECT_TRUE(m.notice->text_is_rendered);
  EXPECT_EQ(m.documents.at(0).text, original.documents.at(0).text);
  EXPECT_EQ(m.documents.at(0).files.at(0).base64, "JVBERi0xLg==");
  EXPECT_EQ(m.sender.references.at(0).extension, "A-1");
  EXPECT_EQ(m.recipient.functional_address, "soc.mottagning");
}

TEST(SdkMessageTest, LeavesOutWhatSdkForbids) {
  auto m = sample();
  m.notice->data = json::parse(R"({"a":null,"b":"","c":"  ","d":[],"e":{},"f":[{"g":""}],"h":"x\u0001"})").as_object();
  const auto r = read_sdk_message(written(m));
  ASSERT_TRUE(std::holds_alternative<SdkMessage>(r)) << error_of(r).message;
  EXPECT_EQ(std::get<SdkMessage>(r).notice->data, json::parse(R"({"h":"x\uFFFD"})").as_object());
}

TEST(SdkMessageTest, CrossChecksWhatNoSchemaSays) {
  const auto good = written(sample());
  const std::string id = sample().message_id;
  struct Change {
    std::string from, to, detail;
  };
  const std::vector<Change> changes{
      {"<xhb:ID>" + id, "<xhb:ID>019abcde-0000-7000-8000-000000000002", "invariant"},
      {">0203:hub.example</xhb:ID>", ">0203:other.example</xhb:ID>", "security"},
      {">0203:kommun.example</xhb:ID>", ">0203:other.example</xhb:ID>", "security"},
      {"<xhb:HandlingServiceID>soc.mottagning", "<xhb:HandlingServiceID>annan", "security"},
      {"<m:messageId>019abcde", "<m:messageId>x19abcde", "invariant"},
      {"<m:conversationId>019abcde", "<m:conversationId>019abcde-", "invariant"},
      {"<m:creationDateTime>2026-11-22T01:10:00.000Z", "<m:creationDateTime>2026-11-22T01:10:00Z", "invariant"},
      {"<m:creationDateTime>2026-11-22T01:10:00.000Z", "<m:creationDateTime>3 Sept. 2019", "structure"},
      {"<m:creationDateTime>2026-11-22T01:10:00.000Z", "<m:creationDateTime>2026-11-22T01:10:00.000+01:00",
       "invariant"},
      {"<m:creationDateTime>2026-11-22T", "<m:creationDateTime>2026-02-30T", "invariant"},
      {"<m:confidentiality>true", "<m:confidentiality>maybe", "structure"},
      {"<m:label>Underrättelse", "<m:label>   ", "invariant"},
      {"<m:label>Underrättelse", "<m:label>" + std::string(257, 'a'), "structure"},
      {"<m:root>iso6523-actorid-upis", "<m:root>other", "invariant"},
      {"<m:root>urn:riv:infrastructure:messaging:functionalAddress", "<m:root>other", "invariant"},
      {"<m:content>JVBERi0xLg==", "<m:content>JVBERi0xLg=", "invariant"},
      {"<m:content>JVBERi0xLg==", "<m:content>JV*ERi0xLg==", "invariant"},
      {"InstanceEncryptionIndicator>false", "InstanceEncryptionIndicator>true", "not-supported"},
      {"urn:fdc:digg.se:edelivery:federation:sdk", "urn:other", "not-supported"},
      {"<m:messageBody>", "<m:messageBody><m:unknown>x</m:unknown>", "structure"},
      {"<m:messageBody>", "<m:messageBody><x xmlns=\"urn:x\">before documents</x>", "structure"},
      {"<m:messageHeader>", "<m:messageHeader>text", "structure"},
      {"version=\"1\"", "version=\"2\"", "invariant"},
      {"t=\"b\">true", "t=\"b\">ja", "invariant"},
      {"t=\"n\">-12", "t=\"n\">1e", "invariant"},
      {"t=\"n\">-12", "t=\"x\">-12", "invariant"},
      {"<s:ref>p1</s:ref>", "<s:ref>p1</s:ref><s:ref>p2</s:ref>", "invariant"},
  };
  for (const auto& [from, to, detail] : changes) {
    SdkRefusal why;
    const auto r = read_sdk_message(replaced(good, from, to), &why);
    EXPECT_EQ(why.detail, detail) << to;
    EXPECT_EQ(why.reason, detail == "structure" && from != "<m:label>Underrättelse" ? "SV" : "BV") << to;
    EXPECT_NE(why.document_id, "") << "nobody could be told: " << to;
    EXPECT_EQ(error_of(r).status, HUB_INVALID_INPUT) << to;
    EXPECT_LT(error_of(r).where.size(), 64u) << "the place does not fit the ABI: " << error_of(r).where;
    EXPECT_NE(error_of(r).where, "") << to;
  }
}

TEST(SdkMessageTest, NeedsAddresses) {
  auto m = sample();
  m.recipient.functional_address.clear();
  EXPECT_EQ(error_of(write_sdk_message(m)).status, HUB_INVALID_CONFIG);
  m = sample();
  m.sender.participant_id = "hub.example";
  EXPECT_EQ(error_of(write_sdk_message(m)).status, HUB_INVALID_CONFIG);
  m = sample();
  m.message_id = "HV-1";
  EXPECT_EQ(error_of(write_sdk_message(m)).status, HUB_INTERNAL);
}

TEST(XmlTest, RefusesWhatAParserShouldNotSee) {
  std::string lol = "<!DOCTYPE lolz [<!ENTITY lol \"lol\">";
  for (int i = 1; i < 10; ++i) {
    lol += "<!ENTITY lol" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) lol += "&lol" + (i > 1 ? std::to_string(i - 1) : std::string()) + ";";
    lol += "\">";
  }
  lol += "]><lolz>&lol9;</lolz>";
  std::string attributes = "<a", deep;
  for (int i = 0; i < 100; ++i) attributes += " a" + std::to_string(i) + "=\"\"";
  for (int i = 0; i < 70; ++i) deep += "<a>";
  std::string many = "<a>";
  for (int i = 0; i < 100001; ++i) many += "<b/>";
  const std::vector<std::pair<const char*, std::string>> documents{
      {"entity bomb", lol},
      {"external entity", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"},
      {"external subset", "<!DOCTYPE a SYSTEM \"http://127.0.0.1/a.dtd\"><a/>"},
      {"parameter entity", "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1/\">%p;]><a/>"},
      {"document type after a comment", "<!-- x --><!DOCTYPE a><a/>"},
      {"undeclared entity", "<a>&x;</a>"},
      {"UTF-16", std::string("\xFF\xFE<\0a\0/\0>\0", 10)},
      {"UTF-16 without a mark", std::string("<\0a\0/\0>\0", 8)},
      {"other encoding", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>"},
      {"UTF-7", "<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADw-a/+AD4-"},
      {"overlong", "<a>\xC0\xBC</a>"},
      {"nul", std::string("<a>\0</a>", 8)},
      {"deep", deep},
      {"attributes", attributes + "/>"},
      {"long tag", "<a b=\"" + std::string(9000, 'x') + "\"/>"},
      {"many", many + "</a>"},
      {"unclosed comment", "<a><!-- "},
      {"unclosed tag", "<a b=\"<"},
      {"two roots", "<a/><b/>"},
      {"no markup", "hello"},
      {"empty", ""},
      {"only a mark", "\xEF\xBB\xBF"},
  };
  for (const auto& [name, text] : documents)
    EXPECT_EQ(error_of(XmlDocument::parse(text)).status, HUB_INVALID_INPUT) << name;
  XmlLimits small;
  small.bytes_max = 10;
  EXPECT_EQ(error_of(XmlDocument::parse("<a>123456789</a>", small)).status, HUB_INVALID_INPUT);
}

TEST(XmlTest, ReadsWhatIsHarmless) {
  const auto r = XmlDocument::parse(
      "\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?><!-- <!x> --><a b=\"1>0\"><![CDATA[<!DOCTYPE]]>&lt;å</a>");
  ASSERT_TRUE(std::holds_alternative<XmlDocument>(r)) << error_of(r).message;
  const auto root = std::get<XmlDocument>(r).root();
  EXPECT_EQ(root.text(), "<!DOCTYPE<å");
  EXPECT_EQ(root.attribute("b"), "1>0");
}

TEST(XmlTest, TakesALargeAttachment) {
  auto m = sample();
  m.documents[0].files[0].base64 = std::string(12u << 20, 'A');
  const auto r = read_sdk_message(written(m));
  ASSERT_TRUE(std::holds_alternative<SdkMessage>(r)) << error_of(r).message;
  EXPECT_EQ(std::get<SdkMessage>(r).documents[0].files[0].base64.size(), 12u << 20);
  m.documents[0].files[0].base64 = std::string(32u << 20, 'A');
  SdkRefusal why;
  EXPECT_EQ(error_of(read_sdk_message(written(m), &why)).status, HUB_INVALID_INPUT);
  EXPECT_EQ(why.detail, "too-long");
}

TEST(XmlTest, ErrorsNamePlacesAndNoValues) {
  const auto e = error_of(XmlDocument::parse("<a>\n  <b>201001012382</c>\n</a>"));
  EXPECT_EQ(e.where.substr(0, 2), "2:");
  EXPECT_THAT(e.message, testing::Not(testing::HasSubstr("2382")));
}

TEST(ReceiptTest, ReadsWhatItWrites) {
  SdkReceipt r{"K-1",
               "2026-11-22T01:10:00.000Z",
               "0203:a.example",
               "0203:b.example",
               "D-1",
               false,
               {},
               {{"NA", "BV", "duplicate", "seen before"}}};
  const auto read = read_sdk_receipt(write_sdk_receipt(r));
  ASSERT_TRUE(std::holds_alternative<SdkReceipt>(read));
  const auto& got = std::get<SdkReceipt>(read);
  EXPECT_FALSE(got.accepted);
  EXPECT_EQ(got.document_id, "D-1");
  EXPECT_EQ(got.findings.at(0).detail, "duplicate");
  EXPECT_EQ(got.sender, "0203:a.example");
  EXPECT_EQ(error_of(read_sdk_receipt("<html/>")).status, HUB_INVALID_INPUT);
  EXPECT_EQ(error_of(read_sdk_receipt(replaced(write_sdk_receipt(r), ">REJECTED<", ">PERHAPS<"))).status,
            HUB_INVALID_INPUT);
}

TEST(DiggExamples, AreReadOrRefusedForTheRightReason) {
  const auto dir = testdata() / "sdk";
  if (!fs::exists(dir)) GTEST_SKIP() << "no DIGG examples here (SAMBAND_TESTDATA)";
  const auto r = read_sdk_message(read_text(dir / "example/xhe_unencrypted_payload.xml"));
  ASSERT_TRUE(std::holds_alternative<SdkMessage>(r)) << error_of(r).where << " " << error_of(r).message;
  EXPECT_FALSE(std::get<SdkMessage>(r).notice);
  EXPECT_EQ(std::get<SdkMessage>(r).sender.participant_id, "0203:testb.testbed.inera.se");
  EXPECT_THAT(error_of(read_sdk_message(read_text(dir / "example/xhe_encrypted_payload.xml"))).message,
              testing::HasSubstr("encrypted"));
  EXPECT_EQ(error_of(read_sdk_message(read_text(dir / "felhantering/min.xml"))).where, "/");
  for (const auto* name : {"Kvittens_AP-Accepterat.xml", "Kvittens_RE-AnnatFel.xml", "Kvittens_RE-XSDFel.xml"}) {
    const auto receipt = read_sdk_receipt(read_text(dir / "kvittens" / name));
    ASSERT_TRUE(std::holds_alternative<SdkReceipt>(receipt)) << name;
    EXPECT_EQ(std::get<SdkReceipt>(receipt).document_id, "ID-FROM-XHE-12354689");
    EXPECT_EQ(std::get<SdkReceipt>(receipt).accepted, std::string_view(name).find("AP-") != std::string_view::npos);
  }
}

// Valid against one of DIGG's or OASIS's schemas.
bool is_valid(const fs::path& schema, const std::string& xml) {
  auto* parser = xmlSchemaNewParserCtxt(schema.c_str());
  auto* rules = xmlSchemaParse(parser);
  xmlSchemaFreeParserCtxt(parser);
  if (!rules) return ADD_FAILURE() << "the schema does not load: " << schema.filename(), false;
  auto* doc = xmlReadMemory(xml.data(), static_cast<int>(xml.size()), nullptr, "UTF-8", XML_PARSE_NONET);
  auto* context = xmlSchemaNewValidCtxt(rules);
  const bool ok = doc && xmlSchemaValidateDoc(context, doc) == 0;
  xmlSchemaFreeValidCtxt(context);
  if (doc) xmlFreeDoc(doc);
  xmlSchemaFree(rules);
  return ok;
}

TEST(DiggSchemas, AcceptWhatWeWrite) {
  const auto dir = testdata() / "sdk";
  if (!fs::exists(dir)) GTEST_SKIP() << "no DIGG schemas here (SAMBAND_TESTDATA)";
  const auto xml = written(sample());
  EXPECT_TRUE(is_valid(dir / "xhe-xsd/XHE-1.0.xsd", xml));
  // The message alone, with the namespaces that the envelope declared.
  const auto begin = xml.find("<m:messagePayload"), end = xml.find("</xha:PayloadContent>");
  auto message = xml.substr(begin, end - begin);
  message.insert(std::string("<m:messagePayload").size(), " xmlns:m=\"" + std::string(kSdkNamespace) + "\"");
  EXPECT_TRUE(is_valid(dir / "infrastructure_messaging_MessageWithAttachments_3.0.xsd", message));
  EXPECT_FALSE(is_valid(dir / "infrastructure_messaging_MessageWithAttachments_3.0.xsd",
                        replaced(message, "<m:confidentiality>true", "<m:confidentiality>x")));
}

}  // namespace
