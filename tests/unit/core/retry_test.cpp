#include <gtest/gtest.h>

#include "core/retry/policy.hpp"

namespace gw::retry {
namespace {

constexpr Policy kEven{.first = Millis{1'000}, .longest = Millis{5'000}, .attempts_max = 10, .spread = 0.0};

TEST(RetryTest, EachWaitIsTwiceTheOneBeforeUpToTheLongest) {
  EXPECT_EQ(wait_after(1, kEven, 0.5), Millis{1'000});
  EXPECT_EQ(wait_after(2, kEven, 0.5), Millis{2'000});
  EXPECT_EQ(wait_after(3, kEven, 0.5), Millis{4'000});
  EXPECT_EQ(wait_after(4, kEven, 0.5), Millis{5'000});
  EXPECT_EQ(wait_after(9, kEven, 0.5), Millis{5'000});
}

TEST(RetryTest, NothingFollowsTheLastAttempt) {
  EXPECT_TRUE(wait_after(9, kEven, 0.5));
  EXPECT_EQ(wait_after(10, kEven, 0.5), std::nullopt);
  EXPECT_EQ(wait_after(11, kEven, 0.5), std::nullopt);
}

TEST(RetryTest, AnEnormousAttemptNumberDoesNotOverflow) {
  Policy policy = kEven;
  policy.attempts_max = 2'000'000'000;
  EXPECT_EQ(wait_after(1'999'999'999, policy, 0.5), Millis{5'000});
}

TEST(RetryTest, TheSpreadMovesAWaitByItsShareEitherWay) {
  Policy policy = kEven;
  policy.spread = 0.25;
  EXPECT_EQ(wait_after(1, policy, 0.0), Millis{750});
  EXPECT_EQ(wait_after(1, policy, 0.5), Millis{1'000});
  EXPECT_EQ(wait_after(1, policy, 1.0), Millis{1'250});
}

TEST(RetryTest, EveryWaitStaysWithinTheSpreadOfTheLongest) {
  const Policy policy;
  for (int attempt = 1; attempt < policy.attempts_max; ++attempt) {
    for (double dice = 0.0; dice < 1.0; dice += 0.01) {
      const auto wait = wait_after(attempt, policy, dice);
      ASSERT_TRUE(wait);
      EXPECT_GE(*wait, Millis{1'800});
      EXPECT_LE(*wait, Millis{33'000});
    }
  }
}

TEST(RetryTest, TheOtherSidesWaitIsAMinimum) {
  EXPECT_EQ(wait_after(1, kEven, 0.5, Millis{200}), Millis{1'000});
  EXPECT_EQ(wait_after(1, kEven, 0.5, Millis{60'000}), Millis{60'000}) << "also beyond the longest";
  EXPECT_EQ(wait_after(1, kEven, 0.5, kRetryAfterMax), kRetryAfterMax);
}

TEST(RetryTest, ATooLongWaitOfTheOtherSideIsARefusal) {
  EXPECT_EQ(wait_after(1, kEven, 0.5, kRetryAfterMax + Millis{1}), std::nullopt);
}

TEST(RetryTest, TheOtherSidesWaitDoesNotAddAttempts) {
  EXPECT_EQ(wait_after(10, kEven, 0.5, Millis{200}), std::nullopt);
}

}  // namespace
}  // namespace gw::retry
