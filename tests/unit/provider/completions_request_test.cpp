#include "provider/completions_request.hpp"

#include "json/value.hpp"
#include "unit/provider/recorder.hpp"

namespace gw {
namespace {

using test::said;
using Role = ModelMessage::Role;

TEST(CompletionsRequestTest, AsksForAStreamWithUsage) {
  EXPECT_EQ(completions_body(test::request("p", "m"), 4096),
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],)"
            R"("stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":4096})");
}

TEST(CompletionsRequestTest, SaysNothingAboutAnUnknownTokenLimit) {
  EXPECT_EQ(completions_body(test::request("p", "m"), 0).find("max_completion_tokens"), std::string::npos);
}

TEST(CompletionsRequestTest, WritesEveryRole) {
  ModelRequest request{
      "p", "m", {said(Role::System, "be brief"), said(Role::User, "hi"), said(Role::Assistant, "yes")}};
  ModelMessage calling = said(Role::Assistant, "");
  calling.tool_calls = {{"call_fake_69", "read", R"({"path":"a"})"}, {"c2", "now", ""}};
  request.messages.push_back(calling);
  ModelMessage result = said(Role::Tool, "text");
  result.tool_call_id = "call_fake_69";
  request.messages.push_back(result);
  const auto body = json::parse(completions_body(request, 0));
  ASSERT_TRUE(body);
  EXPECT_EQ(
      json::serialize(body->at("messages")),
      R"([{"role":"system","content":"be brief"},)"
      R"({"role":"user","content":[{"type":"text","text":"hi"}]},)"
      R"({"role":"assistant","content":"yes"},)"
      R"({"role":"assistant","content":null,"tool_calls":[)"
      R"({"id":"callfake69","type":"function","function":{"name":"read","arguments":"{\"path\":\"a\"}"}},)"
      R"({"id":"c2","type":"function","function":{"name":"now","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"callfake69","content":"text"}])");
}

TEST(CompletionsRequestTest, KeepsTextBesideToolCalls) {
  ModelMessage calling = said(Role::Assistant, "let me see");
  calling.tool_calls = {{"c", "now", "{}"}};
  const std::string body = completions_body({"p", "m", {calling}}, 0);
  EXPECT_NE(body.find(R"("content":"let me see","tool_calls")"), std::string::npos) << body;
}

TEST(CompletionsRequestTest, ACallIdIsNeverEmpty) {
  EXPECT_EQ(plain_call_id("call_fake-69"), "callfake69");
  EXPECT_EQ(plain_call_id("___"), "call");
}

}  // namespace
}  // namespace gw
