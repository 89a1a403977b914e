#include "core/restart/crash_loop.hpp"

#include <gtest/gtest.h>

namespace gw::restart {
namespace {

constexpr UnixMillis at(std::int64_t seconds) { return UnixMillis{1'000'000'000 + seconds * 1'000}; }

TEST(CrashLoopTest, TwoUncleanStartsAreNoLoop) {
  EXPECT_FALSE(crash_loop_hold({at(0), at(10)}, at(11)).has_value());
}

TEST(CrashLoopTest, ThreeHoldUntilTheFirstOfThemLeavesTheWindow) {
  EXPECT_EQ(crash_loop_hold({at(20), at(0), at(10)}, at(30)), Millis{270'000});
}

TEST(CrashLoopTest, OfMoreThanThreeTheNewestCount) {
  EXPECT_EQ(crash_loop_hold({at(0), at(10), at(20), at(25)}, at(30)), Millis{280'000});
}

TEST(CrashLoopTest, OldStartsAreForgotten) {
  EXPECT_FALSE(crash_loop_hold({at(0), at(290), at(295)}, at(300)).has_value());
  EXPECT_TRUE(crash_loop_hold({at(1), at(290), at(295)}, at(300)).has_value());
}

TEST(CrashLoopTest, StartsFromTheFutureOfAClockSetBackDoNotCount) {
  EXPECT_FALSE(crash_loop_hold({at(900), at(901), at(902)}, at(30)).has_value());
}

TEST(CrashLoopTest, ItCanBeSwitchedOff) {
  EXPECT_FALSE(crash_loop_hold({at(1), at(2), at(3)}, at(4), {.starts = 0}).has_value());
}

}  // namespace
}  // namespace gw::restart
