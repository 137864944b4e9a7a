#include "base/json.hpp"

#include <gtest/gtest.h>

namespace samband {
namespace {

std::string where(std::string_view text) {
  const auto result = parse_json(text);
  return result.has_value() ? "accepted" : result.error().where;
}

TEST(ParseJson, AcceptsWhatRfc8259Allows) {
  for (const char* text :
       {"{}", "[]", " {\"a\" : 1 } \n", "\"\"", "-0", "1.5e3", "null", R"({"a":{"a":{"a":1}}})",
        R"({"a:b":":","\"":"\\","c":"x\"y:z"})", R"([{"a":1},{"a":2}])", R"("\u00e5\ud83d\ude00")"}) {
    EXPECT_TRUE(parse_json(text).has_value()) << text;
  }
}

TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const char* text : {"", " ", "{", "{\"a\":1,}", "[1,]", "01", "+1", "'a'", "nul", "{a:1}", "\"\n\"", "NaN",
                           "// x\n1", "{} {}", "1 2", "\xef\xbb\xbf{}", "1e999", R"("\ud800")", R"("\x41")"}) {
    EXPECT_FALSE(parse_json(text).has_value()) << text;
  }
}

TEST(ParseJson, RefusesInvalidUtf8) {
  for (const char* text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe5\""}) {
    EXPECT_FALSE(parse_json(text).has_value());
  }
  EXPECT_TRUE(parse_json("\"\xc3\xa5\"").has_value());
}

TEST(ParseJson, RefusesDuplicateKeysAndNamesTheObject) {
  EXPECT_EQ(where(R"({"a":1,"a":2})"), "");
  EXPECT_EQ(where(R"({"a":1,"\u0061":2})"), "");
  EXPECT_EQ(where(R"({"data":{"persons":[{"ref":1},[0],{"x":{},"ref":"p1","ref":"p2"}]}})"), "/data/persons/2");
  EXPECT_EQ(where(R"({"a":{"b":1,"c":{"d":[1,{"e":2}],"f":":"},"b":1}})"), "/a");
  // The value that a duplicate hides may hold members too.
  EXPECT_EQ(where(R"({"a":{"x":1,"y":2},"a":{"z":1,"w":1}})"), "");
}

TEST(ParseJson, DuplicateErrorNeverRepeatsAKeyThatCouldBeAValue) {
  EXPECT_EQ(where(R"({"189001019802":{"a":1,"a":2}})"), "/*");
  EXPECT_EQ(where(R"({"Anna Svensson":{"a":1,"a":2}})"), "/*");
}

TEST(ParseJson, KeepsTheLimits) {
  const JsonLimits limits{.bytes_max = 20, .depth_max = 3};
  EXPECT_TRUE(parse_json("[[[1]]]", limits).has_value());
  EXPECT_FALSE(parse_json("[[[[1]]]]", limits).has_value());
  EXPECT_TRUE(parse_json(std::string(20, ' ').replace(0, 1, "1"), limits).has_value());
  const auto large = parse_json("[1,2,3,4,5,6,7,8,9,0,1]", limits);
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().code, Errc::too_large);
  EXPECT_FALSE(parse_json(std::string(100'000, '[')).has_value());
}

TEST(ParseJson, NamesTheByteAndNotTheValue) {
  const auto result = parse_json(R"({"number":"189001019802",})");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().where, "byte 25");
  EXPECT_EQ(result.error().message.find("1890"), std::string::npos);
}

// A text of escapes must not take quadratic time: this one would take minutes.
TEST(ParseJson, EscapesTakeLinearTime) {
  std::string text = "\"";
  for (int i = 0; i < 4'000'000; ++i) text += "\\n";
  text += '"';
  EXPECT_TRUE(parse_json(text).has_value());
}

TEST(CanonicalJson, SortsKeysAndDropsWhiteSpace) {
  const auto value = parse_json(R"( { "b" : [ 1 , -2, true, null ], "a" : { "d":"x", "c":1.0 }, "":"" } )").value();
  EXPECT_EQ(canonical_json(value), R"({"":"","a":{"c":1,"d":"x"},"b":[1,-2,true,null]})");
}

// RFC 8785 section 3.2.3, the sorting example.
TEST(CanonicalJson, SortsByUtf16CodeUnits) {
  const auto value =
      parse_json(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})").value();
  EXPECT_EQ(
      canonical_json(value),
      "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
}

TEST(CanonicalJson, EscapesAsRfc8785) {
  const auto value = parse_json(R"("\u0001\b\t\n\f\r\"\\\/\u007f\u00e5")").value();
  EXPECT_EQ(canonical_json(value), "\"\\u0001\\b\\t\\n\\f\\r\\\"\\\\/\x7f\xc3\xa5\"");
}

TEST(CanonicalJson, KeepsIntegersExact) {
  const auto value = parse_json("[9223372036854775807,-9223372036854775808,18446744073709551615,-0.0,1e3]").value();
  EXPECT_EQ(canonical_json(value), "[9223372036854775807,-9223372036854775808,18446744073709551615,0,1000]");
}

TEST(FindPointer, FollowsRfc6901) {
  const auto doc = parse_json(R"({"foo":["bar","baz"],"":0,"a/b":1,"m~n":8})").value();
  EXPECT_EQ(find_pointer(doc, ""), &doc);
  EXPECT_EQ(*find_pointer(doc, "/foo/1"), "baz");
  EXPECT_EQ(*find_pointer(doc, "/"), 0);
  EXPECT_EQ(*find_pointer(doc, "/a~1b"), 1);
  EXPECT_EQ(*find_pointer(doc, "/m~0n"), 8);
  for (const char* absent :
       {"foo", "/foo/2", "/foo/01", "/foo/-", "/foo/+1", "/x", "/a~2b", "/m~n", "/foo/0/x", "/foo/"}) {
    EXPECT_EQ(find_pointer(doc, absent), nullptr) << absent;
  }
}

TEST(StringAt, IsEmptyForAnythingElse) {
  const auto doc = parse_json(R"({"a":"x","b":1})").value();
  EXPECT_EQ(string_at(doc.as_object(), "a"), "x");
  EXPECT_EQ(string_at(doc.as_object(), "b"), "");
  EXPECT_EQ(string_at(doc.as_object(), "c"), "");
}

}  // namespace
}  // namespace samband
