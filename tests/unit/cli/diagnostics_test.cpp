#include <gtest/gtest.h>

#include "cli/diagnostics/scrub.hpp"
#include "cli/diagnostics/zip.hpp"

namespace gw::cli::diagnostics {
namespace {

std::string scrubbed(std::string_view text) { return Scrubber().text(text); }

TEST(ScrubberTest, KnownSecretsAreHiddenWhereverTheyStandTheLongestFirst) {
  Scrubber scrubber;
  scrubber.hide(Secret("plum"));
  scrubber.hide(Secret("plum-tree"));
  scrubber.hide(Secret("abc"));  // Too short to be looked for.
  EXPECT_EQ(scrubber.text("a plum, a plum-tree, xplumx, abc"),
            "a [redacted], a [redacted], x[redacted]x, abc");
}

TEST(ScrubberTest, ValuesBehindNamesOfSecretsAreHidden) {
  EXPECT_EQ(scrubbed("token=plum next"), "token=[redacted] next");
  EXPECT_EQ(scrubbed("OPENCLAW_GATEWAY_TOKEN = 'plum' next"), "OPENCLAW_GATEWAY_TOKEN = '[redacted]' next");
  EXPECT_EQ(scrubbed(R"({"apiKey":"plum","port":1})"), R"({"apiKey":"[redacted]","port":1})");
  EXPECT_EQ(scrubbed("Authorization: Bearer plum"), "Authorization: Bearer [redacted]");
  EXPECT_EQ(scrubbed("sent bearer plum to it"), "sent bearer [redacted] to it");
  EXPECT_EQ(scrubbed("the token is gone"), "the token is gone");
  EXPECT_EQ(scrubbed("password="), "password=");
  EXPECT_EQ(scrubbed("maxTokens: 5"), "maxTokens: 5");
}

TEST(ScrubberTest, CredentialsInAddressesAreHidden) {
  EXPECT_EQ(scrubbed("https://me:plum@host/path"), "https://[redacted]@host/path");
  EXPECT_EQ(scrubbed("https://host/a@b"), "https://host/a@b");
}

TEST(ScrubberTest, RandomWordsAreHiddenAndNamesAreNot) {
  EXPECT_EQ(scrubbed("key sk-abcdefgh1234 end"), "key [redacted] end");
  EXPECT_EQ(scrubbed("0123456789abcdef0123456789abcdef"), "[redacted]");
  EXPECT_EQ(scrubbed("dGhpcyBpcyBhIHNlY3JldCE5OQ== end"), "[redacted] end");
  for (const char* harmless :
       {"3da7a578-b5f9-4379-8576-fdfbc9801076", "openclaw-gateway-with-a-long-profile-name.service",
        "2026-11-25T11:35:26.496Z", "ws://127.0.0.1:18789",
        "config hot reload applied (gateway.auth.mode)"}) {
    EXPECT_EQ(scrubbed(harmless), harmless);
  }
}

TEST(ScrubberTest, PathsAreShownByTheirName) {
  Scrubber scrubber;
  scrubber.rename("/home/u", "~");
  scrubber.rename("/home/u/.openclaw", "$OPENCLAW_STATE_DIR");
  scrubber.rename("/", "no");  // It would stand everywhere.
  EXPECT_EQ(scrubber.text("/home/u/x and /home/u/.openclaw/logs"), "~/x and $OPENCLAW_STATE_DIR/logs");
}

TEST(ScrubberTest, ValuesLoseWhatPeopleWrote) {
  const json::Value value = json::parse(R"({
    "sessions": {"count": 2, "recent": [{"key": "agent:main:+4912345"}]}, "text": "hello", "key": 7,
    "gateway": {"authToken": "plum", "list": ["token=plum", 1, null]}})")
                                .value();
  EXPECT_EQ(Scrubber().value(value), json::parse(R"({"sessions": {"count": 2}, "key": 7,
    "gateway": {"authToken": "[redacted]", "list": ["token=[redacted]", 1, null]}})")
                                         .value());
}

TEST(ScrubberTest, ALogLineKeepsWhatIsHarmless) {
  const std::string line =
      R"({"0":"x","1":"message of a user","_meta":{"name":"y"},"time":"2026-11-25T11:35:26.496Z","level":"info",)"
      R"("subsystem":"gateway","message":"ready token=plum","pid":7,"ok":true,"id":"a1","session":"agent:main:x",)"
      R"("reason":"password: plum"})";
  EXPECT_EQ(scrubbed_log_line(line, {}),
            json::parse(R"({"time":"2026-11-25T11:35:26.496Z","level":"info","subsystem":"gateway",
              "message":"ready token=[redacted]","pid":7,"ok":true,"id":"a1","reason":"password: [redacted]"})")
                .value());
  EXPECT_TRUE(scrubbed_log_line("panic: token plum", {}).is_null());
  EXPECT_TRUE(scrubbed_log_line("[1]", {}).is_null());
}

TEST(ScrubberTest, ALineOfOpenClawNamesItsLevelElsewhere) {
  const json::Value line = scrubbed_log_line(
      R"({"_meta":{"logLevelName":"WARN","name":"gateway/ws"},"time":"t","message":"m"})", {});
  EXPECT_EQ(line,
            json::parse(R"({"time":"t","level":"warn","subsystem":"gateway/ws","message":"m"})").value());
}

TEST(ShapeTest, TypesStandInPlaceOfValues) {
  EXPECT_EQ(shape_of(json::parse(R"({"a":{"b":1,"c":["x",true,null]}})").value()),
            json::parse(R"({"a":{"b":"number","c":["string","boolean","null"]}})").value());
}

TEST(ZipTest, TheChecksumIsTheKnownOne) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32(""), 0U);
}

TEST(ZipTest, AnArchiveHasHeadersAndADirectory) {
  // 2026-11-25T11:35:26Z; that others can read it is tested with an independent reader in tests/functional.
  const std::string zip = zip_of({{"a", "12"}, {"b/c", ""}}, UnixMillis{1'795'606'526'000});
  EXPECT_TRUE(zip.starts_with("PK\x03\x04"));
  EXPECT_EQ(zip.size(), (30U + 1 + 2) + (30 + 3) + (46 + 1) + (46 + 3) + 22);
  EXPECT_EQ(zip.substr(zip.size() - 12, 2), std::string("\x02\x00", 2));
}

}  // namespace
}  // namespace gw::cli::diagnostics
