#include "service/launchd_agent.hpp"

#include <gtest/gtest.h>

#include "unit/service/support.hpp"

namespace gw::service {
namespace {

constexpr std::string_view kLabel = "ai.openclaw.work";

std::string plist() { return render_plist(awkward_mac(), kLabel).value(); }
std::string environment() { return render_environment(awkward_mac(), {}).value(); }

std::vector<std::string> drift_codes(const std::string& list, const std::string& variables,
                                     std::string_view script = wrapper_script()) {
  return codes_of(agent_drift(list, variables, script, awkward_mac(), kLabel));
}

using Codes = std::vector<std::string>;

TEST(LaunchdAgentTest, NamesTheAgentAfterTheProfile) {
  EXPECT_EQ(launchd_label("", std::nullopt), "ai.openclaw.gateway");
  EXPECT_EQ(launchd_label("work", ""), "ai.openclaw.work");
  EXPECT_EQ(launchd_label("work", "org.example.mine"), "org.example.mine");
}

TEST(LaunchdAgentTest, RendersTheGoldenFiles) {
  EXPECT_EQ(plist(), golden("ai.openclaw.work.plist", plist()));
  const auto variables = render_environment(awkward_mac(), {{"MODEL_KEY", "it's $HOME \\ `x`"}});
  EXPECT_EQ(variables.value(), golden("ai.openclaw.work.env", *variables));
  const std::string script(wrapper_script());
  EXPECT_EQ(script, golden("env-wrapper.sh", script));
}

TEST(LaunchdAgentTest, ReadsBackWhatItRenders) {
  const Definition wanted = awkward_mac();
  const auto read = read_agent(plist(), environment());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->command, wanted.command);
  EXPECT_EQ(read->environment, wanted.environment);
  EXPECT_EQ(read->environment_file, wanted.environment_file);
  EXPECT_EQ(read->working_dir, wanted.working_dir);
  EXPECT_EQ(read->description, "OpenClaw Gateway (profile: work)");
  EXPECT_EQ(drift_codes(plist(), environment()), Codes{});
}

TEST(LaunchdAgentTest, ReadsAnAgentWithoutItsScript) {
  const auto read = read_agent(
      "<plist><dict><key>ProgramArguments</key><array><string>/bin/openclaw</string><string>gateway</"
      "string></array>"
      "<key>EnvironmentVariables</key><dict><key>A</key><string>b</string></dict></dict></plist>",
      "");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->command, (std::vector<std::string>{"/bin/openclaw", "gateway"}));
  EXPECT_EQ(read->environment_file, "");
  EXPECT_EQ(read->environment, (Variables{{"A", "b"}}));
}

TEST(LaunchdAgentTest, RefusesWhatItsFilesCannotHold) {
  Definition bad = awkward_mac();
  bad.command[0] = "/two\nlines";
  EXPECT_FALSE(render_plist(bad, kLabel));
  EXPECT_FALSE(render_plist(awkward_mac(), "\xFF"));
  bad.environment = {{"A", "two\nlines"}};
  EXPECT_FALSE(render_environment(bad, {}));
}

TEST(LaunchdAgentTest, PassesOverLinesThatSetNothing) {
  EXPECT_EQ(read_environment("# comment\nexport A='1'\nexport B=2\nC='3'\nexport D='\nexport E='it'\\''s'\n"),
            (Variables{{"A", "1"}, {"E", "it's"}}));
}

TEST(LaunchdAgentTest, KeepsWhatSomebodyAdded) {
  const Variables before{{"PATH", "/mine"},
                         {"MODEL_KEY", "k"},
                         {"OPENCLAW_GATEWAY_TOKEN", "t"},
                         {"DYLD_INSERT_LIBRARIES", "x"},
                         {"LD_PRELOAD", "x"},
                         {"NODE_OPTIONS", "x"}};
  EXPECT_EQ(foreign_variables(before, awkward_mac()), (Variables{{"MODEL_KEY", "k"}}));
}

TEST(LaunchdAgentTest, TellsEachKeyThatDiffers) {
  const std::string list = plist();
  const std::string file = environment();
  EXPECT_EQ(drift_codes(replaced(list, "<integer>30</integer>", "<integer>20</integer>"), file),
            Codes{"launchd-exit-timeout"});
  EXPECT_EQ(drift_codes(replaced(list, "<key>KeepAlive</key>\n  <true/>", ""), file),
            Codes{"launchd-keep-alive"});
  EXPECT_EQ(drift_codes(replaced(list, "<key>RunAtLoad</key>\n  <true/>", "<key>RunAtLoad</key>\n  <false/>"),
                        file),
            Codes{"launchd-run-at-load"});
  EXPECT_EQ(drift_codes(replaced(list, "<integer>16384</integer>", "<integer>256</integer>"), file),
            Codes{"launchd-open-files"});
  EXPECT_EQ(drift_codes(replaced(list, "<string>18789</string>", "<string>18790</string>"), file),
            Codes{"gateway-port-mismatch"});
  EXPECT_EQ(drift_codes(replaced(list, "<string>gateway</string>", "<string>node</string>"), file),
            Codes{"gateway-command-missing"});
  EXPECT_EQ(drift_codes(replaced(list, "&amp; there/openclaw", "&amp; there/older"), file),
            Codes{"gateway-entrypoint-mismatch"});
  EXPECT_EQ(drift_codes(replaced(list, "service-env/ai.openclaw.work.env", "elsewhere.env"), file),
            Codes{"launchd-env-file-argument"});
  EXPECT_EQ(drift_codes(replaced(list, "<dict>", "<dict><key>Disabled</key><true/>"), file),
            Codes{"launchd-disabled"});
  EXPECT_EQ(drift_codes("bplist00", file), Codes{"launchd-plist-unreadable"});
}

TEST(LaunchdAgentTest, TellsWhatDiffersBesideTheList) {
  const std::string list = plist();
  EXPECT_EQ(drift_codes(list, environment(), "#!/bin/sh\nexec \"$@\"\n"),
            Codes{"launchd-env-wrapper-outdated"});
  EXPECT_EQ(drift_codes(list, environment(), ""), Codes{"launchd-env-wrapper-outdated"});
  EXPECT_EQ(drift_codes(list, replaced(environment(), ".openclaw-work'", ".openclaw'")),
            Codes{"gateway-environment"});
  EXPECT_EQ(drift_codes(list, replaced(environment(), "export PATH=", "export NOPATH=")),
            Codes{"gateway-path-missing"});
}

TEST(LaunchdAgentTest, TellsSecretsInTheListAndHidesThem) {
  const auto issues =
      agent_drift(replaced(plist(), "<dict>",
                           "<dict><key>EnvironmentVariables</key><dict><key>OPENCLAW_GATEWAY_TOKEN</key>"
                           "<string>seen-by-all</string></dict>"),
                  environment(), wrapper_script(), awkward_mac(), kLabel);
  ASSERT_EQ(codes_of(issues), Codes{"gateway-token-embedded"});
  EXPECT_EQ(issues[0].found, "EnvironmentVariables OPENCLAW_GATEWAY_TOKEN=…");
  EXPECT_NE(issues[0].message.find("ai.openclaw.work.env"), std::string::npos);
}

}  // namespace
}  // namespace gw::service
