#include "json/read.hpp"

#include <string>

#include <gtest/gtest.h>

namespace gw::json {
namespace {

// The problems that `finish` reports; empty when there are none.
std::string problems(Reader& reader) {
  const Status status = reader.finish();
  if (status) return {};
  EXPECT_EQ(status.error().code, Code::InvalidRequest);
  return status.error().message;
}

TEST(ReaderTest, GivesTheMembersThatAreRight) {
  const Value value{{"text", "x"}, {"number", 5}, {"float", 6.0}, {"flag", true}, {"any", nullptr}};
  Reader reader(value);
  EXPECT_EQ(reader.text("text"), "x");
  EXPECT_EQ(reader.optional_int("number", 0, 10), 5);
  EXPECT_EQ(reader.optional_int("float", 0, 10), 6);
  EXPECT_EQ(reader.optional_bool("flag"), true);
  EXPECT_NE(reader.any("any"), nullptr);
  EXPECT_EQ(reader.any("absent"), nullptr);
  EXPECT_EQ(problems(reader), "");
}

TEST(ReaderTest, AcceptsAbsentOptionalMembers) {
  const Value value = Object{};
  Reader reader(value);
  EXPECT_EQ(reader.optional_text("a"), std::nullopt);
  EXPECT_EQ(reader.optional_bool("b"), std::nullopt);
  EXPECT_EQ(reader.optional_int("c", 0, 1), std::nullopt);
  EXPECT_EQ(problems(reader), "");
}

TEST(ReaderTest, TakesNullForAnEmptyObject) {
  const Value value = nullptr;
  Reader reader(value);
  EXPECT_EQ(reader.optional_text("a"), std::nullopt);
  EXPECT_EQ(problems(reader), "");
}

TEST(ReaderTest, RefusesAnythingElseThanAnObject) {
  const Value value = Array{};
  Reader reader(value);
  EXPECT_EQ(problems(reader), "at root: must be object");
}

TEST(ReaderTest, SaysWhichRequiredTextIsMissingEmptyOrNoText) {
  const Value value{{"empty", ""}, {"number", 1}};
  Reader reader(value);
  EXPECT_EQ(reader.text("absent"), "");
  EXPECT_EQ(reader.text("empty"), "");
  EXPECT_EQ(reader.text("number"), "");
  EXPECT_EQ(problems(reader),
            "must have required property 'absent'; at /empty: must NOT have fewer than 1 characters; "
            "at /number: must be string");
}

TEST(ReaderTest, ChecksTypesAndRanges) {
  const Value value{{"a", 1}, {"b", "x"}, {"c", 0.5}, {"d", -1}, {"e", 11}, {"f", "abc"}};
  Reader reader(value);
  EXPECT_EQ(reader.optional_text("a"), std::nullopt);
  EXPECT_EQ(reader.optional_bool("b"), std::nullopt);
  EXPECT_EQ(reader.optional_int("c", 0, 10), std::nullopt);
  EXPECT_EQ(reader.optional_int("d", 0, 10), std::nullopt);
  EXPECT_EQ(reader.optional_int("e", 0, 10), std::nullopt);
  EXPECT_EQ(reader.optional_text("f", 2), std::nullopt);
  EXPECT_EQ(problems(reader),
            "at /a: must be string; at /b: must be boolean; at /c: must be integer; at /d: must be >= 0; "
            "at /e: must be <= 10; at /f: must NOT have more than 2 characters");
}

TEST(ReaderTest, ReportsMembersThatNobodyAskedFor) {
  const Value value{{"known", 1}, {"kno", 2}, {"ignored", 3}};
  Reader reader(value);
  (void)reader.any("known");
  reader.ignore({"ignored"});
  EXPECT_EQ(problems(reader), "at root: unexpected property 'kno'");
}

TEST(ReaderTest, AcceptsOtherMembersWhereAsked) {
  const Value value{{"other", 1}};
  Reader reader(value);
  reader.ignore_rest();
  EXPECT_EQ(problems(reader), "");
}

TEST(ReaderTest, AddsProblemsOfItsCaller) {
  const Value value = Object{};
  Reader reader(value);
  reader.problem("first");
  reader.problem("second");
  EXPECT_EQ(problems(reader), "first; second");
}

}  // namespace
}  // namespace gw::json
