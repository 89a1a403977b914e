#include "engine/run_driver.hpp"

#include "unit/engine/engine_bench.hpp"

namespace gw::test {
namespace {

using Ids = std::vector<std::string>;
using Kind = RecordingObserver::Kind;
using Role = ModelMessage::Role;

std::vector<std::string> prompt_texts(const ModelRequest& request) {
  std::vector<std::string> texts;
  for (const ModelMessage& message : request.messages) texts.push_back(message.text);
  return texts;
}

TEST(RunDriverTest, TextAndThoughtsAreToldPieceByPieceWithAllSoFar) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  ModelReply reply = answering("ab");
  reply.deltas = {"a", "b"};
  reply.thoughts = {"h", "m"};
  reply.answer->thinking = "hm";
  bench.models.then(reply);
  bench.submit(bench.job("r1"));
  bench.run();
  const auto texts = bench.observer.all(Kind::Text);
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[1].text, "ab");
  EXPECT_EQ(texts[1].delta, "b");
  EXPECT_FALSE(texts[1].is_replaced);
  EXPECT_EQ(bench.observer.all(Kind::Thinking)[1].text, "hm");
}

TEST(RunDriverTest, ARepeatedCallClearsWhatTheFailedOneSaid) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(true, {"wrong"}));
  bench.submit(bench.job("r1"));
  bench.run();
  const auto retries = bench.observer.all(Kind::Retry);
  ASSERT_EQ(retries.size(), 1U);
  EXPECT_EQ(retries[0].wait, Millis{2'000});
  bench.loop.advance(Millis{1'999});
  EXPECT_EQ(bench.models.calls.size(), 1U);
  bench.loop.advance(Millis{1});
  const auto texts = bench.observer.all(Kind::Text);
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_TRUE(texts[1].is_replaced);
  EXPECT_EQ(texts[1].text, "");
  EXPECT_EQ(texts[2].text, "re: text of r1");
  EXPECT_EQ(bench.observer.all(Kind::Ended)[0].end.text, "re: text of r1");
  EXPECT_EQ(bench.observer.all(Kind::Ended)[0].end.error, "");
}

TEST(RunDriverTest, ARepeatedCallThatHadSaidNothingClearsNothing) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(true));
  bench.submit(bench.job("r1"));
  bench.loop.advance(Millis{2'000});
  EXPECT_EQ(bench.observer.all(Kind::Text).size(), 1U);
}

TEST(RunDriverTest, AServerThatNamesALongerWaitIsGivenIt) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(true, {}, Millis{10'000}));
  bench.submit(bench.job("r1"));
  bench.loop.advance(Millis{9'999});
  EXPECT_EQ(bench.observer.all(Kind::Retry)[0].wait, Millis{10'000});
  EXPECT_EQ(bench.models.calls.size(), 1U);
  bench.loop.advance(Millis{1});
  EXPECT_EQ(bench.models.calls.size(), 2U);
}

TEST(RunDriverTest, AFailureThatCannotBeRepeatedFailsTheRun) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(false, {"half"}));
  bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_EQ(bench.state_of("r1"), JobState::Failed);
  EXPECT_TRUE(bench.observer.all(Kind::Retry).empty());
  const auto ended = bench.observer.all(Kind::Ended);
  EXPECT_EQ(ended[0].end.error, "the model server said no");
  EXPECT_EQ(ended[0].end.stop_reason, "error");
  EXPECT_EQ(json::text_or(ended[0].end.message->body, "errorMessage"), "the model server said no");
  EXPECT_EQ(bench.disk->steps[0].state, "failed");
}

TEST(RunDriverTest, TheLastOfFourFailedCallsFailsTheRun) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return failing(true); };
  bench.submit(bench.job("r1"));
  bench.loop.advance(Millis{60'000});
  EXPECT_EQ(bench.models.calls.size(), 4U);
  EXPECT_EQ(bench.observer.all(Kind::Retry).size(), 3U);
  EXPECT_EQ(bench.state_of("r1"), JobState::Failed);
  ASSERT_EQ(bench.disk->steps.size(), 4U);
  EXPECT_EQ(bench.disk->steps[3].step.number, 4);
}

TEST(RunDriverTest, ToolCallsAreAnsweredAndRecordedInOrder) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(
      calling_tools({{"c1", "look", R"({"at":1})"}, {"c2", "shell", "not json"}}, "let me see"));
  bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_EQ(bench.roles_of("r1"), (Ids{"user", "assistant", "toolResult", "toolResult", "assistant"}));
  const auto rows = bench.disk->rows_of("r1");
  EXPECT_EQ(json::text_or(rows[2].body, "toolCallId"), "c1");
  EXPECT_EQ(json::text_or(rows[3].body, "toolCallId"), "c2");
  EXPECT_TRUE(json::bool_or(rows[3].body, "isError", false));

  ASSERT_EQ(bench.models.calls.size(), 2U);
  const auto& messages = bench.models.calls[1]->request.messages;
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[1].role, Role::Assistant);
  EXPECT_EQ(messages[1].tool_calls.size(), 2U);
  EXPECT_EQ(messages[2].role, Role::Tool);
  EXPECT_EQ(messages[2].tool_call_id, "c1");
  EXPECT_TRUE(messages[3].text.contains("`shell` is not available"));
}

TEST(RunDriverTest, EveryAnsweredCallIsCountedAndAFailedOneIsNot) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  ModelReply first = calling_tools({{"c1", "look", "{}"}});
  first.answer->usage = {.input = 3, .output = 4, .cache_read = 1, .cache_write = 2, .total = 10};
  bench.models.then(first);
  bench.models.then(failing(true));
  ModelReply last = answering("done");
  last.answer->usage = {.input = 20, .output = 5, .total = 25};
  bench.models.then(last);
  bench.submit(bench.job("r1"));
  bench.run();
  bench.loop.advance(Millis{10'000});
  ASSERT_EQ(bench.state_of("r1"), JobState::Done);
  EXPECT_EQ(bench.disk->calls_used, 2);
  EXPECT_EQ(bench.disk->used.input, 23);
  EXPECT_EQ(bench.disk->used.output, 9);
  EXPECT_EQ(bench.disk->used.cache_read, 1);
  EXPECT_EQ(bench.disk->used.cache_write, 2);
  EXPECT_EQ(bench.disk->used.total, 35);
}

TEST(RunDriverTest, ToolRowsThatTheStoreRefusesAreTriedAgainAndRecordedOnce) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(calling_tools({{"c1", "look", "{}"}}));
  bench.store.fail_next(StoreCall::Step);
  bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_EQ(bench.models.calls.size(), 1U);
  EXPECT_EQ(bench.roles_of("r1"), Ids{"user"});
  bench.loop.advance(engine::kStoreRetryWait);
  EXPECT_EQ(bench.models.calls.size(), 2U);
  EXPECT_EQ(bench.roles_of("r1"), (Ids{"user", "assistant", "toolResult", "assistant"}));
}

TEST(RunDriverTest, AModelThatAsksForToolsForEverFailsTheRun) {
  EngineBench bench({.run = {.tool_rounds_max = 2}});
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return calling_tools({{"c1", "look", "{}"}}); };
  bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_EQ(bench.models.calls.size(), 2U);
  EXPECT_EQ(bench.state_of("r1"), JobState::Failed);
  EXPECT_NE(bench.observer.all(Kind::Ended)[0].end.error, "");
}

TEST(RunDriverTest, APromptIsTheSessionSoFarAndTheMessage) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.submit(bench.job("r1"));
  bench.submit(bench.job("other", "s2"));
  bench.submit(bench.job("r2"));
  bench.run();
  EXPECT_EQ(prompt_texts(bench.models.calls.back()->request),
            (Ids{"text of r1", "re: text of r1", "text of r2"}));
}

TEST(RunDriverTest, ASecondAttemptDoesNotSeeWhatTheFirstOneAppended) {
  EngineBench old;
  ASSERT_TRUE(old.start());
  old.models.then(calling_tools({{"c1", "look", "{}"}}));
  old.models.then(hanging());
  old.submit(old.job("r1"));
  old.run();
  old.engine.cut();
  EngineBench successor({}, old.disk, "gen-2");
  ASSERT_TRUE(successor.start());
  EXPECT_EQ(prompt_texts(successor.models.calls[0]->request), Ids{"text of r1"});
}

TEST(RunDriverTest, TheTimeLimitEndsARunWithItsPartialText) {
  EngineBench bench({.run = {.timeout = Millis{500}}});
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging({"part"}));
  bench.submit(bench.job("r1"));
  bench.loop.advance(Millis{500});
  EXPECT_TRUE(bench.models.calls[0]->is_dropped);
  const auto ended = bench.observer.all(Kind::Ended);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].end.ending, run::Ending::TimedOut);
  EXPECT_EQ(ended[0].end.text, "part");
  EXPECT_EQ(ended[0].end.stop_reason, "timeout");
  EXPECT_EQ(bench.state_of("r1"), JobState::Aborted);
}

