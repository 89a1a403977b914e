#include "cli/duration.hpp"

#include <gtest/gtest.h>

namespace gw::cli {
namespace {

TEST(DurationTest, ABareNumberIsMilliseconds) {
  EXPECT_EQ(parse_duration("0"), Millis{0});
  EXPECT_EQ(parse_duration("1500"), Millis{1'500});
}

TEST(DurationTest, UnitsAddUp) {
  EXPECT_EQ(parse_duration("250ms"), Millis{250});
  EXPECT_EQ(parse_duration("30s"), Millis{30'000});
  EXPECT_EQ(parse_duration("5m"), Millis{300'000});
  EXPECT_EQ(parse_duration("1h30m"), Millis{5'400'000});
  EXPECT_EQ(parse_duration("1d"), Millis{86'400'000});
}

TEST(DurationTest, AnythingElseIsRefused) {
  for (const char* text : {"", "s", "-1", "1x", "1.5s", "10s5", "abc", " 5s", "5s ", "99999999999", "30d"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(DurationTest, IsShownInItsTwoLargestUnits) {
  EXPECT_EQ(duration_text(Millis{0}), "0s");
  EXPECT_EQ(duration_text(Millis{-5}), "0s");
  EXPECT_EQ(duration_text(Millis{59'999}), "59s");
  EXPECT_EQ(duration_text(Millis{60'000}), "1m");
  EXPECT_EQ(duration_text(Millis{61'000}), "1m 1s");
  EXPECT_EQ(duration_text(Millis{3'601'000}), "1h");
  EXPECT_EQ(duration_text(Millis{183'900'000}), "2d 3h");
}

}  // namespace
}  // namespace gw::cli
