#include <algorithm>

#include <gtest/gtest.h>

#include "service/drift.hpp"
#include "service/hints.hpp"
#include "service/systemd_manager.hpp"
#include "service/systemd_unit.hpp"

namespace gw::service {
namespace {

DefinitionRequest request() {
  return {.scope = Scope::User,
          .program = "/opt/open claw/bin/openclaw",
          .wrapper = {},
          .port = 18789,
          .profile = "work",
          .home = "/home/me",
          .state_dir = "/home/me/.openclaw-work",
          .config_file = "/home/me/.openclaw-work/openclaw.json",
          .unit = "openclaw-gateway-work.service",
          .user = {},
          .temporary_dir = "/tmp"};
}

std::vector<Directive> unit_of(const Definition& definition, Scope scope = Scope::User) {
  return parse_unit(*render_unit(definition, scope));
}

std::vector<std::string> codes(const std::vector<DriftIssue>& issues) {
  std::vector<std::string> all;
  for (const DriftIssue& issue : issues) all.push_back(issue.code);
  return all;
}

TEST(SystemdUnitTest, HoldsWhatTheServiceNeeds) {
  const std::string text = *render_unit(make_definition(request()), Scope::User);
  for (const char* line :
       {"Description=OpenClaw Gateway (profile: work)\n",
        "ExecStart=\"/opt/open claw/bin/openclaw\" gateway --port 18789\n", "Type=notify\n",
        "Restart=always\n", "RestartSec=5\n", "RestartPreventExitStatus=78\n", "SuccessExitStatus=0 143\n",
        "TimeoutStopSec=330\n", "KillMode=mixed\n", "OOMPolicy=continue\n",
        "Environment=OPENCLAW_PROFILE=work\n", "Environment=OPENCLAW_SERVICE_MARKER=openclaw\n",
        "EnvironmentFile=-/home/me/.openclaw-work/gateway.systemd.env\n", "After=network-online.target\n",
        "WantedBy=default.target\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  const std::string system = *render_unit(make_definition(request()), Scope::System);
  EXPECT_NE(system.find("WantedBy=multi-user.target\n"), std::string::npos);
}

TEST(SystemdUnitTest, IsReadBackAsItWasWritten) {
  Definition written = make_definition(request());
  written.command.push_back("$cost 100%");
  written.environment.emplace_back("ODD", "a \"b\" \\ c %h");
  const Definition read = read_unit(unit_of(written));
  EXPECT_EQ(read.command, written.command);
  EXPECT_EQ(read.environment, written.environment);
  EXPECT_EQ(read.environment_file, written.environment_file);
  EXPECT_EQ(port_of(read), 18789);
}

TEST(SystemdUnitTest, ALineEndInAPathIsRefused) {
  DefinitionRequest evil = request();
  evil.state_dir = "/home/me/x\nExecStartPre=/bin/evil";
  EXPECT_EQ(render_unit(make_definition(evil), Scope::User).error().code, Code::InvalidRequest);
}

TEST(SystemdUnitTest, AWrapperStandsInPlaceOfTheProgram) {
  DefinitionRequest wrapped = request();
  wrapped.wrapper = "/usr/bin/nice-wrapper";
  const Definition definition = make_definition(wrapped);
  EXPECT_EQ(definition.command.front(), "/usr/bin/nice-wrapper");
  EXPECT_EQ(variable_of(definition, "OPENCLAW_WRAPPER"), "/usr/bin/nice-wrapper");
}

TEST(SystemdUnitTest, NamesFollowTheProfile) {
  EXPECT_EQ(systemd_unit_name("", {}), "openclaw-gateway.service");
  EXPECT_EQ(systemd_unit_name("work", {}), "openclaw-gateway-work.service");
  EXPECT_EQ(systemd_unit_name("work", "mine"), "mine.service");
  EXPECT_EQ(systemd_unit_name("", "mine.service"), "mine.service");
}

TEST(SystemdUnitTest, TheKeptCopyHasNoSecrets) {
  const std::string kept =
      without_secrets("[Service]\nEnvironment=OPENCLAW_GATEWAY_TOKEN=abc\nEnvironment=HOME=/x\n");
  EXPECT_EQ(kept.find("abc"), std::string::npos);
  EXPECT_NE(kept.find("Environment=HOME=/x\n"), std::string::npos);
}

TEST(SystemdUnitTest, TheKeptCopyHasNothingThatMayBeASecret) {
  const std::string kept = without_secrets(
      "[Service]\n# note abc1\nEnvironment=api_token=abc2 HOME=/x\nEnvironment = OPENAI_KEY=abc3\n"
      "Environment=A=abc4 \\\n  "
      "MY_TOKEN=abc5\nEnvironment=DATABASE_URL=postgres://u:abc6@h\nEnvironment=GH_PAT=abc7\n"
      "SetCredential=x:abc8\nExecStart=/bin/openclaw gateway --token abc9 "
      "--password=abc10\nRestart=always\n");
  EXPECT_EQ(kept.find("abc"), std::string::npos) << kept;
  for (const char* line : {"Environment=HOME=/x\n", "Restart=always\n",
                           "ExecStart=/bin/openclaw gateway --token *** --password=***\n"})
    EXPECT_NE(kept.find(line), std::string::npos) << kept;
}

TEST(SystemdUnitTest, AStateDirectoryThatSystemdWouldTakeForAPatternIsRefused) {
  for (const char* dir : {"/tmp/s[x]", "/tmp/s*", "/tmp/s?", "/tmp/s\\b"}) {
    DefinitionRequest odd = request();
    odd.state_dir = dir;
    EXPECT_EQ(render_unit(make_definition(odd), Scope::User).error().code, Code::InvalidRequest) << dir;
  }
}

TEST(DriftTest, AnotherSpellingIsNoDrift) {
  const Definition wanted = make_definition(request());
  const auto unit =
      parse_unit(*render_unit(wanted, Scope::User) +
                 "[Service]\nNoNewPrivileges=true\nRestartSec=5s\nTimeoutStopSec=5min 30s\nWatchdogSec=1m\n"
                 "PrivateNetwork=no\nRestartPreventExitStatus=1\n[Unit]\nAfter=sound.target\n");
  EXPECT_TRUE(drift(unit, unit_of(wanted)).empty());
}

TEST(DriftTest, TheUnitAsWrittenHasNone) {
  const auto unit = unit_of(make_definition(request()));
  EXPECT_TRUE(drift(unit, unit).empty());
}

TEST(DriftTest, EachLineThatMattersIsNamed) {
  const Definition wanted = make_definition(request());
  const auto of = [&](const char* appended) {
    return codes(drift(parse_unit(*render_unit(wanted, Scope::User) + appended), unit_of(wanted)));
  };
  using Codes = std::vector<std::string>;
  EXPECT_EQ(of("[Service]\nTimeoutStopSec=30\n"), Codes{"systemd-stop-timeout"});
  EXPECT_EQ(of("[Service]\nKillMode=process\n"), Codes{"systemd-kill-mode-process-or-none"});
  EXPECT_EQ(of("[Service]\nKillMode=control-group\n"), Codes{"systemd-kill-mode-control-group"});
  EXPECT_EQ(of("[Service]\nRestartSec=60\n"), Codes{"systemd-restart-sec"});
  EXPECT_EQ(of("[Service]\nType=simple\n"), Codes{"systemd-type"});
  EXPECT_EQ(of("[Service]\nEnvironment=OPENCLAW_GATEWAY_TOKEN=x\n"), Codes{"gateway-token-embedded"});
  EXPECT_EQ(of("[Service]\nEnvironment=OPENCLAW_GATEWAY_PASSWORD=x\n"), Codes{"gateway-password-embedded"});
  EXPECT_EQ(of("[Service]\nEnvironment=SOME_API_KEY=x\n"), Codes{"gateway-managed-env-embedded"});
  EXPECT_EQ(of("[Service]\nEnvironment=PATH=/odd\n"), Codes{"gateway-path-changed"});
  EXPECT_EQ(of("[Service]\nEnvironment=OPENCLAW_STATE_DIR=/other\n"), Codes{"gateway-environment"});
  EXPECT_EQ(of("[Service]\nExecStart=\nExecStart=/other gateway --port 18789\n"),
            Codes{"gateway-entrypoint-mismatch"});
  EXPECT_EQ(of("[Service]\nExecStart=\nExecStart=\"/opt/open claw/bin/openclaw\" gateway --port 1\n"),
            Codes{"gateway-port-mismatch"});
  EXPECT_EQ(of("[Service]\nExecStart=\nExecStart=/bin/sleep 1\n"), Codes{"gateway-command-missing"});
  EXPECT_EQ(of("[Service]\nTimeoutStopSec=5min\n"), Codes{"systemd-stop-timeout"});
  EXPECT_EQ(of("[Service]\nEnvironmentFile=\n"), Codes{"systemd-environment-file"});
  EXPECT_EQ(of("[Service]\nEnvironmentFile=\nEnvironmentFile=/x\n"), Codes{"systemd-environment-file"});
  EXPECT_EQ(of("[Service]\nExecStartPre=/bin/false\n"), Codes{"systemd-runs-first"});
  EXPECT_EQ(of("[Service]\nPrivateNetwork=yes\n"), Codes{"systemd-no-network"});
  EXPECT_EQ(of("[Install]\nWantedBy=\n"), Codes{"systemd-wanted-by"});
  EXPECT_EQ(of("[Unit]\nAfter=\n"), Codes{"systemd-after-network-online"});
  EXPECT_EQ(of("[Service]\nNice=5\nEnvironment=MINE=1\n"), Codes{}) << "what only says more is fine";
}

TEST(DriftTest, ALineOfADropInIsMendedThere) {
  const Definition wanted = make_definition(request());
  const auto of = [&](std::string_view lines, std::string_view unit_lines = "") {
    auto found = parse_unit(*render_unit(wanted, Scope::User) + std::string(unit_lines));
    std::ranges::move(parse_unit(lines, "/x.d/mine.conf"), std::back_inserter(found));
    const auto issues = drift(found, unit_of(wanted));
    EXPECT_EQ(issues.size(), 1U) << lines;
    return issues.empty() ? std::string() : issues[0].remedy;
  };
  for (const char* lines : {"[Service]\nExecStart=\nExecStart=/other gateway --port 18789\n",
                            "[Service]\nEnvironment=A=1 HOME=/other\n", "[Service]\nKillMode=none\n",
                            "[Service]\nRestart=no\n", "[Install]\nWantedBy=\n"}) {
    EXPECT_EQ(of(lines), "edit /x.d/mine.conf, which a new installation leaves alone") << lines;
  }
  EXPECT_EQ(of("[Service]\nEnvironment=B=2\n", "[Service]\nEnvironment=HOME=/other\n"), "")
      << "the unit itself says it";
}

TEST(DriftTest, AVariableIsNamedWithItsOwnReason) {
  const Definition wanted = make_definition(request());
  const auto of = [&](const std::string& assignment) {
    return drift(parse_unit(*render_unit(wanted, Scope::User) + "[Service]\nEnvironment=" + assignment),
                 unit_of(wanted))
        .at(0)
        .message;
  };
  EXPECT_EQ(of("HOME=/other"), "it is the service of another instance");
  EXPECT_EQ(of("PATH=/odd"), "programs may not be found, or others than meant");
  EXPECT_EQ(of("OPENCLAW_SERVICE_MARKER=x"), "others do not know it for the service of a gateway");
  EXPECT_EQ(of("OPENCLAW_SYSTEMD_UNIT=x"), "the gateway does not know which service it is");
}

TEST(SystemdUnitTest, APathIsWrittenAsSystemdReadsPaths) {
  Definition odd = make_definition(request());
  odd.command = {"/opt/a$b ${HOME}/100%/openclaw", "gateway", "$$x$"};
  const std::string text = *render_unit(odd, Scope::User);
  EXPECT_NE(text.find("ExecStart=\"/opt/a$b ${HOME}/100%%/openclaw\" gateway $$$$x$$\n"), std::string::npos)
      << text;
  EXPECT_EQ(read_unit(parse_unit(text)).command, odd.command);
  for (const char* path : {"/opt/it's/openclaw", "/opt/\"x\"/openclaw", "/opt/a\\b/openclaw"}) {
    odd.command.front() = path;
    EXPECT_EQ(render_unit(odd, Scope::User).error().code, Code::InvalidRequest) << path;
  }
}

TEST(SystemdUnitTest, OneThatIsMaskedOrBrokenIsNotMissing) {
  const State masked =
      state_of("LoadState=masked\nLoadError=org.x.UnitMasked \"Unit is masked.\"\nFragmentPath=/u/x\n");
  ASSERT_TRUE(masked.fault && !masked.is_installed);
  EXPECT_EQ(masked.fault->code, "systemd-masked");
  const State broken = state_of("LoadState=bad-setting\nLoadError=org.x.Bad \"Unit x has a bad setting.\"\n");
  ASSERT_TRUE(broken.fault && !broken.is_installed);
  EXPECT_EQ(broken.fault->message, "systemd cannot use the unit: \"Unit x has a bad setting.\"");
  EXPECT_FALSE(state_of("LoadState=not-found\nLoadError=org.x.No \"Unit not found.\"\n").fault);
  EXPECT_FALSE(state_of("LoadState=loaded\nLoadError=\n").fault);
}

TEST(DriftTest, NoSecretIsShown) {
  const Definition wanted = make_definition(request());
  const auto issues = drift(parse_unit(*render_unit(wanted, Scope::User) +
                                       "[Service]\nEnvironment=OPENCLAW_GATEWAY_TOKEN=abc\nExecStart=\n"
                                       "ExecStart=/other gateway --token abc\n"),
                            unit_of(wanted));
  ASSERT_EQ(issues.size(), 2u);
  for (const DriftIssue& issue : issues)
    EXPECT_EQ((issue.found + issue.wanted + issue.message).find("abc"), std::string::npos) << issue.found;
}

TEST(SystemdStateTest, ReadsWhatShowPrints) {
  const State state = state_of(
      "Id=openclaw-gateway.service\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState="
      "enabled\n"
      "FragmentPath=/home/me/.config/systemd/user/openclaw-gateway.service\nDropInPaths=/a/b.conf /c/d.conf\n"
      "NeedDaemonReload=yes\nMainPID=42\nExecMainStatus=0\nExecMainCode=0\nResult=success\nNRestarts=3\n"
      "StartLimitBurst=10\nKillMode=mixed\nTasksCurrent=[not "
      "set]\nMemoryCurrent=18446744073709551615\nStatusText=a=b\n");
  EXPECT_TRUE(state.is_installed && state.is_enabled && state.is_running() && state.needs_reload);
  EXPECT_EQ(state.pid, 42);
  EXPECT_EQ(state.restarts, 3);
  EXPECT_EQ(state.tasks, std::nullopt);
  EXPECT_EQ(state.memory_bytes, std::nullopt);
  EXPECT_EQ(state.drop_ins.size(), 2u);
  EXPECT_EQ(state.status_text, "a=b");
}

TEST(SystemdStateTest, AnAbsentUnitIsNotInstalled) {
  const State state =
      state_of("LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\nMainPID=0\n");
  EXPECT_FALSE(state.is_installed || state.is_enabled || state.is_running());
  EXPECT_EQ(state.pid, std::nullopt);
}

TEST(SystemdStateTest, MaskedDisabledAndStaticAreNotEnabled) {
  for (const char* word : {"disabled", "static", "indirect", "masked", "generated", ""}) {
    EXPECT_FALSE(state_of("UnitFileState=" + std::string(word) + "\n").is_enabled) << word;
  }
}

TEST(SystemdFailureTest, IsClassifiedByItsWords) {
  using Kind = Problem::Kind;
  const std::vector<std::pair<const char*, Kind>> cases{
      {"System has not been booted with systemd as init system (PID 1). Can't operate.", Kind::NoManager},
      {"Failed to connect to bus: No medium found", Kind::NoUserBus},
      {"Failed to connect to bus: $DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined",
       Kind::NoUserBus},
      {"Failed to connect to user scope bus via local transport: Permission denied", Kind::NoUserBus},
      {"Failed to enable unit: Access denied", Kind::NoPermission},
      {"Failed to stop x.service: Interactive authentication required.", Kind::NoPermission},
      {"Failed to start x.service: Unit x.service not found.", Kind::NotInstalled},
      {"Unit file x.service does not exist.", Kind::NotInstalled},
      {"Job for x.service failed because the control process exited with error code.", Kind::Failed},
      {"", Kind::Failed},
  };
  for (const auto& [text, kind] : cases) {
    EXPECT_EQ(classified(text).kind, kind) << text;
    EXPECT_FALSE(classified(text).text.empty());
  }
}

TEST(HintsTest, EachProblemHasANextStep) {
  using Kind = Problem::Kind;
  for (const Kind kind : {Kind::NoManager, Kind::NoUserBus, Kind::NoPermission, Kind::NotInstalled,
                          Kind::NotOurs, Kind::Failed}) {
    EXPECT_FALSE(hints_for({kind, {}}, {}).empty());
  }
  EXPECT_EQ(hints_for({Kind::NoManager, {}}, {.is_wsl = true, .is_container = false}).front().kind,
            "wsl-systemd");
  EXPECT_EQ(hints_for({Kind::NoManager, {}}, {.is_wsl = false, .is_container = true}).front().kind,
            "container-foreground");
  EXPECT_EQ(hints_for({Kind::NoUserBus, {}}, {}).front().kind, "systemd-headless");
}

}  // namespace
}  // namespace gw::service
