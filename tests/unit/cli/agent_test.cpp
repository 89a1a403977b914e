#include "unit/cli/program_fixture.hpp"
#include "unit/cli/stub_gateway.hpp"

namespace gw::cli {
namespace {

json::Object final_answer() {
  return {{"runId", "x"},
          {"status", "ok"},
          {"result", {{"payloads", json::Array{{{"text", "hello"}}, {{"text", "world"}}}}}}};
}

bool is_connect(const json::Object& request) { return json::text_or(request, "method") == "connect"; }

StubGateway::Reply reply(const json::Object& request, const json::Object& payload) {
  return {.frames = {StubGateway::ok(request, payload)}, .close_reason = {}};
}

class AgentTest : public ProgramTest {
 protected:
  int ask(const StubGateway& stub, std::vector<std::string> more = {}) {
    std::vector<std::string> words{
        "agent", "--session-id", "s1", "--message", "hi", "--port", std::to_string(stub.port())};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
};

TEST_F(AgentTest, PrintsTheTextOfTheFinalAnswer) {
  StubGateway stub([](const json::Object& request, int) -> StubGateway::Reply {
    if (is_connect(request)) return reply(request, {});
    return {.frames = {StubGateway::ok(request, json::Object{{"status", "accepted"}}),
                       StubGateway::ok(request, final_answer())},
            .close_reason = {}};
  });
  EXPECT_EQ(ask(stub), 0);
  EXPECT_EQ(out_, "hello\nworld\n");
  const json::Object params = stub.requests()[1].at("params").get_object();
  EXPECT_EQ(params.at("sessionKey"), "agent:main:explicit:s1");
  EXPECT_EQ(params.at("deliver"), false);
}

TEST_F(AgentTest, AsksAgainWithTheSameKeyAfterARestartAndACut) {
  StubGateway stub([](const json::Object& request, int connection) -> StubGateway::Reply {
    if (is_connect(request)) return reply(request, {});
    const std::string accepted = StubGateway::ok(request, json::Object{{"status", "accepted"}});
    if (connection == 1) return {.frames = {accepted}, .close_code = 1012, .close_reason = "service restart"};
    if (connection == 2) return {.frames = {accepted}, .close_reason = {}, .is_cut = true};
    return reply(request, final_answer());
  });
  EXPECT_EQ(ask(stub, {"--json"}), 0);
  EXPECT_EQ(document().at("status"), "ok");
  std::vector<std::string> keys;
  for (const json::Object& request : stub.requests()) {
    if (!is_connect(request))
      keys.emplace_back(json::text_or(request.at("params").get_object(), "idempotencyKey"));
  }
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_EQ(keys[0], keys[1]);
  EXPECT_EQ(keys[0], keys[2]);
}

TEST_F(AgentTest, AskAgainWhenTheGatewayIsBusyButNotWhenItRefuses) {
  StubGateway busy([](const json::Object& request, int connection) -> StubGateway::Reply {
    if (is_connect(request)) return reply(request, {});
    if (connection > 1) return reply(request, final_answer());
    return {.frames = {StubGateway::error(
                request, {{"code", "UNAVAILABLE"}, {"message", "later"}, {"retryable", true}})},
            .close_reason = {}};
  });
  EXPECT_EQ(ask(busy), 0);
  StubGateway refusing([](const json::Object& request, int) -> StubGateway::Reply {
    if (is_connect(request)) return reply(request, {});
    return {.frames = {StubGateway::error(request, {{"code", "INVALID_REQUEST"}, {"message", "no"}})},
            .close_reason = {}};
  });
  EXPECT_EQ(ask(refusing), 1);
  EXPECT_EQ(refusing.requests().size(), 2U);
}

TEST_F(AgentTest, AGatewayThatWasNeverThereIsReportedAtOnce) {
  EXPECT_EQ(run({"agent", "--session-id", "s", "--message", "m", "--port", "1", "--json"}), 1);
  EXPECT_EQ(document().at("error").at("type"), "gateway_transport_error");
}

TEST_F(AgentTest, WhatIsMissingIsNamed) {
  EXPECT_EQ(run({"agent", "--session-id", "s"}), 1);
  EXPECT_NE(err_.find("--message"), std::string::npos);
  EXPECT_EQ(run({"agent", "--message", "m"}), 1);
  EXPECT_NE(err_.find("--session-id"), std::string::npos);
  EXPECT_EQ(run({"agent", "--session-id", "s", "--message", "m", "--timeout", "x"}), 1);
}

}  // namespace
}  // namespace gw::cli
