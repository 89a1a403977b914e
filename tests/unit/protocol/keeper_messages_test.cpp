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
  (void)round_trip(Moved{});
  const Listening listening = round_trip(Listening{"127.0.0.1", 4711, true});
  EXPECT_EQ(listening.host, "127.0.0.1");
  EXPECT_EQ(listening.port, 4711);
  EXPECT_TRUE(listening.is_move);
  EXPECT_EQ(round_trip(Adopted{6, "taken"}).attempt, 6);
  EXPECT_EQ(round_trip(Adopted{6, "taken"}).problem, "taken");
}

TEST(KeeperMessagesTest, WhatTheConfigurationSaysSurvivesTheWay) {
  const Configured sent{.attempt = 7,
                        .port = 4711,
                        .bind = "custom",
                        .custom_bind_host = "127.0.0.2",
                        .is_guarded = true,
                        .probation = Millis{250},
                        .log_level = LogLevel::Debug,
                        .log_console_level = LogLevel::Silent,
                        .log_console_style = LogStyle::Json,
                        .log_file = "/var/log/gateway.log",
                        .log_file_bytes_max = 1'000'000'000'000};
  const Configured got = round_trip(sent);
  EXPECT_EQ(got.attempt, sent.attempt);
  EXPECT_EQ(got.port, sent.port);
  EXPECT_EQ(got.bind, sent.bind);
  EXPECT_EQ(got.custom_bind_host, sent.custom_bind_host);
  EXPECT_EQ(got.is_guarded, sent.is_guarded);
  EXPECT_EQ(got.probation, sent.probation);
  EXPECT_EQ(got.log_level, sent.log_level);
  EXPECT_EQ(got.log_console_level, sent.log_console_level);
  EXPECT_EQ(got.log_console_style, sent.log_console_style);
  EXPECT_EQ(got.log_file, sent.log_file);
  EXPECT_EQ(got.log_file_bytes_max, sent.log_file_bytes_max);
  EXPECT_FALSE(round_trip(Configured{}).log_console_style.has_value());
}

TEST(KeeperMessagesTest, NumbersOfAnotherReleaseAreBroughtIntoOurRange) {
  const auto read = decode(
      R"({"v":2,"type":"configured","port":70000,"logLevel":99,"logConsoleLevel":-1,"logConsoleStyle":9,"probationMs":-5})");
  const auto& configured = std::get<Configured>(*read);
  EXPECT_EQ(configured.port, 65'535);
  EXPECT_EQ(configured.log_level, LogLevel::Silent);
  EXPECT_EQ(configured.log_console_level, LogLevel::Debug);
  EXPECT_FALSE(configured.log_console_style.has_value());
  EXPECT_EQ(configured.probation, Millis{0});
}

TEST(KeeperMessagesTest, ALongTextIsCutSoThatTheMessageStillFits) {
  for (const char* piece : {"x", "\x01", "\"", "\xC3\xA4"}) {
    std::string text;
    while (text.size() < 3 * kMessageBytesMax) text += piece;
    const std::string encoded = encode(SuccessorFailed{text});
    EXPECT_LE(encoded.size(), kMessageBytesMax);
    EXPECT_TRUE(decode(encoded).has_value());
    EXPECT_LE(encode(Ready{text, text}).size(), kMessageBytesMax);
    EXPECT_LE(encode(Adopted{1, text}).size(), kMessageBytesMax);
    const Configured configured{.bind = text, .custom_bind_host = text, .log_file = text};
    EXPECT_LE(encode(configured).size(), kMessageBytesMax);
    EXPECT_EQ(std::get<Configured>(*decode(encode(configured))).log_file, "") << "half of a path is no path";
  }
}

TEST(KeeperMessagesTest, AnUnknownTypeIsToldApartFromADamagedMessage) {
  EXPECT_EQ(decode(R"({"v":2,"type":"sing"})").error().code, Code::NotFound);
  EXPECT_EQ(decode("not json").error().code, Code::InvalidRequest);
  EXPECT_EQ(decode("[1]").error().code, Code::InvalidRequest);
  EXPECT_EQ(decode(R"({"v":1,"type":"stop"})").error().code, Code::InvalidRequest);
}

}  // namespace
}  // namespace gw::keeper
