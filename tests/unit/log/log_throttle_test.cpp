#include "platform/log_throttle.hpp"

#include <string>

#include <gtest/gtest.h>

namespace gw::platform {
namespace {

constexpr UnixMillis kNow{1'737'264'000'000};

UnixMillis after(std::int64_t ms) { return {kNow.value + ms}; }

int admitted(LogThrottle& throttle, std::string_view message, int lines, UnixMillis at) {
  int count = 0;
  for (int i = 0; i < lines; ++i) count += throttle.admit("a", message, at).has_value() ? 1 : 0;
  return count;
}

TEST(LogThrottleTest, AdmitsABurstAndThenARate) {
  LogThrottle throttle;
  EXPECT_EQ(admitted(throttle, "m", 1'000, kNow), kLogLinesAtOnce);
  EXPECT_EQ(admitted(throttle, "m", 1'000, after(99)), 0);
  EXPECT_EQ(admitted(throttle, "m", 1'000, after(100)), 1);
  EXPECT_EQ(admitted(throttle, "m", 1'000, after(1'100)), kLogLinesPerSecond);
  EXPECT_EQ(admitted(throttle, "m", 1'000, after(86'400'000)), kLogLinesAtOnce)
      << "a rest gives no more than a burst";
}

TEST(LogThrottleTest, TellsOnceHowManyWereLeftOut) {
  LogThrottle throttle(1);
  EXPECT_EQ(throttle.admit("a", "m", kNow), 0);
  EXPECT_EQ(admitted(throttle, "m", 7, kNow), 0);
  EXPECT_EQ(throttle.admit("a", "m", after(100)), 7);
  EXPECT_EQ(throttle.admit("a", "m", after(200)), 0);
}

TEST(LogThrottleTest, OneKindDoesNotSilenceAnother) {
  LogThrottle throttle(1);
  EXPECT_EQ(admitted(throttle, "m", 2, kNow), 1);
  EXPECT_EQ(admitted(throttle, "n", 2, kNow), 1);
  EXPECT_TRUE(throttle.admit("b", "m", kNow).has_value());
}

TEST(LogThrottleTest, EverNewWordsAreBoundedTogether) {
  LogThrottle throttle;
  int count = 0;
  for (int i = 0; i < 100'000; ++i) count += admitted(throttle, std::to_string(i), 1, kNow);
  EXPECT_LE(count, 64 * kLogLinesAtOnce);
}

TEST(LogThrottleTest, AClockThatIsSetBackGivesNothing) {
  LogThrottle throttle(1);
  EXPECT_EQ(admitted(throttle, "m", 2, kNow), 1);
  EXPECT_EQ(admitted(throttle, "m", 2, after(-3'600'000)), 0);
  EXPECT_EQ(admitted(throttle, "m", 2, after(-3'600'000 + 100)), 1);
}

}  // namespace
}  // namespace gw::platform
