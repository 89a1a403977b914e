#include "base/check.hpp"

#include <concepts>

#include <gtest/gtest.h>

#include "base/log.hpp"
#include "base/secret.hpp"

namespace gw {
namespace {

TEST(CheckDeathTest, AbortsWithTheFailedCondition) {
  EXPECT_DEATH(GW_CHECK(1 + 1 == 3), "internal error: 1 \\+ 1 == 3 .*check_test.cpp:");
}

TEST(CheckTest, EvaluatesItsConditionOnce) {
  int calls = 0;
  GW_CHECK(++calls == 1);
  EXPECT_EQ(calls, 1);
}

TEST(SecretTest, CannotBeComparedOrTurnedIntoTextByAccident) {
  static_assert(!std::equality_comparable<Secret>);
  static_assert(!std::convertible_to<Secret, std::string>);
  EXPECT_EQ(Secret("abc").reveal(), "abc");
  EXPECT_TRUE(Secret().empty());
}

TEST(LogFieldTest, ShowsASecretAsThreeStars) {
  const LogField field("token", Secret("abc"));
  EXPECT_EQ(std::get<std::string_view>(field.value), "***");
}

TEST(LogFieldTest, KeepsTextNumbersAndTruthApart) {
  EXPECT_EQ(std::get<std::string_view>(LogField("k", "text").value), "text");
  EXPECT_EQ(std::get<std::int64_t>(LogField("k", 7).value), 7);
  EXPECT_EQ(std::get<bool>(LogField("k", true).value), true);
}

}  // namespace
}  // namespace gw