TEST(RunDriverTest, AnAbortWhileItWaitsForARetryEndsTheRunWithoutAnError) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(true, {"half"}));
  bench.submit(bench.job("r1"));
  bench.run();
  const auto answer = bench.abort("s1");
  bench.run();
  EXPECT_EQ((*answer)->value(), Ids{"r1"});
  bench.loop.advance(Millis{10'000});
  EXPECT_EQ(bench.models.calls.size(), 1U);
  const auto end = bench.observer.all(Kind::Ended).at(0).end;
  EXPECT_EQ(end.ending, run::Ending::Aborted);
  EXPECT_EQ(end.text, "half");
  EXPECT_EQ(end.stop_reason, "rpc");
  EXPECT_EQ(end.error, "");
  EXPECT_FALSE(end.message->body.contains("errorMessage"));
}

TEST(RunDriverTest, TheTimeLimitWhileItWaitsForARetryIsNotAnError) {
  EngineBench bench({.run = {.timeout = Millis{1'000}}});
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(true));
  bench.submit(bench.job("r1"));
  bench.loop.advance(Millis{1'000});
  const auto end = bench.observer.all(Kind::Ended).at(0).end;
  EXPECT_EQ(end.ending, run::Ending::TimedOut);
  EXPECT_EQ(end.error, "");
}

}  // namespace
}  // namespace gw::test
