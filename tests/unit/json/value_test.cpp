#include "json/value.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace gw::json {
namespace {

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(SerializeTest, WritesNumbersAsJavaScriptDoes) {
  EXPECT_EQ(serialize(Value(100)), "100");
  EXPECT_EQ(serialize(Value(100.0)), "100");
  EXPECT_EQ(serialize(Value(1e2)), "100");
  EXPECT_EQ(serialize(Value(0.5)), "0.5");
  EXPECT_EQ(serialize(Value(-0.0)), "0");
  EXPECT_EQ(serialize(Value(0.1)), "0.1");
  EXPECT_EQ(serialize(Value(1e21)), "1e+21");
  EXPECT_EQ(serialize(Value(-1.5e-9)), "-1.5e-09");
  EXPECT_EQ(serialize(Value(1737264000000.0)), "1737264000000");
}

TEST(SerializeTest, WritesTheLimitsOfWholeNumbers) {
  EXPECT_EQ(serialize(Value(std::numeric_limits<std::int64_t>::max())), "9223372036854775807");
  EXPECT_EQ(serialize(Value(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(serialize(Value(std::numeric_limits<std::uint64_t>::max())), "18446744073709551615");
  EXPECT_EQ(serialize(Value(9007199254740991.0)), "9007199254740991");
  EXPECT_EQ(serialize(Value(-9007199254740991.0)), "-9007199254740991");
}

TEST(SerializeTest, WritesNullForWhatJsonCannotCarry) {
  EXPECT_EQ(serialize(Value(std::nan(""))), "null");
  EXPECT_EQ(serialize(Value(HUGE_VAL)), "null");
}

TEST(SerializeTest, EscapesQuotesBackslashesAndControlCharactersOnly) {
  EXPECT_EQ(serialize(Value("a\"b\\c/d")), R"("a\"b\\c/d")");
  EXPECT_EQ(serialize(Value("\n\r\t\b\x1F\x7F")), "\"\\n\\r\\t\\u0008\\u001f\x7F\"");
  EXPECT_EQ(serialize(Value(std::string_view("a\0b", 3))), R"("a\u0000b")");
  EXPECT_EQ(serialize(Value("é😀")), "\"é😀\"");
}

TEST(SerializeTest, KeepsTheOrderOfKeys) {
  EXPECT_EQ(serialize(Object{{"z", 1}, {"a", {{"y", nullptr}, {"b", true}}}, {"m", Array{1, "x", false}}}),
            R"({"z":1,"a":{"y":null,"b":true},"m":[1,"x",false]})");
  EXPECT_EQ(serialize(Value(Object{})), "{}");
  EXPECT_EQ(serialize(Value(Array{})), "[]");
}

TEST(PrettyTest, IndentsByTwoSpacesAndEndsTheLine) {
  EXPECT_EQ(pretty(Object{{"a", 1}, {"b", Array{1, Object{}}}, {"c", Array{}}}),
            "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    {}\n  ],\n  \"c\": []\n}\n");
}

TEST(ParseTest, ReadsBackWhatSerializeWrites) {
  const std::string text = R"({"a":[1,-2,0.5,"x\ny",null,true],"b":{"c":18446744073709551615}})";
  const auto value = parse(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(serialize(*value), text);
}

TEST(ParseTest, SaysAtWhichByteTheTextIsWrong) {
  const auto value = parse(R"({"a":1,})");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::InvalidRequest);
  EXPECT_TRUE(value.error().message.starts_with("not valid JSON at byte 7: ")) << value.error().message;
}

TEST(ParseTest, RefusesWhatIsNotOneStrictDocument) {
  for (const char* text : {"", " ", "{", "{} {}", "'a'", "{a:1}", "[1,]", "01", "NaN", "// x\n1", "\"\xFF\"",
                           "\"\\ud800\"", "\"a\nb\""}) {
    EXPECT_FALSE(parse(text)) << text;
  }
}

TEST(ParseTest, RefusesDeeperNestingThanTheLimit) {
  EXPECT_TRUE(parse(nested(limits::kJsonDepthMax)));
  EXPECT_FALSE(parse(nested(limits::kJsonDepthMax + 1)));
}

TEST(MemberTest, GivesTheFallbackForAbsentMembersAndOtherTypes) {
  const Object object{{"text", "x"},      {"number", 7}, {"whole", 8.0},
                      {"half", 0.5},      {"yes", true}, {"object", Object{{"a", 1}}},
                      {"array", Array{1}}};
  EXPECT_EQ(text_or(object, "text"), "x");
  EXPECT_EQ(text_or(object, "number", "f"), "f");
  EXPECT_EQ(text_or(object, "absent", "f"), "f");
  EXPECT_EQ(int_or(object, "number", -1), 7);
  EXPECT_EQ(int_or(object, "whole", -1), 8);
  EXPECT_EQ(int_or(object, "half", -1), -1);
  EXPECT_EQ(int_or(object, "text", -1), -1);
  EXPECT_TRUE(bool_or(object, "yes", false));
  EXPECT_TRUE(bool_or(object, "text", true));
  EXPECT_NE(object_at(object, "object"), nullptr);
  EXPECT_EQ(object_at(object, "array"), nullptr);
  EXPECT_NE(array_at(object, "array"), nullptr);
  EXPECT_EQ(array_at(object, "absent"), nullptr);
}

}  // namespace
}  // namespace gw::json
