#include "rpc/connect_params.hpp"

#include <gtest/gtest.h>

namespace gw::rpc {
namespace {

json::Value parsed(std::string_view text) { return *json::parse(text); }

constexpr std::string_view kMinimal =
    R"({"minProtocol":4,"maxProtocol":4,"client":{"id":"cli","version":"1","platform":"linux","mode":"cli"}})";

std::string problem_of(const json::Value& params) {
  const auto read = read_connect_params(params);
  return read ? "accepted" : read.error().message;
}

/// The minimal parameters with one member of `where` (empty: the root) set to JSON text, or removed by "".
std::string problem_with(std::string_view where, std::string_view key, std::string_view text) {
  json::Value params = parsed(kMinimal);
  json::Object* target = &params.get_object();
  if (!where.empty()) {
    if (!target->contains(where)) (*target)[where] = json::Object{};
    target = &(*target)[where].get_object();
  }
  if (text.empty()) {
    target->erase(key);
  } else {
    (*target)[key] = parsed(text);
  }
  return problem_of(params);
}

TEST(ConnectParamsTest, ReadsTheSmallestConnectWithDefaults) {
  const auto read = read_connect_params(parsed(kMinimal));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->min_protocol, 4);
  EXPECT_EQ(read->role, "operator");
  EXPECT_TRUE(read->scopes.empty());
  EXPECT_FALSE(read->device.has_value());
  EXPECT_FALSE(read->auth.token.has_value());
}

TEST(ConnectParamsTest, ReadsEveryFieldOfBothGenerations) {
  const auto read = read_connect_params(parsed(R"({
    "minProtocol":3,"maxProtocol":4,
    "client":{"id":"openclaw-linux","displayName":"Desk","version":"9","platform":"linux","deviceFamily":"Linux",
              "modelIdentifier":"m","mode":"node","instanceId":"i","buildId":"b","timeZone":"Europe/Berlin"},
    "caps":["tool-events","later"],"commands":["screen"],"permissions":{"camera":true},"pathEnv":"","role":"node",
    "scopes":["operator.read"],
    "device":{"id":"d","publicKey":"k","signature":"s","signedAt":5,"nonce":"n"},
    "auth":{"token":"t","bootstrapToken":"b","deviceToken":"d","password":"","approvalRuntimeToken":"x",
            "agentRuntimeIdentityToken":"y"},
    "locale":"de","userAgent":"ua","computerUse":{"any":1},"workerRuns":{},"modelCatalog":{"agentId":"main"}})"));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->client.display_name, "Desk");
  EXPECT_EQ(read->client.device_family, "Linux");
  EXPECT_EQ(read->client.model_identifier, "m");
  EXPECT_EQ(read->client.instance_id, "i");
  EXPECT_EQ(read->client.build_id, "b");
  EXPECT_EQ(read->client.time_zone, "Europe/Berlin");
  EXPECT_EQ(read->caps, (std::vector<std::string>{"tool-events", "later"}));
  EXPECT_EQ(read->commands, (std::vector<std::string>{"screen"}));
  EXPECT_EQ(read->permissions.front(), std::pair(std::string("camera"), true));
  EXPECT_EQ(read->role, "node");
  EXPECT_EQ(read->scopes.front(), "operator.read");
  EXPECT_EQ(read->device->signed_at.value, 5);
  EXPECT_EQ(read->auth.token->reveal(), "t");
  EXPECT_EQ(read->auth.bootstrap_token->reveal(), "b");
  EXPECT_EQ(read->auth.device_token->reveal(), "d");
  EXPECT_TRUE(read->auth.password->empty());
  EXPECT_EQ(read->locale, "de");
  EXPECT_EQ(read->user_agent, "ua");
}

TEST(ConnectParamsTest, AcceptsEveryClientIdAndMode) {
  for (const char* id : {"webchat-ui", "openclaw-control-ui", "openclaw-tui", "webchat", "cli",
                         "gateway-client", "openclaw-macos", "openclaw-ios", "openclaw-android", "node-host",
                         "test", "fingerprint", "openclaw-probe", "openclaw-browser-copilot",
                         "openclaw-linux", "openclaw-watchos", "openclaw-worker"}) {
    EXPECT_EQ(problem_with("client", "id", '"' + std::string(id) + '"'), "accepted") << id;
  }
  for (const char* mode : {"webchat", "cli", "ui", "backend", "node", "probe", "test", "worker"}) {
    EXPECT_EQ(problem_with("client", "mode", '"' + std::string(mode) + '"'), "accepted") << mode;
  }
}

struct BadCase {
  std::string_view where;
  std::string_view key;
  std::string_view text;
  std::string_view problem;
};

TEST(ConnectParamsTest, SaysWhatIsWrongInTheWordsThatClientsKnow) {
  constexpr BadCase kCases[] = {
      {"", "minProtocol", "", "must have required property 'minProtocol'"},
      {"", "maxProtocol", "0", "at /maxProtocol: must be >= 1"},
      {"", "maxProtocol", "\"4\"", "at /maxProtocol: must be integer"},
      {"", "maxProtocol", "4.5", "at /maxProtocol: must be integer"},
      {"", "client", "", "must have required property 'client'"},
      {"", "client", "7", "at /client: must be object"},
      {"", "extra", "1", "at root: unexpected property 'extra'"},
      {"", "role", "\"\"", "at /role: must NOT have fewer than 1 characters"},
      {"", "scopes", "\"operator.read\"", "at /scopes: must be array"},
      {"", "scopes", "[1]", "at /scopes/0: must be string"},
      {"", "scopes", "[\"a\",\"\"]", "at /scopes/1: must NOT have fewer than 1 characters"},
      {"", "permissions", "{\"camera\":1}", "at /permissions/camera: must be boolean"},
      {"", "permissions", "[]", "at /permissions: must be object"},
      {"", "locale", "7", "at /locale: must be string"},
      {"client", "id", "", "at /client: must have required property 'id'"},
      {"client", "id", "\"nobody\"",
       "at /client/id: must be equal to constant; at /client/id: must match a schema in anyOf"},
      {"client", "mode", "\"batch\"",
       "at /client/mode: must be equal to constant; at /client/mode: must match a schema in anyOf"},
      {"client", "version", "\"\"", "at /client/version: must NOT have fewer than 1 characters"},
      {"client", "displayName", "\"\"", "at /client/displayName: must NOT have fewer than 1 characters"},
      {"client", "platform", "true", "at /client/platform: must be string"},
      {"client", "colour", "1", "at /client: unexpected property 'colour'"},
      {"auth", "token", "5", "at /auth/token: must be string"},
      {"auth", "cookie", "\"c\"", "at /auth: unexpected property 'cookie'"},
      {"", "auth", "[]", "at /auth: must be object"},
      {"", "device", "\"d\"", "at /device: must be object"},
      {"", "device", R"({"id":"i","publicKey":"k","signature":"s","nonce":"n"})",
       "at /device: must have required property 'signedAt'"},
      {"", "device", R"({"id":"i","publicKey":"k","signature":"s","signedAt":-1,"nonce":"n"})",
       "at /device/signedAt: must be >= 0"},
  };
  for (const BadCase& one : kCases) EXPECT_EQ(problem_with(one.where, one.key, one.text), one.problem);
}

TEST(ConnectParamsTest, BoundsTextsAndLists) {
  const auto quoted = [](std::size_t length) { return '"' + std::string(length, 'x') + '"'; };
  EXPECT_EQ(problem_with("client", "version", quoted(512)), "accepted");
  EXPECT_EQ(problem_with("client", "version", quoted(513)),
            "at /client/version: must NOT have more than 512 characters");
  EXPECT_EQ(problem_with("client", "displayName", quoted(513)),
            "at /client/displayName: must NOT have more than 512 characters");
  EXPECT_EQ(problem_with("client", "buildId", quoted(97)),
            "at /client/buildId: must NOT have more than 96 characters");
  EXPECT_EQ(problem_with("client", "timeZone", quoted(65)),
            "at /client/timeZone: must NOT have more than 64 characters");
  EXPECT_EQ(problem_with("auth", "token", quoted(4'097)),
            "at /auth/token: must NOT have more than 4096 characters");
  EXPECT_EQ(problem_with("", "scopes", "[" + quoted(513) + "]"),
            "at /scopes/0: must NOT have more than 512 characters");

  json::Array many(65, json::Value("operator.read"));
  EXPECT_EQ(problem_with("", "scopes", json::serialize(many)),
            "at /scopes: must NOT have more than 64 items");
  json::Array caps(513, json::Value("c"));
  EXPECT_EQ(problem_with("", "caps", json::serialize(caps)), "at /caps: must NOT have more than 512 items");
  json::Object permissions;
  for (int i = 0; i < 513; ++i) permissions.emplace("p" + std::to_string(i), true);
  EXPECT_EQ(problem_with("", "permissions", json::serialize(permissions)),
            "at /permissions: must NOT have more than 512 properties");
}

TEST(ConnectParamsTest, RefusesParametersThatAreNoObject) {
  EXPECT_TRUE(problem_of(parsed("[]")).starts_with("at root: must be object"));
  EXPECT_TRUE(problem_of(nullptr).contains("must have required property 'client'"));
}

}  // namespace
}  // namespace gw::rpc
