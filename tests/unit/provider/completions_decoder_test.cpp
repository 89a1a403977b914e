#include "provider/completions_decoder.hpp"

#include "base/limits.hpp"
#include "unit/provider/recorder.hpp"

namespace gw {
namespace {

class CompletionsDecoderTest : public testing::Test {
 protected:
  // A chunk whose first choice is `choice`.
  void take(const std::string& choice) { take_text(R"({"id":"r1","choices":[)" + choice + "]}"); }
  void take_text(const std::string& chunk) {
    const auto delta = decoder.take_chunk(chunk);
    ASSERT_TRUE(delta) << delta.error().message;
    text += delta->text;
    thinking += delta->thinking;
  }
  ModelFailure refusal(const std::string& chunk) {
    const auto delta = decoder.take_chunk(chunk);
    return delta ? ModelFailure{} : delta.error();
  }

  CompletionsDecoder decoder;
  std::string text;
  std::string thinking;
};

TEST_F(CompletionsDecoderTest, BuildsTextAndThinking) {
  take(R"({"delta":{"role":"assistant","content":""},"finish_reason":null})");
  take(R"({"delta":{"reasoning_content":"hm"}})");
  take(R"({"delta":{"reasoning":"m"}})");
  take(R"({"delta":{"content":"Hel"}})");
  take(R"({"delta":{"content":"lo"}})");
  EXPECT_FALSE(decoder.is_finished());
  take(R"({"delta":{},"finish_reason":"stop"})");
  EXPECT_TRUE(decoder.is_finished());
  const auto answer = decoder.finish(false);
  ASSERT_TRUE(answer);
  EXPECT_EQ(text, "Hello");
  EXPECT_EQ(thinking, "hmm");
  EXPECT_EQ(answer->text, "Hello");
  EXPECT_EQ(answer->thinking, "hmm");
  EXPECT_EQ(answer->stop_reason, "stop");
  EXPECT_EQ(answer->response_id, "r1");
}

TEST_F(CompletionsDecoderTest, BuildsToolCallsByIndex) {
  take(R"({"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"two","arguments":""}}]}})");
  take(R"({"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"one","arguments":"{\"x"}}]}})");
  take(R"({"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"one","arguments":"\":1}"}},)"
       R"({"index":1,"function":{"arguments":"{}"}}]}})");
  take(R"({"delta":{},"finish_reason":"tool_calls"})");
  const auto answer = decoder.finish(true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->stop_reason, "toolUse");
  ASSERT_EQ(answer->tool_calls.size(), 2U);
  EXPECT_EQ(answer->tool_calls[0].id, "a");
  EXPECT_EQ(answer->tool_calls[0].name, "one");
  EXPECT_EQ(answer->tool_calls[0].arguments, R"({"x":1})");
  EXPECT_EQ(answer->tool_calls[1].arguments, "{}");
}

TEST_F(CompletionsDecoderTest, ToolCallsWithoutIndexOrIdAreKeptApart) {
  take(R"({"delta":{"tool_calls":[{"id":"a","function":{"name":"one","arguments":"{}"}},)"
       R"({"id":"b","function":{"name":"two","arguments":"{"}}]}})");
  take(
      R"({"delta":{"tool_calls":[{"function":{"arguments":"}"}}, 7, {"index":2,"function":{"name":"three"}}]}})");
  take(R"({"delta":{},"finish_reason":"stop"})");
  const auto answer = decoder.finish(true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->stop_reason, "toolUse");
  ASSERT_EQ(answer->tool_calls.size(), 3U);
  EXPECT_EQ(answer->tool_calls[1].arguments, "{}");
  EXPECT_EQ(answer->tool_calls[2].name, "three");
  EXPECT_FALSE(answer->tool_calls[2].id.empty());
}

TEST_F(CompletionsDecoderTest, ATokenLimitIsTold) {
  take(R"({"delta":{"content":"Once upon"},"finish_reason":"length"})");
  EXPECT_EQ(decoder.finish(true)->stop_reason, "length");
}

TEST_F(CompletionsDecoderTest, ATokenLimitInsideAToolCallIsNoToolUse) {
  take(R"({"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"one","arguments":"{\"x"}}]}})");
  take(R"({"delta":{},"finish_reason":"length"})");
  EXPECT_EQ(decoder.finish(true)->stop_reason, "length");
}

TEST_F(CompletionsDecoderTest, ReadsUsage) {
  take(R"({"delta":{"content":"a"},"finish_reason":"stop"})");
  take_text(R"({"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,)"
            R"("prompt_tokens_details":{"cached_tokens":64}}})");
  take_text(R"({"choices":[],"timings":{"prompt_n":1,"predicted_n":1}})");
  const auto answer = decoder.finish(true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->usage.input, 36);
  EXPECT_EQ(answer->usage.cache_read, 64);
  EXPECT_EQ(answer->usage.output, 20);
  EXPECT_EQ(answer->usage.total, 120);
}

TEST_F(CompletionsDecoderTest, ReadsTimingsWhenThereIsNoUsage) {
  take_text(R"({"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}],"usage":null,)"
            R"("timings":{"prompt_n":30,"predicted_n":5}})");
  const auto answer = decoder.finish(true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->usage.input, 30);
  EXPECT_EQ(answer->usage.output, 5);
  EXPECT_EQ(answer->usage.total, 35);
}

