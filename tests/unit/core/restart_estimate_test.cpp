#include <vector>

#include <gtest/gtest.h>

#include "core/restart/estimate.hpp"

namespace gw::restart {
namespace {

std::vector<Millis> millis(std::initializer_list<int> values) {
  std::vector<Millis> result;
  for (const int value : values) result.emplace_back(value);
  return result;
}

TEST(RestartEstimateTest, IsTheMedianOfThoseThatTookLongerWithoutTheAge) {
  const auto durations = millis({900, 10, 300, 500, 20, 700, 400});
  EXPECT_EQ(estimate(millis({100}), durations), (Estimate{Millis{400}, 5}));  // 300 400 500 700 900
}

TEST(RestartEstimateTest, ADurationAsLongAsTheAgeIsNotLonger) {
  EXPECT_EQ(estimate(millis({100}), millis({100, 200, 300, 400, 500})).remaining, std::nullopt);
  EXPECT_EQ(estimate(millis({99}), millis({100, 200, 300, 400, 500})).remaining, Millis{201});
}

TEST(RestartEstimateTest, IsUnknownBelowFiveSamplesForAnyRun) {
  const auto durations = millis({100, 200, 300, 400, 500});
  EXPECT_EQ(estimate(millis({10, 250}), durations), (Estimate{std::nullopt, 3}));
  EXPECT_EQ(estimate(millis({250, 10}), durations), (Estimate{std::nullopt, 3}));
}

TEST(RestartEstimateTest, IsTheLongestOverTheRunningRuns) {
  const auto durations = millis({100, 100, 100, 100, 100, 1000, 1000, 1000, 1000, 1000, 1000});
  EXPECT_EQ(estimate(millis({90, 500}), durations).remaining, Millis{910});
  EXPECT_EQ(estimate(millis({500, 90}), durations), (Estimate{Millis{910}, 6}));
}

TEST(RestartEstimateTest, IsZeroWhenNothingRuns) {
  EXPECT_EQ(estimate({}, {}), (Estimate{Millis{0}, 0}));
  EXPECT_EQ(estimate({}, millis({1, 2})), (Estimate{Millis{0}, 2}));
}

}  // namespace
}  // namespace gw::restart
