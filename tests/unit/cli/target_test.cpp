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
  in.config.token = Secret("mine");
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
}

TEST(TargetTest, LocalTokenIsTheFilesThenTheRemoteOnesThenTheRuns) {
  TargetInput in = input();
  in.run_token = Secret("run");
  EXPECT_EQ(resolve_target(in)->token.reveal(), "run");
  in.config.source = json::Object{{"gateway", {{"remote", {{"token", "remote"}}}}}};
  EXPECT_EQ(resolve_target(in)->token.reveal(), "remote");
  in.config.token = Secret("local");
  EXPECT_EQ(resolve_target(in)->token.reveal(), "local");
  in.token_flag = Secret("flag");
  EXPECT_EQ(resolve_target(in)->token.reveal(), "flag");
}

TEST(TargetTest, OnlyTheSecretOfTheModeIsSent) {
  TargetInput in = input();
  in.config.token = Secret("token");
  in.config.password = Secret("password");
  in.config.auth_mode = config::AuthMode::Password;
  EXPECT_TRUE(resolve_target(in)->token.empty());
  EXPECT_EQ(resolve_target(in)->password.reveal(), "password");
  in.config.auth_mode = config::AuthMode::None;
  EXPECT_TRUE(resolve_target(in)->password.empty());
}

TEST(TargetTest, AnEnvironmentUrlGetsEnvironmentCredentialsOnly) {
  TargetInput in = input({{"OPENCLAW_GATEWAY_URL", "ws://127.0.0.1:2"}});
  in.config.token = Secret("file");
  EXPECT_TRUE(resolve_target(in)->token.empty());
}

TEST(TargetTest, AnUnfilledPlaceholderIsNoSecret) {
  TargetInput in = input();
  set_remote(in, {{"url", "ws://127.0.0.1:3"}, {"token", "${NOPE}"}});
  EXPECT_TRUE(resolve_target(in)->token.empty());
}

}  // namespace
}  // namespace gw::cli
