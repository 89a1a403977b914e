#include "platform/log_line.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/version.hpp"
#include "json/value.hpp"

namespace gw::platform {
namespace {

constexpr UnixMillis kAt{1'737'264'000'007};

std::string json_of(std::string_view subsystem, std::string_view message,
                    std::initializer_list<LogField> fields = {}) {
  return json_log_line({kAt, LogLevel::Warn, subsystem, message, fields, "box"});
}

std::string console_of(std::string_view subsystem, std::string_view message,
                       std::initializer_list<LogField> fields = {}) {
  return console_log_line({kAt, LogLevel::Info, subsystem, message, fields}, {});
}

// A line's object; every line must be one.
json::Object object_of(const std::string& line) {
  EXPECT_TRUE(line.ends_with('\n'));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  auto value = json::parse(line);
  EXPECT_TRUE(value && value->is_object()) << line;
  return value && value->is_object() ? value->get_object() : json::Object();
}

/// The zone of local times; UTC again afterwards.
class Zone {
 public:
  explicit Zone(const char* name) { set(name); }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  ~Zone() { set("UTC0"); }

 private:
  static void set(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
};

TEST(JsonLogLineTest, HasTheKeysOfBothReaders) {
  const Zone zone("XXX-1");
  EXPECT_EQ(
      json_of("gateway/ws", "client connected", {{"conn", 7}, {"role", "operator"}, {"local", true}}),
      R"({"0":"{\"subsystem\":\"gateway/ws\"}","1":"client connected",)"
      R"("_meta":{"runtime":"native","runtimeVersion":")" +
          std::string(kVersion) +
          R"(","hostname":"box","name":"{\"subsystem\":\"gateway/ws\"}","date":"2025-01-19T05:20:00.007Z",)"
          R"("logLevelId":4,"logLevelName":"WARN"},)"
          R"("time":"2025-01-19T06:20:00.007+01:00","hostname":"box","level":"warn","subsystem":"gateway/ws",)"
          R"("message":"client connected",)"
          R"("conn":7,"role":"operator","local":true})"
          "\n");
}

TEST(JsonLogLineTest, NamesEveryLevel) {
  for (const auto& [level, small, capital, id] : {std::tuple{LogLevel::Debug, "debug", "DEBUG", 2},
                                                  {LogLevel::Info, "info", "INFO", 3},
                                                  {LogLevel::Warn, "warn", "WARN", 4},
                                                  {LogLevel::Error, "error", "ERROR", 5}}) {
    const json::Object object = object_of(json_log_line({kAt, level, "a", "b", {}}));
    EXPECT_EQ(json::text_or(object, "level"), small);
    EXPECT_EQ(json::text_or(*json::object_at(object, "_meta"), "logLevelName"), capital);
    EXPECT_EQ(json::int_or(*json::object_at(object, "_meta"), "logLevelId", 0), id);
  }
}

TEST(JsonLogLineTest, DoesNotLetAFieldHideAKeyOfItsOwn) {
  const json::Object object =
      object_of(json_of("a", "real", {{"message", "fake"}, {"0", "x"}, {"k", 1}, {"k", 2}}));
  EXPECT_EQ(json::text_or(object, "message"), "real");
  EXPECT_EQ(json::text_or(object, "message_"), "fake");
  EXPECT_EQ(json::text_or(object, "0_"), "x");
  EXPECT_EQ(json::int_or(object, "k", 0), 1);
  EXPECT_EQ(json::int_or(object, "k_", 0), 2);
}

TEST(JsonLogLineTest, HidesSecrets) {
  EXPECT_EQ(json_of("a", "b", {{"token", Secret("hunter2")}}).find("hunter2"), std::string::npos);
}

TEST(JsonLogLineTest, CutsLongMessagesAndValuesInsideNoCharacter) {
  const std::string euros = [] {
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += "€";
    return text;
  }();
  const json::Object object = object_of(json_of("a", euros, {{"value", euros}}));
  EXPECT_LE(json::text_or(object, "message").size(), kLogMessageBytesMax + 3);
  EXPECT_TRUE(json::text_or(object, "message").ends_with("€…"));
  EXPECT_LE(json::text_or(object, "value").size(), kLogValueBytesMax + 3);
}

TEST(JsonLogLineTest, NeverGrowsPastItsLimit) {
  const std::string worst(100'000, '\x01');  // Six bytes each in JSON.
  const LogField value("k", worst);
  const std::string line =
      json_of(worst, worst, {value, value, value, value, value, value, value, value, value, value});
  EXPECT_LE(line.size(), kLogLineBytesMax);
  EXPECT_TRUE(json::bool_or(object_of(line), "cut", false));
}

TEST(JsonLogLineTest, ReplacesBytesThatAreNoUtf8) {
  const json::Object object = object_of(json_of("a\xFF", "b\xE2\x82", {{"k\x80", "\xC3"}}));
  EXPECT_EQ(json::text_or(object, "subsystem"), "a\xEF\xBF\xBD");
  EXPECT_EQ(json::text_or(object, "message"), "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(json::text_or(object, "k\xEF\xBF\xBD"), "\xEF\xBF\xBD");
}

TEST(ConsoleLogLineTest, ShowsTimeLastPartOfTheSubsystemMessageAndFields) {
  EXPECT_EQ(
      console_of("gateway/ws", "client connected", {{"conn", 7}, {"ok", true}, {"who", "ada l"}, {"x", ""}}),
      "2025-01-19T05:20:00.007Z [ws] client connected conn=7 ok=true who=\"ada l\" x=\"\"\n");
}

TEST(ConsoleLogLineTest, DropsALeadingWordThatRepeatsTheSubsystem) {
  EXPECT_EQ(console_of("gateway/ws", "ws: closed"), "2025-01-19T05:20:00.007Z [ws] closed\n");
  EXPECT_EQ(console_of("gateway/ws", "WS closed"), "2025-01-19T05:20:00.007Z [ws] closed\n");
  EXPECT_EQ(console_of("gateway/ws", "wss closed"), "2025-01-19T05:20:00.007Z [ws] wss closed\n");
  EXPECT_EQ(console_of("gateway/ws", "ws"), "2025-01-19T05:20:00.007Z [ws] ws\n");
  EXPECT_EQ(console_of("gateway/ws", "ws: "), "2025-01-19T05:20:00.007Z [ws] ws: \n");
  EXPECT_EQ(console_of("", "closed"), "2025-01-19T05:20:00.007Z [] closed\n");
}

TEST(ConsoleLogLineTest, LetsNothingControlTheTerminal) {
  EXPECT_EQ(console_of("a\x1b",
                       "b\x1b[31m\nfake \xC2\x9B"
                       "2J é",
                       {{"k\n", "v\r\x7F"}}),
            "2025-01-19T05:20:00.007Z [a?] b?[31m?fake ?2J é k?=v??\n");
}

TEST(ConsoleLogLineTest, IsColouredOnlyWhenAsked) {
  EXPECT_NE(console_log_line({kAt, LogLevel::Error, "a", "b", {}}, {.colour = true})
                .find("\x1b[31merror [a] \x1b[0mb"),
            std::string::npos);
  EXPECT_EQ(console_of("a", "b").find('\x1b'), std::string::npos);
}

TEST(ConsoleLogLineTest, NamesEveryLevelButInfo) {
  EXPECT_EQ(console_log_line({kAt, LogLevel::Warn, "a", "b", {}}, {}),
            "2025-01-19T05:20:00.007Z warn [a] b\n");
  EXPECT_EQ(console_log_line({kAt, LogLevel::Info, "a", "b", {}}, {}), "2025-01-19T05:20:00.007Z [a] b\n");
}

TEST(ConsoleLogLineTest, CompactHasTheLocalTimeOfDay) {
  const Zone zone("XXX+3:30");
  EXPECT_EQ(console_log_line({kAt, LogLevel::Error, "a", "b", {{"n", 1}}}, {.style = LogStyle::Compact}),
            "01:50:00 error [a] b n=1\n");
}

TEST(ConsoleLogLineTest, JsonIsTheLineOfTheFile) {
  const LogEvent event{kAt, LogLevel::Info, "a", "b", {{"n", 1}}};
  EXPECT_EQ(console_log_line(event, {.style = LogStyle::Json, .colour = true}), json_log_line(event));
}

TEST(ConsoleLogLineTest, ForJournaldItHasAPriorityAndNoTime) {
  const auto line = [](LogLevel level) {
    return console_log_line({kAt, level, "a/b", "c", {}}, {.journal = true});
  };
  EXPECT_EQ(line(LogLevel::Debug), "<7>[b] c\n");
  EXPECT_EQ(line(LogLevel::Info), "<6>[b] c\n");
  EXPECT_EQ(line(LogLevel::Warn), "<4>[b] c\n");
  EXPECT_EQ(line(LogLevel::Error), "<3>[b] c\n");
  const LogEvent event{kAt, LogLevel::Warn, "a", "b", {}};
  EXPECT_EQ(console_log_line(event, {.style = LogStyle::Json, .journal = true}),
            "<4>" + json_log_line(event));
}

TEST(ConsoleLogLineTest, NeverGrowsPastWhatAPipeTakesWhole) {
  const std::string worst(100'000, '\x01');
  for (const LogStyle style : {LogStyle::Pretty, LogStyle::Compact, LogStyle::Json}) {
    const LogField value("k", worst);
    const std::string line = console_log_line(
        {kAt, LogLevel::Warn, worst, worst, {value, value, value, value}}, {.style = style, .journal = true});
    EXPECT_LE(line.size(), kConsoleLineBytesMax);
    EXPECT_TRUE(line.ends_with('\n'));
    if (style == LogStyle::Json) object_of(line.substr(3));
  }
}

TEST(LogLineTest, MasksTheMessageAndTextValuesBeforeTheyAreCut) {
  mask::Masks masks;
  ASSERT_TRUE(masks.add("key-[a-z]+"));
  const std::string long_key = "key-" + std::string(kLogValueBytesMax, 'x');
  const LogEvent event{kAt, LogLevel::Info, "a", "got key-abc", {{"k", long_key}, {"n", 5}}, "", &masks};
  const json::Object object = object_of(json_log_line(event));
  EXPECT_EQ(json::text_or(object, "message"), "got ***");
  EXPECT_EQ(json::text_or(object, "1"), "got ***");
  EXPECT_EQ(json::text_or(object, "k"), "***");
  EXPECT_EQ(console_log_line(event, {}), "2025-01-19T05:20:00.007Z [a] got *** k=*** n=5\n");
}

TEST(LogLineTest, TellsHowManyOfItsKindWereLeftOut) {
  const LogEvent event{kAt, LogLevel::Info, "a", "b", {}, "", nullptr, 12};
  EXPECT_EQ(json::int_or(object_of(json_log_line(event)), "omitted", 0), 12);
  EXPECT_EQ(console_log_line(event, {}), "2025-01-19T05:20:00.007Z [a] b omitted=12\n");
}

TEST(ValidUtf8Test, KeepsWhatIsValid) {
  EXPECT_EQ(valid_utf8("aé€😀"), "aé€😀");
  EXPECT_EQ(valid_utf8("é\xFF€"), "é\xEF\xBF\xBD€");
  EXPECT_EQ(valid_utf8(""), "");
}

}  // namespace
}  // namespace gw::platform
