#include <gtest/gtest.h>

#include "keeper/request.hpp"

namespace gw::keeper {
namespace {

Request request() {
  Request r;
  r.paths.config_file = "/state/openclaw.json";
  return r;
}

config::Loaded local_config() {
  config::Loaded loaded{.config = config::defaults()};
  loaded.config.file_exists = true;
  loaded.config.mode = "local";
  loaded.config.source = json::Object{{"gateway", {{"mode", "local"}}}};
  return loaded;
}

void name_mode(config::Loaded& loaded, config::AuthMode mode) {
  loaded.config.auth_mode = mode;
  loaded.config.source = json::Object{{"gateway", {{"auth", {{"mode", config::name_of(mode)}}}}}};
}

Refusal refusal(const Request& r, const config::Loaded& loaded) {
  const auto settings = decide_settings(r, loaded);
  EXPECT_FALSE(settings.has_value());
  return settings ? Refusal{0, ""} : settings.error();
}

TEST(RunSettingsTest, EveryConfigIssueIsNamedAndTheCodeIs78) {
  config::Loaded loaded = local_config();
  loaded.issues = {{"gateway.prot", "Unrecognized key"}, {"", "line 3, column 1: bad"}};
  const Refusal refused = refusal(request(), loaded);
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_NE(refused.text.find("\n- gateway.prot: Unrecognized key"), std::string::npos);
  EXPECT_NE(refused.text.find("\n- <root>: line 3, column 1: bad"), std::string::npos);
}

TEST(RunSettingsTest, AMissingFileAMissingModeAndARemoteModeAreRefused) {
  EXPECT_EQ(refusal(request(), {}).exit_code, 78);
  config::Loaded loaded = local_config();
  loaded.config.mode = "";
  EXPECT_NE(refusal(request(), loaded).text.find("gateway.mode"), std::string::npos);
  loaded.config.mode = "remote";
  EXPECT_NE(refusal(request(), loaded).text.find("current: remote"), std::string::npos);
}

TEST(RunSettingsTest, AllowUnconfiguredRunsOnDefaultsWithATokenForTheRun) {
  Request r = request();
  r.allow_unconfigured = true;
  const auto settings = decide_settings(r, {.config = config::defaults()});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->port, 18789);
  EXPECT_EQ(settings->bind_host, "127.0.0.1");
  EXPECT_EQ(settings->auth, config::AuthMode::Token);
  EXPECT_TRUE(settings->needs_run_token);
}

TEST(RunSettingsTest, AllowUnconfiguredDoesNotAllowAnInvalidFile) {
  Request r = request();
  r.allow_unconfigured = true;
  config::Loaded loaded = local_config();
  loaded.issues = {{"x", "bad"}};
  EXPECT_EQ(refusal(r, loaded).exit_code, 78);
}

TEST(RunSettingsTest, FlagsWinOverTheFile) {
  config::Loaded loaded = local_config();
  loaded.config.token = Secret("from-file");
  Request r = request();
  r.port = 4711;
  r.token = Secret("from-flag");
  const auto settings = decide_settings(r, loaded);
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->port, 4711);
  EXPECT_EQ(settings->token.reveal(), "from-flag");
  EXPECT_TRUE(settings->flags_have_credentials);
  EXPECT_FALSE(settings->needs_run_token);
}

TEST(RunSettingsTest, APasswordAloneMeansPasswordMode) {
  Request r = request();
  r.password = Secret("pass");
  EXPECT_EQ(decide_settings(r, local_config())->auth, config::AuthMode::Password);
}

TEST(RunSettingsTest, TokenAndPasswordWithoutAModeAreRefused) {
  config::Loaded loaded = local_config();
  loaded.config.token = Secret("a");
  loaded.config.password = Secret("b");
  EXPECT_EQ(refusal(request(), loaded).exit_code, 78);
  name_mode(loaded, config::AuthMode::Token);
  EXPECT_EQ(decide_settings(request(), loaded)->auth, config::AuthMode::Token);
}

TEST(RunSettingsTest, PasswordModeWithoutAPasswordIsRefused) {
  config::Loaded loaded = local_config();
  name_mode(loaded, config::AuthMode::Password);
  EXPECT_EQ(refusal(request(), loaded).exit_code, 78);
}

TEST(RunSettingsTest, PlaceholdersAreNoSecrets) {
  for (const char* word : {"undefined", "null", "  "}) {
    Request r = request();
    r.token = Secret(word);
    EXPECT_EQ(refusal(r, local_config()).exit_code, 78) << word;
  }
}

TEST(RunSettingsTest, AnOpenBindNeedsASecretThatOthersCanKnow) {
  Request r = request();
  r.bind = "lan";
  EXPECT_EQ(refusal(r, local_config()).exit_code, 78);
  r.auth = config::AuthMode::None;
  EXPECT_EQ(refusal(r, local_config()).exit_code, 78);
  r.auth = config::AuthMode::Token;
  r.token = Secret("secret");
  EXPECT_EQ(decide_settings(r, local_config())->bind_host, "0.0.0.0");
}

TEST(RunSettingsTest, TheBindModeSaysWhereToListen) {
  config::Loaded loaded = local_config();
  loaded.config.token = Secret("secret");
  Request r = request();
  const auto host = [&](const std::string& mode) {
    loaded.config.bind = mode;
    return decide_settings(r, loaded)->bind_host;
  };
  EXPECT_EQ(host("loopback"), "127.0.0.1");
  EXPECT_EQ(host("lan"), "0.0.0.0");
  EXPECT_EQ(host("auto"), "127.0.0.1");
  EXPECT_EQ(host("tailnet"), "127.0.0.1");
  r.tailnet_host = "100.64.0.7";
  r.is_in_container = true;
  EXPECT_EQ(host("auto"), "0.0.0.0");
  EXPECT_EQ(host("tailnet"), "100.64.0.7");
  EXPECT_EQ(host("loopback"), "127.0.0.1");
  loaded.config.custom_bind_host = "192.168.1.10";
  EXPECT_EQ(host("custom"), "192.168.1.10");
  r.bind = "loopback";
  EXPECT_EQ(host("custom"), "127.0.0.1") << "the flag wins";
}

TEST(RunSettingsTest, ACustomBindNeedsItsAddress) {
  Request r = request();
  r.bind = "custom";
  EXPECT_NE(refusal(r, local_config()).text.find("gateway.customBindHost"), std::string::npos);
}

}  // namespace
}  // namespace gw::keeper
