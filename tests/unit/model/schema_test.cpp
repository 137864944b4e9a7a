// The validator, keyword by keyword, in the style of the official JSON Schema test suite: a schema, instances that fit
// and instances that do not.
#include <gtest/gtest.h>

#include "model/kinds.hpp"
#include "model/schema_node.hpp"

namespace samband {
namespace {

json::value parse(std::string_view text) {
  auto value = parse_json(text, {.depth_max = 2000});
  EXPECT_TRUE(value.has_value()) << text;
  return value.has_value() ? *value : json::value();
}

struct Case {
  const char* schema;
  std::vector<const char*> fits;
  std::vector<const char*> does_not;
};

const std::vector<Case> kCases = {
    {"true", {"1", "{}"}, {}},
    {"false", {}, {"1", "null"}},
    {"{}", {"1", "null", "[]"}, {}},
    {R"({"type":"integer"})", {"1", "1.0", "-5", "18446744073709551615"}, {"1.1", R"("1")", "null", "true"}},
    {R"({"type":"number"})", {"1", "1.1"}, {R"("1")", "[]"}},
    {R"({"type":"string"})", {R"("")"}, {"1", "null"}},
    {R"({"type":"boolean"})", {"true", "false"}, {"0", R"("true")"}},
    {R"({"type":"null"})", {"null"}, {"0", "false", R"("")"}},
    {R"({"type":"array"})", {"[]"}, {"{}"}},
    {R"({"type":"object"})", {"{}"}, {"[]"}},
    {R"({"type":["integer","string"]})", {"1", R"("a")"}, {"null", "1.5"}},
    {R"({"enum":[1,"a",null,[1],{"a":1}]})",
     {"1", "1.0", "null", "[1.0]", R"({"a":1})"},
     {"2", "[1,1]", R"({"a":1,"b":2})", "true"}},
    {R"({"enum":[0]})", {"0", "0.0", "-0.0"}, {"false", "null"}},
    {R"({"const":{"a":[1,2],"b":"x"}})", {R"({"b":"x","a":[1,2]})"}, {R"({"a":[2,1],"b":"x"})", "{}"}},
    {R"({"const":null})", {"null"}, {"0"}},
    {R"({"maxLength":2})", {R"("åä")", R"("\ud83d\ude00\ud83d\ude00")", "100"}, {R"("abc")", R"("åäö")"}},
    {R"({"minLength":2})", {R"("ab")", R"("åä")", "1"}, {R"("a")", R"("\ud83d\ude00")", R"("å")"}},
    {R"({"pattern":"^a*$"})", {R"("aaa")", R"("")", "1"}, {R"("ab")"}},
    {R"({"pattern":"a+"})", {R"("xxaayy")"}, {R"("xyz")"}},
    {R"({"pattern":"^[0-9]{4}$"})", {R"("0999")"}, {R"("099")", R"("09990")", R"("099a")", R"("0999\n")"}},
    {R"({"pattern":"^(a|bc)$"})", {R"("a")", R"("bc")"}, {R"("ab")", R"("a\nbc")"}},
    {R"({"format":"date"})", {R"("2026-11-22")", "1"}, {R"("2026-02-29")", R"("20261122")", R"("")"}},
    {R"({"format":"date-time"})",
     {R"("2026-11-22T10:00:00Z")", R"("2026-11-22T10:00:00.5+01:00")"},
     {R"("2026-11-22")", R"("2026-11-22T10:00:00")"}},
    {R"({"format":"uuid"})",
     {R"("2eb8aa08-aa98-11ea-b4aa-73b441d16380")"},
     {R"("2eb8aa08-aa98-11ea-b4aa-73b441d1638")", R"("2eb8aa08aa9811eab4aa73b441d16380")"}},
    {R"({"minimum":1.1})", {"1.1", "2", R"("x")"}, {"1", "0.6"}},
    {R"({"maximum":300})", {"300", "300.0", "-1"}, {"300.5", "18446744073709551615"}},
    {R"({"minimum":9223372036854775807})", {"9223372036854775807", "9223372036854775808"}, {"9223372036854775806"}},
    {R"({"exclusiveMinimum":1})", {"1.1", "2"}, {"1", "0"}},
    {R"({"exclusiveMaximum":3})", {"2.9"}, {"3", "3.0", "4"}},
    {R"({"multipleOf":2})", {"10", "0", "-4", R"("x")"}, {"7", "2.5"}},
    {R"({"multipleOf":0.01})", {"0.07", "4.35", "1"}, {"0.075"}},
    {R"({"maxItems":2})", {"[1,2]", "{}"}, {"[1,2,3]"}},
    {R"({"minItems":1})", {"[1]", R"("")"}, {"[]"}},
    {R"({"uniqueItems":true})",
     {"[1,2]", R"([{"a":1},{"a":2}])", "[1,true]", "[[1],[2]]"},
     {"[1,1]", "[1,1.0]", R"([{"a":1,"b":2},{"b":2,"a":1}])"}},
    {R"({"uniqueItems":false})", {"[1,1]"}, {}},
    {R"({"items":{"type":"integer"}})", {"[1,2]", "[]", "{}"}, {R"([1,"x"])"}},
    {R"({"items":false})", {"[]"}, {"[1]"}},
    {R"({"prefixItems":[{"type":"integer"},{"type":"string"}]})",
     {R"([1,"a"])", "[1]", R"([1,"a",true])"},
     {R"(["a",1])"}},
    {R"({"prefixItems":[{"type":"integer"}],"items":{"type":"string"}})", {R"([1,"a"])"}, {"[1,2]"}},
    {R"({"contains":{"minimum":5}})", {"[3,5]", "{}"}, {"[]", "[1,2]"}},
    {R"({"required":["a","b"]})", {R"({"a":1,"b":null})", "[]"}, {R"({"a":1})", "{}"}},
    {R"({"properties":{"a":{"type":"integer"},"b":false}})",
     {"{}", R"({"a":1,"c":[]})"},
     {R"({"a":"x"})", R"({"b":1})"}},
    {R"({"properties":{"a":{}},"additionalProperties":false})", {R"({"a":1})", "{}"}, {R"({"a":1,"b":1})"}},
    {R"({"properties":{"a":{}},"additionalProperties":{"type":"boolean"}})", {R"({"a":1,"b":true})"}, {R"({"b":1})"}},
    {R"({"patternProperties":{"^f.*o$":{"type":"integer"}}})", {R"({"foo":1,"bar":"x"})"}, {R"({"foooo":"x"})"}},
    {R"({"patternProperties":{"^v":{}},"properties":{"a":{}},"additionalProperties":false})",
     {R"({"a":1,"vx":1})"},
     {R"({"x":1})"}},
    {R"({"patternProperties":{"a":{"minimum":5}},"properties":{"ab":{"maximum":7}}})",
     {R"({"ab":6})"},
     {R"({"ab":4})", R"({"ab":8})"}},
    {R"({"propertyNames":{"maxLength":3}})", {R"({"abc":1})", "{}"}, {R"({"abcd":1})"}},
    {R"({"minProperties":1})", {R"({"a":1})", "[]"}, {"{}"}},
    {R"({"maxProperties":1})", {R"({"a":1})"}, {R"({"a":1,"b":1})"}},
    {R"({"dependentRequired":{"a":["b"]}})", {R"({"b":1})", R"({"a":1,"b":1})", "{}"}, {R"({"a":1})"}},
    {R"({"allOf":[{"minimum":2},{"maximum":4}]})", {"3"}, {"1", "5"}},
    {R"({"anyOf":[{"type":"integer"},{"minimum":2}]})", {"1", "2.5"}, {"1.5"}},
    {R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", {"1", "2.5"}, {"3", "1.5"}},
    {R"({"not":{"type":"integer"}})", {R"("x")", "1.5"}, {"1"}},
    {R"({"not":{"not":{"type":"integer"}}})", {"1"}, {"null"}},
    {R"({"if":{"exclusiveMaximum":0},"then":{"minimum":-10},"else":{"multipleOf":2}})", {"-1", "4"}, {"-100", "3"}},
    {R"({"if":{"const":1}})", {"1", "2"}, {}},
    {R"({"then":{"const":0}})", {"1"}, {}},
    {R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"integer"}}})", {"1"}, {R"("a")"}},
    {R"({"$ref":"#/$defs/a","maximum":5,"$defs":{"a":{"type":"integer"}}})", {"5"}, {"6", "1.5"}},
    {R"({"properties":{"a":{"type":"integer"},"b":{"$ref":"#/properties/a"}}})", {R"({"b":1})"}, {R"({"b":"x"})"}},
    {R"({"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"null"}}})", {"null"}, {"1"}},
    {R"({"properties":{"next":{"$ref":"#"},"v":{"type":"integer"}},"additionalProperties":false})",
     {R"({"v":1,"next":{"v":2,"next":{}}})"},
     {R"({"next":{"next":{"v":"x"}}})", R"({"next":{"w":1}})"}},
    {R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"urn:x","title":"t","description":"d","$comment":"c","examples":[1],"default":2})",
     {"1", "null"},
     {}},
    {R"({"x-category":"identity","x-person":"subject","type":"string"})", {R"("a")"}, {"1"}},
};

