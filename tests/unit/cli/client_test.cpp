#include "cli/client.hpp"

#include <gtest/gtest.h>

#include "cli/connect_params.hpp"
#include "crypto/base64.hpp"
#include "crypto/ed25519.hpp"
#include "platform/clock.hpp"
#include "unit/cli/stub_gateway.hpp"

namespace gw::cli {
namespace {

constexpr Millis kLong{10'000};

Target target_of(const StubGateway& stub) {
  Target target;
  target.url = stub.url();
  target.source = "test";
  target.host = "127.0.0.1";
  target.port = stub.port();
  target.token = Secret("secret-token");
  return target;
}

bool is_connect(const json::Object& request) { return json::text_or(request, "method") == "connect"; }

StubGateway::Reply hello(const json::Object& request) {
  return {.frames = {StubGateway::ok(request, json::Object{{"type", "hello-ok"}, {"protocol", 4}})},
          .close_reason = {}};
}

TEST(ClientTest, ShakesHandsAndCalls) {
  StubGateway stub([](const json::Object& request, int) -> StubGateway::Reply {
    if (is_connect(request)) return hello(request);
    return {
        .frames = {R"({"type":"event","event":"tick"})", StubGateway::ok(request, json::Object{{"x", 1}})},
        .close_reason = {}};
  });
  auto client = Client::connect(target_of(stub), {}, platform::now() + kLong);
  ASSERT_TRUE(client.has_value()) << client.error().message;
  EXPECT_EQ(json::int_or(client->hello(), "protocol", 0), 4);
  const auto answer = client->call("thing", nullptr, platform::now() + kLong);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(json::int_or(answer->get_object(), "x", 0), 1);
  EXPECT_FALSE(stub.requests()[1].contains("params"));
}

TEST(ClientTest, TheSecondOfTwoAnswersIsTheResult) {
  StubGateway stub([](const json::Object& request, int) -> StubGateway::Reply {
    if (is_connect(request)) return hello(request);
    return {.frames = {StubGateway::ok(request, json::Object{{"status", "accepted"}}),
                       StubGateway::ok(request, json::Object{{"status", "ok"}})},
            .close_reason = {}};
  });
  auto client = Client::connect(target_of(stub), {}, platform::now() + kLong);
  ASSERT_TRUE(client.has_value());
  EXPECT_EQ(
      json::text_or(client->call("agent", nullptr, platform::now() + kLong, true)->get_object(), "status"),
      "ok");
}

TEST(ClientTest, ARefusalKeepsCodeTextDetailsAndTheNextStep) {
  StubGateway stub([](const json::Object& request, int) -> StubGateway::Reply {
    return {.frames = {StubGateway::error(request, {{"code", "INVALID_REQUEST"},
                                                    {"message", "unauthorized"},
                                                    {"details", {{"code", "AUTH_TOKEN_MISMATCH"}}}})},
            .close_code = 1008,
            .close_reason = "unauthorized"};
  });
  const auto client = Client::connect(target_of(stub), {}, platform::now() + kLong);
  ASSERT_FALSE(client.has_value());
  const Failure& failure = client.error();
  EXPECT_EQ(failure.kind, Failure::Kind::Request);
  EXPECT_EQ(failure.code, "INVALID_REQUEST");
  EXPECT_FALSE(failure.next_step.empty());
  const json::Object document = to_json(failure);
  EXPECT_EQ(document.at("error").at("type"), "gateway_request_error");
  EXPECT_EQ(document.at("error").at("details").at("code"), "AUTH_TOKEN_MISMATCH");
}

TEST(ClientTest, ACloseIsATransportFailureWithItsReason) {
  StubGateway stub([](const json::Object& request, int) -> StubGateway::Reply {
    if (is_connect(request)) return hello(request);
    return {.frames = {}, .close_code = 1012, .close_reason = "service restart"};
  });
  auto client = Client::connect(target_of(stub), {}, platform::now() + kLong);
  ASSERT_TRUE(client.has_value());
  const auto answer = client->call("health", nullptr, platform::now() + kLong);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, Failure::Kind::Transport);
  EXPECT_EQ(answer.error().reason, "service restart");
  const json::Object document = to_json(answer.error());
  EXPECT_EQ(document.at("error").at("kind"), "closed");
  EXPECT_EQ(document.at("gateway").at("urlSource"), "test");
}

TEST(ClientTest, SilenceIsATimeout) {
  StubGateway stub([](const json::Object&, int) { return StubGateway::Reply{}; });
  const auto client = Client::connect(target_of(stub), {}, platform::now() + Millis{30});
  ASSERT_FALSE(client.has_value());
  EXPECT_TRUE(client.error().is_timeout);
  EXPECT_EQ(to_json(client.error()).at("error").at("kind"), "timeout");
}

TEST(ClientTest, NobodyThereIsSaidWithTheAddress) {
  Target target;
  {
    StubGateway stub([](const json::Object&, int) { return StubGateway::Reply{}; });
    target = target_of(stub);
  }
  const auto client = Client::connect(target, {}, platform::now() + kLong);
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().kind, Failure::Kind::Transport);
  EXPECT_EQ(client.error().url, target.url);
}

TEST(ConnectParamsTest, TheDeviceProofIsTheSignatureOfTheDocumentedText) {
  const auto key = crypto::key_pair_of(std::string(32, '\x07'));
  Identity identity;
  identity.scopes = {"operator.read", "operator.write"};
  identity.device = config::DeviceIdentity{crypto::device_id(key->public_key), *key};
  Target target;
  target.token = Secret("secret-token");
  const auto params = connect_params(target, identity, "nonce-1", UnixMillis{1'737'264'000'000});
  ASSERT_TRUE(params.has_value());
  const json::Object& device = params->at("device").get_object();
  const std::string expected =
      "v3|" + identity.device->device_id +
      "|cli|cli|operator|operator.read,operator.write|1737264000000|secret-token|nonce-1|"
      "linux|";
  const auto signature = crypto::decode_base64(json::text_or(device, "signature"));
  ASSERT_TRUE(signature.has_value());
  EXPECT_TRUE(crypto::verify(key->public_key, expected, *signature));
  EXPECT_EQ(json::text_or(device, "nonce"), "nonce-1");
}

TEST(ConnectParamsTest, AMethodGetsItsLeastScope) {
  EXPECT_EQ(scopes_for("health"), std::vector<std::string>{"operator.read"});
  EXPECT_EQ(scopes_for("agent"), std::vector<std::string>{"operator.write"});
  EXPECT_EQ(scopes_for("gateway.restart.request"), std::vector<std::string>{"operator.admin"});
  EXPECT_GT(scopes_for("something.new").size(), 1U);
}

}  // namespace
}  // namespace gw::cli
