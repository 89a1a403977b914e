#include "engine/run_result.hpp"

#include <gtest/gtest.h>

namespace gw::engine {
namespace {

using run::Ending;

const RunInfo kRun{.job = JobId{1},
                   .run_id = "r1",
                   .session_key = "agent:main:main",
                   .session_id = "sid",
                   .provider = "test",
                   .model = "one",
                   .attempt = 2,
                   .started_at = {1'000}};

RunContent content_of(const std::string& text, const std::string& stop_reason) {
  RunContent content;
  content.text = text;
  content.stop_reason = stop_reason;
  content.usage = {.input = 3, .output = 4, .total = 7};
  return content;
}

std::string at(const json::Object& object, const char* pointer) {
  boost::system::error_code none;
  const json::Value whole(object);
  const json::Value* found = whole.find_pointer(pointer, none);
  return found ? json::serialize(*found) : "missing";
}

TEST(RunResultTest, AnAnswerIsOkWithItsTextAndFigures) {
  const auto result = result_of(kRun, Ending::Answered, content_of("hello", "stop"), {1'250});
  EXPECT_EQ(at(result, "/runId"), R"("r1")");
  EXPECT_EQ(at(result, "/status"), R"("ok")");
  EXPECT_EQ(at(result, "/summary"), R"("completed")");
  EXPECT_EQ(at(result, "/result/payloads"), R"([{"text":"hello","mediaUrl":null}])");
  EXPECT_EQ(at(result, "/result/meta/durationMs"), "250");
  EXPECT_EQ(at(result, "/result/meta/aborted"), "false");
  EXPECT_EQ(at(result, "/result/meta/stopReason"), R"("stop")");
  EXPECT_EQ(at(result, "/result/meta/attempts"), "2");
  EXPECT_EQ(at(result, "/result/meta/agentMeta/sessionId"), R"("sid")");
  EXPECT_EQ(at(result, "/result/meta/agentMeta/usage/totalTokens"), "7");
  EXPECT_EQ(at(result, "/startedAt"), "1000");
  EXPECT_EQ(at(result, "/endedAt"), "1250");
}

TEST(RunResultTest, AnAbortIsATimeoutWithItsReasonAndWhatThereWas) {
  const auto result = result_of(kRun, Ending::Aborted, content_of("half", "rpc"), {1'250});
  EXPECT_EQ(at(result, "/status"), R"("timeout")");
  EXPECT_EQ(at(result, "/summary"), R"("aborted")");
  EXPECT_EQ(at(result, "/stopReason"), R"("rpc")");
  EXPECT_EQ(at(result, "/result/payloads/0/text"), R"("half")");
  EXPECT_EQ(at(result, "/result/payloads/0/isError"), "false");
  EXPECT_EQ(at(result, "/result/meta/aborted"), "true");
}

TEST(RunResultTest, ATimeLimitIsATimeoutThatSaysSoInstead) {
  const auto result = result_of(kRun, Ending::TimedOut, content_of("half", "timeout"), {1'250});
  EXPECT_EQ(at(result, "/status"), R"("timeout")");
  EXPECT_EQ(at(result, "/stopReason"), "missing");
  EXPECT_EQ(at(result, "/result/payloads/0/isError"), "true");
  EXPECT_EQ(at(result, "/result/meta/finalAssistantVisibleText"), R"("half")");
}

TEST(RunResultTest, AFailureIsAnErrorWithItsMessage) {
  for (const Ending ending : {Ending::Failed, Ending::TooManyToolRounds}) {
    RunContent content = content_of("half", "error");
    content.error = "no";
    const auto result = result_of(kRun, ending, content, {1'250});
    EXPECT_EQ(at(result, "/status"), R"("error")");
    EXPECT_EQ(at(result, "/summary"), R"("no")");
    EXPECT_EQ(at(result, "/result"), "missing");
  }
}

TEST(RunResultTest, AJobAbortedBeforeItBeganHasNoStart) {
  const auto result = aborted_result("r1", {1'250});
  EXPECT_EQ(json::serialize(result),
            R"({"runId":"r1","status":"timeout","summary":"aborted","stopReason":"rpc","endedAt":1250})");
}

TEST(RunResultTest, EveryEndingHasItsState) {
  EXPECT_EQ(state_of(Ending::Answered), JobState::Done);
  EXPECT_EQ(state_of(Ending::Aborted), JobState::Aborted);
  EXPECT_EQ(state_of(Ending::TimedOut), JobState::Aborted);
  EXPECT_EQ(state_of(Ending::Failed), JobState::Failed);
  EXPECT_EQ(state_of(Ending::TooManyToolRounds), JobState::Failed);
}

TEST(RunResultTest, ArgumentsTooDeepToBeReadBackAreKeptAsText) {
  const std::string deep = std::string(62, '[') + std::string(62, ']');
  RunContent content = content_of("", "toolUse");
  content.tool_calls = {{"c1", "look", deep}};
  const Message row = assistant_row(kRun, content, {1'250});
  EXPECT_TRUE(json::parse(json::serialize(row.body)).has_value());
  EXPECT_EQ(at(row.body, "/content/0/arguments/unparsed"), '"' + deep + '"');
}

TEST(RunResultTest, AnAssistantRowHoldsThoughtsTextAndToolCallsInThisOrder) {
  RunContent content = content_of("hello", "toolUse");
  content.thinking = "hm";
  content.response_id = "resp-1";
  content.tool_calls = {{"c1", "look", R"({"a":1})"}, {"c2", "look", "{broken"}};
  const Message row = assistant_row(kRun, content, {1'250});
  EXPECT_EQ(row.run_id, "r1");
  EXPECT_EQ(row.id.size(), 8U);
  EXPECT_EQ(at(row.body, "/content/0"), R"({"type":"thinking","thinking":"hm"})");
  EXPECT_EQ(at(row.body, "/content/1"), R"({"type":"text","text":"hello"})");
  EXPECT_EQ(at(row.body, "/content/2/arguments"), R"({"a":1})");
  EXPECT_EQ(at(row.body, "/content/3/arguments"), R"({"unparsed":"{broken"})");
  EXPECT_EQ(at(row.body, "/responseId"), R"("resp-1")");
  EXPECT_EQ(at(row.body, "/provider"), R"("test")");
  EXPECT_EQ(at(row.body, "/errorMessage"), "missing");
}

TEST(RunResultTest, AFailedAnswerKeepsItsErrorAndMayBeEmpty) {
  RunContent content = content_of("", "error");
  content.error = "no";
  const Message row = assistant_row(kRun, content, {1'250});
  EXPECT_EQ(at(row.body, "/content"), "[]");
  EXPECT_EQ(at(row.body, "/errorMessage"), R"("no")");
  EXPECT_EQ(at(row.body, "/responseId"), "missing");
}

TEST(RunResultTest, AToolResultNamesItsCall) {
  const Message row = tool_result_row(kRun, {"c1", "look", "{}"}, "no such tool", {1'250});
  EXPECT_EQ(json::serialize(row.body),
            R"({"role":"toolResult","toolCallId":"c1","toolName":"look",)"
            R"("content":[{"type":"text","text":"no such tool"}],"isError":true,"timestamp":1250})");
}

}  // namespace
}  // namespace gw::engine