TEST(Schema, Keywords) {
  for (const auto& entry : kCases) {
    const auto schema = Schema::compile(parse(entry.schema));
    ASSERT_TRUE(schema.has_value()) << entry.schema << ": " << schema.error().where << " " << schema.error().message;
    for (const char* text : entry.fits) {
      const auto errors = schema->validate(parse(text));
      EXPECT_TRUE(errors.empty()) << entry.schema << " should take " << text << ": " << errors.front().message;
    }
    for (const char* text : entry.does_not) {
      EXPECT_FALSE(schema->validate(parse(text)).empty()) << entry.schema << " should refuse " << text;
    }
  }
}

TEST(Schema, WhatIsNotUnderstoodDoesNotLoad) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", ""},
      {R"({"properties":{"a":{"typ":"string"}}})", "/properties/a/typ"},
      {R"({"unevaluatedProperties":false})", "/unevaluatedProperties"},
      {R"({"minContains":2})", "/minContains"},
      {R"({"properties":{"a":{"type":"boolean","x-fact":"no_such_fact"}}})", "/properties/a/x-fact"},
      {R"({"$anchor":"a"})", "/$anchor"},
      {R"({"$dynamicRef":"#a"})", "/$dynamicRef"},
      {R"({"contentEncoding":"base64"})", "/contentEncoding"},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#"})", "/$schema"},
      {R"({"properties":{"a":{"$id":"b"}}})", "/properties/a/$id"},
      {R"({"type":"text"})", "/type"},
      {R"({"type":[]})", "/type"},
      {R"({"type":1})", "/type"},
      {R"({"enum":[]})", "/enum"},
      {R"({"enum":"a"})", "/enum"},
      {R"({"format":"email"})", "/format"},
      {R"({"pattern":"("})", "/pattern"},
      {R"({"pattern":"[å]"})", "/pattern"},
      {R"({"pattern":"\\p{L}+("})", "/pattern"},
      {R"({"maxLength":-1})", "/maxLength"},
      {R"({"maxLength":"5"})", "/maxLength"},
      {R"({"minimum":"5"})", "/minimum"},
      {R"({"multipleOf":0})", "/multipleOf"},
      {R"({"uniqueItems":1})", "/uniqueItems"},
      {R"({"required":"a"})", "/required"},
      {R"({"required":[1]})", "/required"},
      {R"({"allOf":[]})", "/allOf"},
      {R"({"items":[{}]})", "/items"},
      {R"({"dependentRequired":{"a":"b"}})", "/dependentRequired/a"},
      {R"({"$ref":"#/$defs/absent"})", "/$ref"},
      {R"({"$ref":"other.schema.json#/$defs/a"})", "/$ref"},
      {R"({"$ref":"#anchor"})", "/$ref"},
      {R"({"$defs":{"unused":{"typ":1}}})", "/$defs/unused/typ"},
      {R"({"x-category":"secret"})", "/x-category"},
      {R"({"x-category":""})", "/x-category"},
      {R"({"x-person":"suspect"})", "/x-person"},
      {R"({"x-kategori":"identity"})", "/x-kategori"},
  };
  for (const auto& [text, where] : cases) {
    const auto schema = Schema::compile(parse(text));
    ASSERT_FALSE(schema.has_value()) << text;
    EXPECT_EQ(schema.error().where, where) << text;
    EXPECT_EQ(schema.error().code, Errc::invalid_config);
  }
}

TEST(Schema, CirclesOverOneValueDoNotLoad) {
  for (const char* text :
       {R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"}]})", R"({"not":{"$ref":"#"}})",
        R"({"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"if":{"$ref":"#/$defs/a"}}}})"}) {
    EXPECT_FALSE(Schema::compile(parse(text)).has_value()) << text;
  }
}

TEST(Schema, RefersToOtherFiles) {
  const std::map<std::string, json::value> others = {
      {"common.schema.json", parse(R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"type":"integer"}}})")}};
  const auto schema = Schema::compile(parse(R"({"items":{"$ref":"common.schema.json#/$defs/a"}})"), others);
  ASSERT_TRUE(schema.has_value());
  EXPECT_TRUE(schema->validate(parse("[1]")).empty());
  const auto errors = schema->validate(parse(R"([1,"x"])"));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].where, "/1");
}

