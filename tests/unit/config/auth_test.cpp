#include "unit/config/support.hpp"

namespace gw::config {
namespace {

TEST(AuthTest, InfersTheModeFromTheCredentialsThatAreThere) {
  EXPECT_EQ(check("{}").config.auth_mode, AuthMode::Token);
  EXPECT_EQ(check("{gateway: {auth: {token: 'a'}}}").config.auth_mode, AuthMode::Token);
  EXPECT_EQ(check("{gateway: {auth: {password: 'a'}}}").config.auth_mode, AuthMode::Password);
  EXPECT_EQ(check("{}", {{"OPENCLAW_GATEWAY_PASSWORD", "a"}}).config.auth_mode, AuthMode::Password);
  EXPECT_EQ(check("{gateway: {auth: {mode: 'none', token: 'a'}}}").config.auth_mode, AuthMode::None);
  EXPECT_EQ(name_of(AuthMode::None), "none");
  EXPECT_EQ(name_of(AuthMode::Token), "token");
  EXPECT_EQ(name_of(AuthMode::Password), "password");
}

TEST(AuthTest, LeavesTheTokenEmptyWhenNobodyGaveOne) {
  const Loaded loaded = check("{gateway: {auth: {mode: 'token'}}}");
  EXPECT_EQ(issues(loaded), "");
  EXPECT_TRUE(loaded.config.token.empty());
}

TEST(AuthTest, PrefersTheFileToTheEnvironment) {
  const Variables variables{{"OPENCLAW_GATEWAY_TOKEN", "env-token"},
                            {"OPENCLAW_GATEWAY_PASSWORD", "env-password"}};
  EXPECT_EQ(check("{gateway: {auth: {mode: 'token', token: ' file '}}}", variables).config.token.reveal(),
            "file");
  EXPECT_EQ(check("{gateway: {auth: {mode: 'token'}}}", variables).config.token.reveal(), "env-token");
  EXPECT_EQ(check("{gateway: {auth: {mode: 'password'}}}", variables).config.password.reveal(),
            "env-password");
}

TEST(AuthTest, WantsAModeWhenBothCredentialsAreInTheFile) {
  const std::string both = "{gateway: {auth: {token: 'a', password: 'b'}}}";
  EXPECT_EQ(issues(check(both)),
            "gateway.auth.mode: token and password are both configured: set gateway.auth.mode to token or "
            "password\n");
  EXPECT_EQ(issues(check("{gateway: {auth: {mode: 'password', token: 'a', password: 'b'}}}")), "");
}

TEST(AuthTest, NeedsAPasswordInPasswordMode) {
  EXPECT_EQ(
      issues(check("{gateway: {auth: {mode: 'password'}}}")),
      "gateway.auth.password: password mode needs a password: set it here or in OPENCLAW_GATEWAY_PASSWORD\n");
}

TEST(AuthTest, RefusesTrustedProxyMode) {
  EXPECT_EQ(
      issues(check("{gateway: {auth: {mode: 'trusted-proxy', trustedProxy: {userHeader: 'x'}}}}")),
      "gateway.auth.mode: trusted-proxy is not supported in this release: use token, password or none\n");
}

TEST(AuthTest, RefusesPlaceholdersAsCredentials) {
  for (const std::string text : {"undefined", "null", "__OPENCLAW_REDACTED__", " null "}) {
    const Loaded file = check("{gateway: {auth: {token: '" + text + "'}}}");
    EXPECT_EQ(file.issues.size(), 1u) << text;
    EXPECT_TRUE(file.config.token.empty());
    const Loaded variable = check("{}", {{"OPENCLAW_GATEWAY_TOKEN", text}});
    ASSERT_EQ(variable.issues.size(), 1u) << text;
    EXPECT_EQ(variable.issues[0].path, "gateway.auth.token");
  }
  EXPECT_EQ(issues(check("{gateway: {auth: {token: ' '}}}")),
            "gateway.auth.token: a blank text is not usable as a secret\n");
  EXPECT_EQ(issues(check("{}", {{"OPENCLAW_GATEWAY_TOKEN", " "}})), "");
}

TEST(AuthTest, FillsInVariablesOfTheEnvironmentAndOfTheFile) {
  const auto token = [](const std::string& text, const std::string& more = {}) {
    return check("{gateway: {auth: {token: '" + text + "'}}" + more + "}", {{"MY_TOKEN", "abc"}})
        .config.token.reveal();
  };
  EXPECT_EQ(token("${MY_TOKEN}"), "abc");
  EXPECT_EQ(token("$MY_TOKEN"), "abc");
  EXPECT_EQ(token("x-${MY_TOKEN}-${MY_TOKEN}"), "x-abc-abc");
  EXPECT_EQ(token("$${MY_TOKEN}"), "${MY_TOKEN}");
  EXPECT_EQ(token("${lower} $ ${"), "${lower} $ ${");
  EXPECT_EQ(token("${A}${B}", ", env: {A: '1', vars: {B: '2', A: '3'}}"), "32");
  EXPECT_EQ(token("${MY_TOKEN}", ", env: {MY_TOKEN: 'file'}"), "abc");
}

TEST(AuthTest, NamesTheVariableThatIsMissing) {
  const Loaded loaded = check("{gateway: {auth: {token: 'x${NOT_THERE}y${NOR_THIS}'}}}");
  EXPECT_EQ(issues(loaded),
            "gateway.auth.token: the environment variable NOT_THERE is not set\n"
            "gateway.auth.token: the environment variable NOR_THIS is not set\n");
  EXPECT_TRUE(loaded.config.token.empty());
}

TEST(AuthTest, FollowsReferencesToTheEnvironment) {
  const auto with = [](const std::string& reference) {
    return check("{gateway: {auth: {token: " + reference + "}}}",
                 {{"MY_TOKEN", "abc"}, {"OPENCLAW_GATEWAY_TOKEN", "other"}});
  };
  EXPECT_EQ(with("{source: 'env', provider: 'default', id: 'MY_TOKEN'}").config.token.reveal(), "abc");
  EXPECT_EQ(issues(with("{source: 'env', provider: 'default', id: 'NOT_THERE'}")),
            "gateway.auth.token: the environment variable NOT_THERE is not set\n");
}

TEST(AuthTest, NeverFallsBackFromAReferenceThatFails) {
  const Loaded loaded = check("{gateway: {auth: {token: {source: 'env', id: 'NOT_THERE'}}}}",
                              {{"OPENCLAW_GATEWAY_TOKEN", "other"}});
  EXPECT_FALSE(loaded.issues.empty());
  EXPECT_TRUE(loaded.config.token.empty());
}

TEST(AuthTest, LeavesTheCredentialOfAnotherModeAlone) {
  const Loaded loaded = check(
      "{gateway: {auth: {mode: 'token', token: 'a', password: {source: 'exec', provider: 'op', id: 'x'}}}}");
  EXPECT_EQ(issues(loaded), "");
  EXPECT_TRUE(loaded.config.password.empty());
}

}  // namespace
}  // namespace gw::config
