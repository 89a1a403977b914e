#include "http/retry_after.hpp"

#include <gtest/gtest.h>

namespace gw {
namespace {

constexpr UnixMillis kNow{784'111'767'000};  // Sun, 06 Nov 1994 08:49:27 GMT

TEST(RetryAfterTest, ReadsSeconds) {
  EXPECT_EQ(parse_retry_after("7", kNow), Millis{7'000});
  EXPECT_EQ(parse_retry_after(" 0 ", kNow), Millis{0});
}

TEST(RetryAfterTest, ReadsAnHttpDate) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kNow), Millis{10'000});
}

TEST(RetryAfterTest, ADateInThePastMeansNow) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow), Millis{0});
}

TEST(RetryAfterTest, NeverAsksForMoreThanADay) {
  EXPECT_EQ(parse_retry_after("2000000000", kNow), kRetryAfterMax);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", kNow), kRetryAfterMax);
}

TEST(RetryAfterTest, AnythingElseIsNothing) {
  for (const char* text :
       {"", "soon", "-1", "1.5", "99999999999", "Sun, 06 Xxx 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 GMT"}) {
    EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gw