TEST(Schema, NamesPlaceAndKeywordNeverTheValue) {
  const auto schema = Schema::compile(parse(R"({"type":"object","required":["id"],"maxProperties":9,
      "properties":{"id":{},"list":{"items":{"maxLength":3}},"code":{"enum":["a"]}},
      "additionalProperties":{"type":"integer"},"propertyNames":{"maxLength":12}})"));
  ASSERT_TRUE(schema.has_value());
  const auto errors =
      schema->validate(parse(R"({"list":["ok","Alva Provsson"],"code":"200903022390","Alva Provsson":"secret"})"));
  std::string all;
  for (const auto& error : errors) all += error.where + " " + error.message + "\n";
  EXPECT_EQ(all,
            "/id required: missing\n"
            "/list/1 maxLength: longer than 3\n"
            "/code enum: not one of the listed codes\n"
            "/* type: of the wrong JSON type\n"
            " propertyNames: a member has a name of the wrong form\n");
}

TEST(Schema, StopsAtTheGivenNumberOfErrors) {
  const auto schema = Schema::compile(parse(R"({"items":{"type":"string"}})"));
  ASSERT_TRUE(schema.has_value());
  const auto many = parse("[1,2,3,4,5,6,7,8,9,10,11,12]");
  EXPECT_EQ(schema->validate(many).size(), 10u);
  EXPECT_EQ(schema->validate(many, 3).size(), 3u);
  EXPECT_EQ(schema->validate(many, 100).size(), 12u);
  EXPECT_EQ(schema->validate(many, 0).size(), 1u) << "asking for no errors must not make it valid";
}