TEST_F(CompletionsDecoderTest, AStreamCutBeforeTheEndMayBeTriedAgain) {
  take(R"({"delta":{"content":"half"}})");
  const auto answer = decoder.finish(false);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, "server_error");
  EXPECT_TRUE(answer.error().is_retryable);
  EXPECT_EQ(answer.error().message, "the model server closed the stream early");
}

TEST_F(CompletionsDecoderTest, AStreamThatEndsWithoutAReasonIsAnswered) {
  take(R"({"delta":{"content":"all"}})");
  EXPECT_EQ(decoder.finish(true)->stop_reason, "stop");
}

TEST_F(CompletionsDecoderTest, AnEmptyAnswerMayBeTriedAgain) {
  take(R"({"delta":{"reasoning_content":"hm"},"finish_reason":"stop"})");
  const auto answer = decoder.finish(true);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, "empty_response");
  EXPECT_TRUE(answer.error().is_retryable);
}

TEST_F(CompletionsDecoderTest, AnAnswerThatIsAllReasoningIsNotTriedAgain) {
  take(R"({"delta":{"reasoning_content":"hm"},"finish_reason":"length"})");
  const auto answer = decoder.finish(true);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, "empty_response");
  EXPECT_FALSE(answer.error().is_retryable);
}

TEST_F(CompletionsDecoderTest, ReadsAWholeAnswer) {
  const auto delta = decoder.take_whole(
      R"({"id":"r","choices":[{"message":{"role":"assistant","content":"Hello","reasoning_content":"hm",)"
      R"("tool_calls":[{"id":"a","type":"function","function":{"name":"one","arguments":"{}"}}]},)"
      R"("finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})");
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->text, "Hello");
  EXPECT_EQ(delta->thinking, "hm");
  const auto answer = decoder.finish(true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->tool_calls.front().name, "one");
  EXPECT_EQ(answer->usage.total, 3);
}

TEST_F(CompletionsDecoderTest, AWholeAnswerWithoutChoicesIsRefused) {
  const auto delta = decoder.take_whole(R"({"status":"fine"})");
  ASSERT_FALSE(delta);
  EXPECT_EQ(delta.error().kind, "format");
}

TEST_F(CompletionsDecoderTest, WhatIsNotAJsonObjectIsAFailure) {
  for (const char* chunk : {"", "[]", "{", "nonsense", "\"\xFF\""}) {
    EXPECT_EQ(refusal(chunk).kind, "server_error") << chunk;
    EXPECT_FALSE(CompletionsDecoder().take_whole(chunk)) << chunk;
  }
}

TEST_F(CompletionsDecoderTest, OddChunksAreOnlyIgnored) {
  for (const char* chunk :
       {"{}", R"({"choices":null})", R"({"choices":[]})", R"({"choices":[1]})",
        R"({"choices":[{"delta":null,"finish_reason":null}],"error":null})",
        R"({"choices":[{"delta":{"content":["a"],"tool_calls":{}}}],"usage":3,"timings":[]})"}) {
    take_text(chunk);
  }
  EXPECT_EQ(text, "");
}

TEST_F(CompletionsDecoderTest, AnErrorInsideTheStreamIsAFailure) {
  const ModelFailure plain = refusal(R"({"error":{"message":"no memory left","type":"server_error"}})");
  EXPECT_EQ(plain.kind, "server_error");
  EXPECT_TRUE(plain.is_retryable);
  EXPECT_NE(plain.message.find("no memory left"), std::string::npos);
  EXPECT_EQ(refusal(R"({"error":{"message":"slow down","code":429}})").kind, "rate_limit");
  EXPECT_EQ(refusal(R"({"error":{"message":"slow down","code":"401"}})").kind, "auth");
  const ModelFailure too_long = refusal(R"({"error":"the request exceeds the available context size"})");
  EXPECT_EQ(too_long.kind, "context_length");
  EXPECT_FALSE(too_long.is_retryable);
}

TEST_F(CompletionsDecoderTest, TextThinkingAndToolCallsAreBounded) {
  const std::string piece(1'048'576, 'x');
  for (const char* key : {"content", "reasoning_content"}) {
    decoder = {};
    const std::string chunk = R"({"choices":[{"delta":{")" + std::string(key) + R"(":")" + piece + R"("}}]})";
    for (std::size_t taken = 0; taken < limits::kAnswerBytesMax; taken += piece.size()) take_text(chunk);
    const ModelFailure failure = refusal(chunk);
    EXPECT_EQ(failure.kind, "format") << key;
    EXPECT_FALSE(failure.is_retryable);
  }
  decoder = {};
  const std::string call =
      R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":")" + piece + R"("}}]}}]})";
  take_text(call);
  EXPECT_EQ(refusal(call).kind, "format");
}

TEST_F(CompletionsDecoderTest, TheNumberOfToolCallsIsBounded) {
  for (std::size_t i = 0; i < kToolCallsMax; ++i) take(R"({"delta":{"tool_calls":[{"id":"a"}]}})");
  EXPECT_EQ(refusal(R"({"choices":[{"delta":{"tool_calls":[{"id":"a"}]}}]})").kind, "format");
  EXPECT_EQ(refusal(R"({"choices":[{"delta":{"tool_calls":[{"index":9223372036854775807}]}}]})").kind,
            "format");
}

}  // namespace
}  // namespace gw
