#include "protocol/keeper_messages.hpp"

#include <gtest/gtest.h>

namespace gw::keeper {
namespace {

template <typename T>
T round_trip(const T& message) {
  const auto decoded = decode(encode(message));
  EXPECT_TRUE(decoded.has_value());
  EXPECT_TRUE(std::holds_alternative<T>(*decoded));
  return std::get<T>(*decoded);
}

TEST(KeeperMessagesTest, EveryMessageSurvivesTheWay) {
  const Ready ready = round_trip(Ready{"boot", "1.2.3"});
  EXPECT_EQ(ready.boot_id, "boot");
  EXPECT_EQ(ready.version, "1.2.3");
  const Failed failed = round_trip(Failed{"no \"key\"", 78});
  EXPECT_EQ(failed.reason, "no \"key\"");
  EXPECT_EQ(failed.exit_code, 78);
  EXPECT_EQ(round_trip(Take{1'234'567'890'123}).released_at_ms, 1'234'567'890'123);
  EXPECT_EQ(round_trip(SuccessorReady{"2", 3}).version, "2");
  EXPECT_EQ(round_trip(SuccessorReady{"2", 3}).attempt, 3);
  EXPECT_EQ(round_trip(SuccessorFailed{"hung", 4}).reason, "hung");
  EXPECT_EQ(round_trip(SuccessorFailed{"hung", 4}).attempt, 4);
  EXPECT_EQ(round_trip(Resume{"died"}).reason, "died");
  EXPECT_EQ(round_trip(StatusLine{"draining"}).text, "draining");
  EXPECT_EQ(round_trip(RestartSignal{"SIGUSR2"}).name, "SIGUSR2");
  (void)round_trip(Handshakes{});
  EXPECT_EQ(round_trip(StartSuccessor{5}).attempt, 5);
  (void)round_trip(DropSuccessor{});
  (void)round_trip(Released{});
  (void)round_trip(Serving{});
  (void)round_trip(Healthy{});
  (void)round_trip(Retire{});
  (void)round_trip(Probe{});
  (void)round_trip(Reload{});
  (void)round_trip(Stop{});
}

TEST(KeeperMessagesTest, ALongTextIsCutSoThatTheMessageStillFits) {
  for (const char* piece : {"x", "\x01", "\"", "\xC3\xA4"}) {
    std::string text;
    while (text.size() < 3 * kMessageBytesMax) text += piece;
    const std::string encoded = encode(SuccessorFailed{text});
    EXPECT_LE(encoded.size(), kMessageBytesMax);
    EXPECT_TRUE(decode(encoded).has_value());
    EXPECT_LE(encode(Ready{text, text}).size(), kMessageBytesMax);
  }
}

TEST(KeeperMessagesTest, AnUnknownTypeIsToldApartFromADamagedMessage) {
  EXPECT_EQ(decode(R"({"v":1,"type":"sing"})").error().code, Code::NotFound);
  EXPECT_EQ(decode("not json").error().code, Code::InvalidRequest);
  EXPECT_EQ(decode("[1]").error().code, Code::InvalidRequest);
  EXPECT_EQ(decode(R"({"v":2,"type":"stop"})").error().code, Code::InvalidRequest);
}

}  // namespace
}  // namespace gw::keeper
