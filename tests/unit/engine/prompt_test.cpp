#include "engine/prompt.hpp"

#include <gtest/gtest.h>

namespace gw::engine {
namespace {

using Role = ModelMessage::Role;

Message row(const char* body) { return {.body = json::parse(body)->as_object()}; }

TEST(PromptTest, RolesAndTextBecomeMessages) {
  const auto prompt = prompt_of({row(R"({"role":"user","content":[{"type":"text","text":"one "},
                                      {"type":"image","text":"no"},{"type":"text","text":"two"}]})"),
                                 row(R"({"role":"assistant","content":"plain"})")});
  ASSERT_EQ(prompt.size(), 2U);
  EXPECT_EQ(prompt[0].role, Role::User);
  EXPECT_EQ(prompt[0].text, "one two");
  EXPECT_EQ(prompt[1].role, Role::Assistant);
  EXPECT_EQ(prompt[1].text, "plain");
}

TEST(PromptTest, ThoughtsAndAnswersWithoutTextAreLeftOut) {
  const auto prompt =
      prompt_of({row(R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm"}]})"),
                 row(R"({"role":"assistant","content":[]})"), row(R"({"role":"assistant"})"),
                 row(R"({"role":"summary","content":"x"})"), row("{}")});
  EXPECT_TRUE(prompt.empty());
}

TEST(PromptTest, AToolCallIsFollowedByItsResult) {
  const auto prompt = prompt_of(
      {row(R"({"role":"assistant","content":[{"type":"toolCall","id":"c1","name":"look","arguments":{"a":1}},
              {"type":"toolCall","id":"c2","name":"look"}]})"),
       row(R"({"role":"toolResult","toolCallId":"c1","content":[{"type":"text","text":"seen"}]})"),
       row(R"({"role":"toolResult","toolCallId":"c2","content":"too"})")});
  ASSERT_EQ(prompt.size(), 3U);
  ASSERT_EQ(prompt[0].tool_calls.size(), 2U);
  EXPECT_EQ(prompt[0].tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(prompt[0].tool_calls[1].arguments, "{}");
  EXPECT_EQ(prompt[1].role, Role::Tool);
  EXPECT_EQ(prompt[1].tool_call_id, "c1");
  EXPECT_EQ(prompt[1].text, "seen");
}

TEST(PromptTest, AResultWhoseCallIsNotInTheWindowIsLeftOut) {
  EXPECT_TRUE(prompt_of({row(R"({"role":"toolResult","toolCallId":"c1","content":"seen"})")}).empty());
}

TEST(PromptTest, ACallThatWasNeverAnsweredIsLeftOut) {
  const auto prompt = prompt_of(
      {row(R"({"role":"assistant","content":[{"type":"toolCall","id":"c1","name":"look","arguments":{}}]})"),
       row(R"({"role":"assistant","content":[{"type":"text","text":"wait"},
              {"type":"toolCall","id":"c2","name":"look","arguments":{}}]})"),
       row(R"({"role":"user","content":"go on"})")});
  ASSERT_EQ(prompt.size(), 2U);
  EXPECT_EQ(prompt[0].text, "wait");
  EXPECT_TRUE(prompt[0].tool_calls.empty());
  EXPECT_EQ(prompt[1].role, Role::User);
}

}  // namespace
}  // namespace gw::engine
