#include "config/changes.hpp"

#include "config/schema.hpp"
#include "unit/config/support.hpp"

namespace gw::config {
namespace {

Changes between(const std::string& before, const std::string& after) {
  return changes_between(check(before).config, check(after).config);
}

using Paths = std::vector<std::string>;

TEST(ConfigChangesTest, ChangedAddedAndRemovedKeysAreNamedByTheirPath) {
  const Changes changes = between("{native: {echo: {chunkChars: 3, chunkDelayMs: 1}}}",
                                  "{native: {echo: {chunkChars: 4}}, commands: {restart: false}}");
  EXPECT_EQ(changes.live, (Paths{"native.echo.chunkChars", "native.echo.chunkDelayMs", "commands.restart"}));
  EXPECT_TRUE(changes.need_restart.empty());
}

TEST(ConfigChangesTest, OtherWritingOfTheSameValuesIsNoChange) {
  EXPECT_FALSE(between("{commands: {restart: true}, native: {}}",
                       "// a comment\n{\"native\": {}, \"commands\": {\"restart\": true}}")
                   .any());
}

TEST(ConfigChangesTest, KeysThatThisReleaseIgnoresMakeNoChange) {
  EXPECT_FALSE(
      between("{gateway: {tailscale: {mode: 'off'}}}", "{gateway: {tailscale: {mode: 'on'}}}").any());
}

TEST(ConfigChangesTest, EveryKeyOfTheSchemaHasAReach) {
  for (const Key& key : schema()) EXPECT_TRUE(reach_of(key.path)) << key.path << " is in no class";
  EXPECT_FALSE(reach_of("gateway.portal"));
}

TEST(ConfigChangesTest, ASecretIsLiveWhileTheModeStays) {
  EXPECT_EQ(between("{gateway: {auth: {token: 'one'}}}", "{gateway: {auth: {token: 'two'}}}").live,
            Paths{"gateway.auth.token"});
  const Changes changes =
      between("{gateway: {auth: {token: 'one'}}}", "{gateway: {auth: {password: 'two'}}}");
  EXPECT_EQ(changes.need_restart,
            (Paths{"gateway.auth.mode", "gateway.auth.token", "gateway.auth.password"}));
  EXPECT_TRUE(changes.live.empty());
}

TEST(ConfigChangesTest, ASecretThatAFlagOverrulesHasNoEffect) {
  Config before = check("{gateway: {auth: {token: 'one'}}}").config;
  Config after = check("{gateway: {auth: {token: 'two'}}}").config;
  before.token = after.token = Secret("flag");
  EXPECT_EQ(changes_between(before, after).no_effect, Paths{"gateway.auth.token"});
}

TEST(ConfigChangesTest, AModeThatIsOnlyWrittenOutNeedsNoRestart) {
  const Changes changes =
      between("{gateway: {auth: {token: 'one'}}}", "{gateway: {auth: {mode: 'token', token: 'one'}}}");
  EXPECT_TRUE(changes.need_restart.empty());
}

TEST(ConfigChangesTest, AnotherPortMovesTheListenerUnlessAVariableDecides) {
  EXPECT_EQ(between("{gateway: {port: 1}}", "{gateway: {port: 2}}").listener, Paths{"gateway.port"});
  const Variables fixed{{"OPENCLAW_GATEWAY_PORT", "7"}};
  const Changes changes = changes_between(check("{gateway: {port: 1}}", fixed).config,
                                          check("{gateway: {port: 2}}", fixed).config);
  EXPECT_TRUE(changes.listener.empty());
  EXPECT_EQ(changes.no_effect, Paths{"gateway.port"});
}

TEST(ConfigChangesTest, AnotherAddressMovesTheListenerUnlessAFlagDecides) {
  EXPECT_EQ(between("{}", "{gateway: {bind: 'custom', customBindHost: '127.0.0.2'}}").listener,
            (Paths{"gateway.bind", "gateway.customBindHost"}));
  Config before = check("{}").config;
  Config after = check("{gateway: {bind: 'lan'}}").config;
  after.bind = before.bind;
  EXPECT_EQ(changes_between(before, after).no_effect, Paths{"gateway.bind"});
}

TEST(ConfigChangesTest, WhatMattersOnlyBeforeAStartHasNoEffect) {
  EXPECT_EQ(between("{gateway: {mode: 'local'}}", "{}").no_effect, Paths{"gateway.mode"});
}

TEST(ConfigChangesTest, WhatNeedsARestartIsNotApplicable) {
  const Config running = check("{gateway: {port: 1, auth: {token: 'one'}}}").config;
  const Config next = applicable(
      running, check("{gateway: {port: 2, auth: {password: 'two'}}, commands: {restart: false}}").config);
  EXPECT_EQ(next.port, 2);
  EXPECT_EQ(next.auth_mode, AuthMode::Token);
  EXPECT_EQ(next.token.reveal(), "one");
  EXPECT_TRUE(next.password.empty());
  EXPECT_FALSE(next.allow_restart);
}

TEST(ConfigChangesTest, AnotherSecretOfTheSameModeIsApplicable) {
  const Config running = check("{gateway: {auth: {token: 'one'}}}").config;
  EXPECT_EQ(applicable(running, check("{gateway: {auth: {token: 'two'}}}").config).token.reveal(), "two");
}

TEST(ConfigChangesTest, AGatewayThatRunsKeepsItsAuthentication) {
  EXPECT_FALSE(refusal_of(check("{gateway: {auth: {token: 'one'}}}").config));
  EXPECT_EQ(refusal_of(check("{}").config)->path, "gateway.auth.token");
  Config open = check("{gateway: {auth: {mode: 'none'}}}").config;
  EXPECT_FALSE(refusal_of(open));
  open.bind_host = "0.0.0.0";
  EXPECT_EQ(refusal_of(open)->path, "gateway.auth.mode");
}

}  // namespace
}  // namespace gw::config
