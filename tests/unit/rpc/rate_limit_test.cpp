#include "rpc/rate_limit.hpp"

#include <gtest/gtest.h>

namespace gw::rpc {
namespace {

constexpr Instant at(std::int64_t ms) { return Instant(Millis{1'000'000 + ms}); }

const Client kAlice{.device_id = "alice", .address = "10.0.0.1"};
const Client kBob{.device_id = "bob", .address = "10.0.0.1"};

void fill(WriteLimiter& limiter, const Client& client, Instant now, int writes = 30) {
  for (int i = 0; i < writes; ++i) EXPECT_FALSE(limiter.admit("config.set", client, now).has_value());
}

TEST(WriteLimiterTest, RefusesThe31stWriteOfAMinute) {
  WriteLimiter limiter;
  fill(limiter, kAlice, at(0));
  const auto refusal = limiter.admit("config.set", kAlice, at(18'500));
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, "UNAVAILABLE");
  EXPECT_EQ(refusal->message, "rate limit exceeded for config.set; retry after 42s");
  EXPECT_TRUE(refusal->is_retryable);
  EXPECT_EQ(refusal->retry_after, Millis{41'500});
  EXPECT_EQ(json::serialize(refusal->details), R"({"method":"config.set","limit":"30 per 60s"})");
}

TEST(WriteLimiterTest, ANewWindowBeginsAfterAMinute) {
  WriteLimiter limiter;
  fill(limiter, kAlice, at(0));
  EXPECT_TRUE(limiter.admit("config.set", kAlice, at(59'999)).has_value());
  fill(limiter, kAlice, at(60'000));
  EXPECT_TRUE(limiter.admit("config.set", kAlice, at(60'000)).has_value());
}

TEST(WriteLimiterTest, CountsEachMethodAndClientOnItsOwn) {
  WriteLimiter limiter;
  fill(limiter, kAlice, at(0));
  EXPECT_FALSE(limiter.admit("gateway.restart.request", kAlice, at(0)).has_value());
  EXPECT_FALSE(limiter.admit("config.set", kBob, at(0)).has_value());
}

TEST(WriteLimiterTest, ARefundedWriteMayBeMadeAgain) {
  WriteLimiter limiter;
  fill(limiter, kAlice, at(0));
  limiter.refund("config.set", kAlice, at(10));
  EXPECT_FALSE(limiter.admit("config.set", kAlice, at(20)).has_value());
  EXPECT_TRUE(limiter.admit("config.set", kAlice, at(20)).has_value());
}

TEST(WriteLimiterTest, ALateOrUnknownRefundChangesNothing) {
  WriteLimiter limiter;
  limiter.refund("config.set", kAlice, at(0));
  fill(limiter, kAlice, at(0), 1);
  limiter.refund("config.set", kAlice, at(60'000));
  fill(limiter, kAlice, at(60'000));
  EXPECT_TRUE(limiter.admit("config.set", kAlice, at(60'000)).has_value());
}

TEST(WriteLimiterTest, KeepsABoundedNumberOfKeysAndForgetsTheOldest) {
  WriteLimiter limiter({.writes_max = 1, .keys_max = 2});
  Client client;
  for (int i = 0; i < 5; ++i) {
    client.device_id = std::to_string(i);
    EXPECT_FALSE(limiter.admit("m", client, at(i)).has_value());
    EXPECT_LE(limiter.keys(), 2u);
  }
  EXPECT_TRUE(limiter.admit("m", client, at(5)).has_value());
  client.device_id = "0";
  EXPECT_FALSE(limiter.admit("m", client, at(6)).has_value());
}

constexpr std::string_view kRemote = "203.0.113.7";

TEST(FailedAuthLimiterTest, LocksARemoteAddressAfterTenFailures) {
  FailedAuthLimiter limiter;
  for (int i = 0; i < 9; ++i)
    EXPECT_FALSE(limiter.failed(kRemote, false, ProofKind::SharedSecret, at(i)).is_locked_now);
  EXPECT_FALSE(limiter.locked_for(kRemote, ProofKind::SharedSecret, at(9)).has_value());
  const auto tenth = limiter.failed(kRemote, false, ProofKind::SharedSecret, at(10));
  EXPECT_TRUE(tenth.is_locked_now);
  EXPECT_EQ(tenth.delay, Millis{0});
  EXPECT_EQ(limiter.locked_for(kRemote, ProofKind::SharedSecret, at(10)), Millis{300'000});
  EXPECT_EQ(limiter.locked_for(kRemote, ProofKind::SharedSecret, at(300'009)), Millis{1});
  EXPECT_FALSE(limiter.locked_for(kRemote, ProofKind::SharedSecret, at(300'010)).has_value());
}

TEST(FailedAuthLimiterTest, ALockEndsWithACleanSlate) {
  FailedAuthLimiter limiter;
  for (int i = 0; i < 10; ++i) (void)limiter.failed(kRemote, false, ProofKind::SharedSecret, at(0));
  EXPECT_TRUE(limiter.failed(kRemote, false, ProofKind::SharedSecret, at(300'000)).is_first);
  EXPECT_FALSE(limiter.locked_for(kRemote, ProofKind::SharedSecret, at(300'000)).has_value());
}

TEST(FailedAuthLimiterTest, OldFailuresAreForgottenAfterAMinute) {
  FailedAuthLimiter limiter;
  for (int i = 0; i < 9; ++i) (void)limiter.failed(kRemote, false, ProofKind::SharedSecret, at(0));
  EXPECT_TRUE(limiter.failed(kRemote, false, ProofKind::SharedSecret, at(60'000)).is_first);
  EXPECT_FALSE(limiter.locked_for(kRemote, ProofKind::SharedSecret, at(60'000)).has_value());
}

TEST(FailedAuthLimiterTest, CountsEachKindAndAddressOnItsOwn) {
  FailedAuthLimiter limiter;
  for (int i = 0; i < 10; ++i) (void)limiter.failed(kRemote, false, ProofKind::SharedSecret, at(0));
  EXPECT_FALSE(limiter.locked_for(kRemote, ProofKind::DeviceToken, at(0)).has_value());
  EXPECT_FALSE(limiter.locked_for("203.0.113.8", ProofKind::SharedSecret, at(0)).has_value());
}

TEST(FailedAuthLimiterTest, DelaysALocalClientLongerEachTimeAndNeverLocksIt) {
  FailedAuthLimiter limiter;
  for (const int expected : {250, 500, 1'000, 2'000, 4'000, 5'000, 5'000}) {
    EXPECT_EQ(limiter.failed("127.0.0.1", true, ProofKind::SharedSecret, at(0)).delay, Millis{expected});
  }
  for (int i = 0; i < 100; ++i) (void)limiter.failed("127.0.0.1", true, ProofKind::SharedSecret, at(0));
  EXPECT_FALSE(limiter.locked_for("127.0.0.1", ProofKind::SharedSecret, at(0)).has_value());
}

TEST(FailedAuthLimiterTest, ASuccessForgetsTheFailures) {
  FailedAuthLimiter limiter;
  for (int i = 0; i < 3; ++i) (void)limiter.failed("127.0.0.1", true, ProofKind::SharedSecret, at(0));
  limiter.succeeded("127.0.0.1", true, ProofKind::SharedSecret);
  EXPECT_EQ(limiter.failed("127.0.0.1", true, ProofKind::SharedSecret, at(0)).delay, Millis{250});
}

TEST(FailedAuthLimiterTest, AFloodOfAddressesNeitherGrowsItNorUnlocksAnyone) {
  FailedAuthLimiter limiter({.keys_max = 20});
  for (int i = 0; i < 10; ++i) (void)limiter.failed(kRemote, false, ProofKind::SharedSecret, at(0));
  for (int i = 0; i < 200; ++i) {
    (void)limiter.failed("10.0.0." + std::to_string(i), false, ProofKind::SharedSecret, at(1 + i));
    EXPECT_LE(limiter.keys(), 20u);
  }
  EXPECT_TRUE(limiter.locked_for(kRemote, ProofKind::SharedSecret, at(300)).has_value());
}

}  // namespace
}  // namespace gw::rpc
