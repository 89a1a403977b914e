#include "cli/target.hpp"

#include <map>

#include <gtest/gtest.h>

namespace gw::cli {
namespace {

TargetInput input(std::map<std::string, std::string> environment = {}) {
  TargetInput result;
  result.environment = [environment](const std::string& name) -> std::optional<std::string> {
    const auto at = environment.find(name);
    return at == environment.end() ? std::nullopt : std::optional(at->second);
  };
  return result;
}

void set_remote(TargetInput& in, json::Object remote) {
  in.config.mode = "remote";
  in.config.source = json::Object{{"gateway", {{"remote", std::move(remote)}}}};
}

void set_token(TargetInput& in, std::string_view token) {
  in.config.source = json::Object{{"gateway", {{"auth", {{"token", token}}}}}};
}

std::string problem(const TargetInput& in) {
  const auto target = resolve_target(in);
  EXPECT_FALSE(target.has_value());
  return target ? "" : target.error().message;
}

TEST(TargetTest, TheRunningGatewayOfTheStateDirectoryIsTheDefault) {
  TargetInput in = input();
  EXPECT_EQ(resolve_target(in)->url, "ws://127.0.0.1:18789");
  in.running_port = 4711;
  EXPECT_EQ(resolve_target(in)->url, "ws://127.0.0.1:4711");
  EXPECT_EQ(resolve_target(in)->source, "local loopback");
}

TEST(TargetTest, APortInTheEnvironmentWinsOverTheRunningOne) {
  TargetInput in = input({{"OPENCLAW_GATEWAY_PORT", "5000"}});
  in.config.port = 5'000;  // As config::load applies it.
  in.running_port = 4711;
  EXPECT_EQ(resolve_target(in)->port, 5'000);
}

TEST(TargetTest, FlagThenEnvironmentThenRemoteConfig) {
  TargetInput in = input({{"OPENCLAW_GATEWAY_URL", "ws://127.0.0.1:2"}});
  set_remote(in, {{"url", "ws://127.0.0.1:3"}});
  EXPECT_EQ(resolve_target(in)->source, "env OPENCLAW_GATEWAY_URL");
  in.port_flag = "1";
  EXPECT_EQ(resolve_target(in)->port, 1);
  in.port_flag.reset();
  in.url_flag = "ws://127.0.0.1:9/path?x";
  in.token_flag = Secret("t");
  EXPECT_EQ(resolve_target(in)->port, 9);
  EXPECT_EQ(resolve_target(in)->path, "/path?x");
  TargetInput remote = input();
  set_remote(remote, {{"url", "ws://127.0.0.1:3"}});
  EXPECT_EQ(resolve_target(remote)->source, "config gateway.remote.url");
}

TEST(TargetTest, UrlAndPortExcludeEachOther) {
  TargetInput in = input();
  in.url_flag = "ws://127.0.0.1:1";
  in.port_flag = "1";
  EXPECT_EQ(problem(in), "Use either --url or --port, not both.");
}

TEST(TargetTest, AUrlFlagNeedsExplicitCredentialsUnlessItIsAProbe) {
  TargetInput in = input();
  set_token(in, "mine");
  in.url_flag = "ws://127.0.0.1:1";
  EXPECT_EQ(problem(in), "gateway url override requires explicit credentials");
  in.is_probe = true;
  const auto target = resolve_target(in);
  ASSERT_TRUE(target.has_value());
  EXPECT_TRUE(target->token.empty()) << "our own token must not go to another host";
}

TEST(TargetTest, BadUrlsAndPortsAreRefused) {
  TargetInput in = input();
  in.token_flag = Secret("t");
  for (const char* url : {"http://127.0.0.1:1", "wss://127.0.0.1:1", "ws://127.0.0.1:0", "ws://127.0.0.1:x",
                          "ws://:1", "ws://example.com:1", "ws://10.0.0.1:1"}) {
    in.url_flag = url;
    EXPECT_FALSE(resolve_target(in).has_value()) << url;
  }
  in.url_flag.reset();
  in.port_flag = "70000";
  EXPECT_EQ(problem(in), "Invalid port");
}

TEST(TargetTest, PlainPrivateHostsNeedPermissionAndPublicOnesNeverGetIt) {
  TargetInput in = input({{"OPENCLAW_ALLOW_INSECURE_PRIVATE_WS", "1"}});
  in.token_flag = Secret("t");
  in.url_flag = "ws://172.16.0.1:1";
  EXPECT_TRUE(resolve_target(in).has_value());
  in.url_flag = "ws://172.32.0.1:1";
  EXPECT_FALSE(resolve_target(in).has_value());
  in.url_flag = "ws://[::1]:1";
  EXPECT_EQ(resolve_target(in)->host, "::1");
}

TEST(TargetTest, RemoteModeWithoutAnAddressNamesTheKey) {
  TargetInput in = input();
  set_remote(in, {});
  EXPECT_NE(problem(in).find("gateway.remote.url"), std::string::npos);
  in.is_probe = true;
  EXPECT_EQ(resolve_target(in)->source, "local loopback");
}

TEST(TargetTest, AnEnvironmentUrlGetsEnvironmentCredentialsOnly) {
  TargetInput in = input({{"OPENCLAW_GATEWAY_URL", "ws://127.0.0.1:2"}});
  set_token(in, "file");
  EXPECT_TRUE(resolve_target(in)->token.empty());
}

TEST(TargetTest, APortGetsTheCredentialsOfThisMachine) {
  TargetInput in = input({{"OPENCLAW_GATEWAY_URL", "ws://127.0.0.1:2"}});
  set_token(in, "file");
  in.port_flag = "3";
  EXPECT_EQ(resolve_target(in)->token.reveal(), "file");
  EXPECT_EQ(resolve_target(in)->credential_source, "gateway.auth.token");
}

TEST(TargetTest, TheGatewayOfThisMachineIsMetWhereItListens) {
  TargetInput in = input();
  in.config.bind = "custom";
  in.config.bind_host = "192.168.1.10";
  EXPECT_EQ(resolve_target(in)->url, "ws://192.168.1.10:18789");
  in.config.bind_host = "0.0.0.0";
  EXPECT_EQ(resolve_target(in)->host, "127.0.0.1");
  in.config.bind = "tailnet";
  EXPECT_EQ(resolve_target(in)->host, "127.0.0.1");
  in.tailnet_host = "100.64.0.7";
  EXPECT_EQ(resolve_target(in)->host, "100.64.0.7");
  in.url_flag = "ws://100.64.0.7:1";
  in.token_flag = Secret("t");
  EXPECT_FALSE(resolve_target(in).has_value()) << "a stranger, as far as anybody can tell";
}

TEST(TargetTest, OnlyAProbeGoesOnWithoutACredentialThatCannotBeHad) {
  TargetInput in = input();
  set_token(in, "${NOT_THERE}");
  const auto refused = resolve_target(in);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "GATEWAY_SECRET_REF_UNAVAILABLE");
  EXPECT_EQ(json::text_or(to_json(refused.error()).at("error").get_object(), "code"), refused.error().code);
  in.is_probe = true;
  const auto probed = resolve_target(in);
  ASSERT_TRUE(probed.has_value());
  EXPECT_TRUE(probed->token.empty());
  EXPECT_TRUE(probed->auth_warning.contains("gateway.auth.token")) << probed->auth_warning;
}

}  // namespace
}  // namespace gw::cli