TEST(Schema, WithoutCompileNothingFits) { EXPECT_FALSE(Schema().validate(json::value(1)).empty()); }

// Too deep is refused, and `not` does not turn the refusal round.
TEST(Schema, DepthIsBoundedAndFailsClosed) {
  const auto deep = parse(std::string(1500, '[') + std::string(1500, ']'));
  const auto items = Schema::compile(parse(R"({"items":{"$ref":"#"}})"));
  const auto negated = Schema::compile(
      parse(R"({"not":{"$ref":"#/$defs/a"},"$defs":{"a":{"items":{"$ref":"#/$defs/a"},"minItems":1}}})"));
  ASSERT_TRUE(items.has_value() && negated.has_value());
  EXPECT_TRUE(items->validate(parse("[[[]]]")).empty());
  EXPECT_FALSE(items->validate(deep).empty());
  EXPECT_TRUE(negated->validate(parse("[]")).empty());
  EXPECT_FALSE(negated->validate(deep).empty());
}

TEST(SchemaPattern, TableAndRegexAgree) {
  const char* tables[] = {"^[0-9]{12}$", "^[a-z]{2,3}$", "^\\d{4}-\\d{2}$", "^[a-z0-9]+/[a-z0-9.+-]+$",
                          "^a?$",        "^ab*$",        "^x\\.y$",         "^[0-9a-f]{64}$",
                          "^$"};
  const char* texts[] = {"",
                         "a",
                         "ab",
                         "abb",
                         "abc",
                         "abcd",
                         "2026-11",
                         "2026-1",
                         "application/pdf",
                         "application/",
                         "/pdf",
                         "a/b/c",
                         "image/svg+xml",
                         "x.y",
                         "xzy",
                         "123456789012",
                         "1234567890123",
                         "12345678901a",
                         "b",
                         "a\n",
                         "\xc3\xa5"};
  for (const char* text : tables) {
    const auto pattern = SchemaPattern::compile(text);
    ASSERT_TRUE(pattern.has_value());
    EXPECT_TRUE(pattern->is_table()) << text;
    const std::regex regex(text);
    for (const char* instance : texts)
      EXPECT_EQ(pattern->matches(instance), std::regex_search(instance, regex)) << text << " on " << instance;
  }
  for (const char* text : {"a+", "^[^a]$", "^(a|b)$", "^a+a$", "^a*b?$", "^.$", "^\\w+$", "^a+?$", "^a"}) {
    const auto pattern = SchemaPattern::compile(text);
    ASSERT_TRUE(pattern.has_value()) << text;
    EXPECT_FALSE(pattern->is_table()) << text;
  }
}

TEST(SchemaPattern, LongTextsDoNotReachTheRegex) {
  const auto pattern = SchemaPattern::compile("^(a|b)*$");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_TRUE(pattern->matches(std::string(SchemaPattern::kRegexTextMax, 'a')));
  EXPECT_FALSE(pattern->matches(std::string(1'000'000, 'a')));
}

}  // namespace
}  // namespace samband
