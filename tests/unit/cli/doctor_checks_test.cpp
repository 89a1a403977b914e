#include <algorithm>

#include <gtest/gtest.h>

#include "cli/doctor/checks.hpp"

namespace gw::cli::doctor {
namespace {

/// A machine on which nothing is wrong: a configured gateway that runs as a service.
class DoctorChecksTest : public testing::Test {
 protected:
  DoctorChecksTest() {
    facts_.paths.state_dir = "/home/u/.openclaw";
    facts_.paths.config_file = "/home/u/.openclaw/openclaw.json";
    facts_.user = 1000;
    configure(R"({gateway: {mode: "local", auth: {token: "0123456789abcdef"}}})");
    facts_.state_dir = {.is_there = true,
                        .owner = 1000,
                        .mode = 0700,
                        .is_readable = true,
                        .is_writable = true,
                        .is_directory = true};
    facts_.lock_owner = platform::LockOwner{.process = {.pid = 77}};
    facts_.is_owner_alive = true;
    service::State state;
    state.is_installed = state.is_enabled = true;
    state.active_state = "active";
    state.file = "/home/u/.config/systemd/user/openclaw-gateway.service";
    facts_.service = ServiceFacts{.label = "systemd user",
                                  .unit = "openclaw-gateway.service",
                                  .state = state,
                                  .outlives_sessions = true};
  }

  void configure(std::string text) {
    facts_.loaded = config::check_text(std::move(text), facts_.paths,
                                       [](const std::string&) { return std::optional<std::string>(); });
    facts_.loaded.config.file_exists = true;
  }

  service::State& state() { return *facts_.service->state; }

  /// `code` or `code (repairs)` of all that is found.
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const Finding& finding : examine(facts_)) {
      all.push_back(finding.code + (finding.repair ? " (repairs)" : ""));
    }
    return all;
  }

  Finding only() const {
    const auto all = examine(facts_);
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Finding{} : all.front();
  }

  Facts facts_;
};

using Codes = std::vector<std::string>;

TEST_F(DoctorChecksTest, AHealthyGatewayHasNoFindings) { EXPECT_EQ(codes(), Codes{}); }

TEST_F(DoctorChecksTest, AMissingFileIsWrittenAndAnUnreadableOneIsLeftToItsOwner) {
  facts_.loaded = {};
  EXPECT_EQ(codes(), Codes{"config-missing (repairs)"});
  facts_.load_error = "could not read it";
  EXPECT_EQ(only().code, "config-unreadable");
  EXPECT_EQ(only().message, "could not read it");
}

TEST_F(DoctorChecksTest, ABrokenFileIsRestoredOnlyFromAGoodCopy) {
  configure("{gateway: ");
  EXPECT_EQ(codes(), Codes{"config-syntax"});
  facts_.has_last_good = true;
  EXPECT_EQ(codes(), Codes{"config-syntax (repairs)"});
  EXPECT_NE(only().fix.find("/home/u/.openclaw/openclaw.json.last-good"), std::string::npos);
}

TEST_F(DoctorChecksTest, UnknownKeysAreRemovedAndMisplacedOnesMoved) {
  configure(R"({gateway: {mode: "local", prot: 1, auth: {token: "0123456789abcdef"}}})");
  EXPECT_EQ(codes(), Codes{"config-unknown-key (repairs)"});
  EXPECT_EQ(only().path, "gateway.prot");

  configure(R"({gateway: {mode: "local", auth: {token: "0123456789abcdef"}}, logLevel: "debug"})");
  EXPECT_EQ(codes(), Codes{"config-legacy-key (repairs)"});
  EXPECT_EQ(only().fix, "move its value to logging.level");

  configure(
      R"({gateway: {mode: "local", auth: {token: "0123456789abcdef"}}, logLevel: "x", logging: {level: "info"}})");
  EXPECT_EQ(codes(), Codes{"config-unknown-key (repairs)"});
}

TEST_F(DoctorChecksTest, AWrongValueIsForAPersonToCorrect) {
  configure(R"({gateway: {mode: "local", port: 99999, auth: {token: "0123456789abcdef"}}})");
  EXPECT_EQ(codes(), Codes{"config-invalid"});
  EXPECT_EQ(only().fix, "openclaw config set gateway.port <value>");
}

TEST_F(DoctorChecksTest, AMissingModeIsSetAndARemoteOneEndsTheLookAtTheService) {
  configure(R"({gateway: {auth: {token: "0123456789abcdef"}}})");
  EXPECT_EQ(codes(), Codes{"config-mode-missing (repairs)"});
  configure(R"({gateway: {mode: "remote"}})");
  facts_.service.reset();  // As gathered then.
  facts_.is_owner_alive = false;
  facts_.lock_owner.reset();
  EXPECT_EQ(codes(), Codes{"config-mode-remote"});
}

TEST_F(DoctorChecksTest, CredentialsMustBeThereAndHardToGuess) {
  configure(R"({gateway: {mode: "local"}})");
  EXPECT_EQ(codes(), Codes{"auth-token-missing (repairs)"});
  configure(R"({gateway: {mode: "local", auth: {token: "short"}}})");
  EXPECT_EQ(codes(), Codes{"auth-token-weak"});
  configure(R"({gateway: {mode: "local", auth: {token: "a token of this file", password: "p"}}})");
  EXPECT_EQ(codes(), Codes{"auth-ambiguous"});
  configure(R"({gateway: {mode: "local", auth: {mode: "none"}}})");
  EXPECT_EQ(codes(), Codes{});
}

TEST_F(DoctorChecksTest, AReferenceThatLeadsNowhereIsNotReplacedByANewToken) {
  configure(R"({gateway: {mode: "local", auth: {token: "${NO_SUCH_VARIABLE}"}}})");
  EXPECT_EQ(codes(), Codes{"config-invalid"});
}

TEST_F(DoctorChecksTest, AVariableThatSaysSomethingElseIsNamed) {
  facts_.environment_token = Secret("another token of the shell");
  EXPECT_EQ(only().code, "auth-drift");
  EXPECT_EQ(only().message.find("another"), std::string::npos);
  facts_.environment_token = Secret("0123456789abcdef");
  EXPECT_EQ(codes(), Codes{});
}

TEST_F(DoctorChecksTest, AnOpenDoorIsAnError) {
  facts_.loaded.config.bind_host = "0.0.0.0";
  EXPECT_EQ(codes(), Codes{});
  facts_.loaded.config.auth_mode = config::AuthMode::None;
  EXPECT_EQ(codes(), Codes{"bind-exposed"});
  facts_.loaded.config.bind_host = "127.0.0.1";
  facts_.loaded.config.allowed_origins = {"https://a.example", "*"};
  EXPECT_EQ(codes(), Codes{"origins-any"});
}

TEST_F(DoctorChecksTest, IgnoredKeysAreOnlyMentioned) {
  facts_.loaded.config.ignored.assign(10, "channels.telegram");
  EXPECT_EQ(only().severity, Severity::Info);
  EXPECT_TRUE(only().message.ends_with("channels.telegram and 2 more"));
}

TEST_F(DoctorChecksTest, TheStateDirectoryMustBeOursAlone) {
  facts_.state_dir.mode = 0755;
  EXPECT_EQ(codes(), Codes{"state-mode (repairs)"});
  facts_.state_dir.is_writable = false;
  EXPECT_EQ(codes(), Codes{"state-not-writable"});
  facts_.state_dir.owner = 0;
  EXPECT_EQ(codes(), Codes{"state-owner"});
  facts_.state_dir.is_directory = false;
  EXPECT_EQ(codes(), Codes{"state-no-directory"});
  facts_.state_dir = {.is_link = true};
  EXPECT_EQ(codes(), Codes{"state-link-broken"});
}

TEST_F(DoctorChecksTest, FilesWithSecretsMustBeOursAlone) {
  platform::FileState file{
      .is_there = true, .owner = 1000, .mode = 0600, .is_readable = true, .is_writable = true};
  facts_.secret_files = {{"/s/.env", file}};
  EXPECT_EQ(codes(), Codes{});
  facts_.secret_files[0].second.mode = 0644;
  EXPECT_EQ(codes(), Codes{"file-mode (repairs)"});
  EXPECT_NE(only().message.find("0644"), std::string::npos);
  facts_.secret_files[0].second.is_readable = false;
  EXPECT_EQ(codes(), Codes{"file-unreadable"});
  facts_.secret_files[0].second.owner = 0;
  EXPECT_EQ(codes(), Codes{"file-owner"});
}

TEST_F(DoctorChecksTest, WhatADeadGatewayLeftIsRemoved) {
  facts_.has_run_token = true;
  EXPECT_EQ(codes(), Codes{});
  facts_.is_owner_alive = false;
  EXPECT_EQ(codes(), (Codes{"lock-stale (repairs)", "run-token-stale (repairs)"}));
}

TEST_F(DoctorChecksTest, AGatewayThatDoesNotAnswerIsAnError) {
  facts_.probe_error = "no answer in 3000 ms";
  EXPECT_EQ(only().code, "gateway-not-answering");
}

TEST_F(DoctorChecksTest, WhoHoldsThePortIsTold) {
  facts_.listeners = {
      {.pid = 5, .parent = 1, .name = "openclaw", .command_line = {}, .user = {}, .address = {}}};
  EXPECT_EQ(codes(), Codes{}) << "it is our own gateway";
  facts_.is_owner_alive = false;
  facts_.lock_owner.reset();
  EXPECT_EQ(codes(), Codes{"port-other-gateway"});
  facts_.listeners = {{.pid = 5, .parent = 1, .name = "sshd", .command_line = {}, .user = {}, .address = {}}};
  EXPECT_EQ(codes(), Codes{"port-ssh-tunnel"});
  facts_.listeners = {
      {.pid = 5, .parent = 1, .name = "nginx", .command_line = {}, .user = {}, .address = {}}};
  EXPECT_EQ(codes(), Codes{"port-taken"});
  EXPECT_NE(only().message.find("nginx (pid 5)"), std::string::npos);
}

TEST_F(DoctorChecksTest, AStoppedServiceIsStartedUnlessSomethingStandsInItsWay) {
  state().active_state = "failed";
  state().result = "exit-code";
  EXPECT_EQ(codes(), Codes{"service-beside-foreground"});
  facts_.is_owner_alive = false;
  facts_.lock_owner.reset();
  EXPECT_EQ(codes(), Codes{"service-failed (repairs)"});
  EXPECT_NE(only().message.find("failed, exit-code"), std::string::npos);
  state().active_state = "inactive";
  EXPECT_EQ(codes(), Codes{"service-stopped (repairs)"});
  facts_.loaded.issues = {{"gateway.port", "expected a whole number"}};
  EXPECT_EQ(codes(), (Codes{"config-invalid", "service-stopped"}));
  state().active_state = "activating";
  EXPECT_EQ(codes(), Codes{"config-invalid"});
}

TEST_F(DoctorChecksTest, NoGatewayAtAllIsNotWrongByItself) {
  facts_.is_owner_alive = false;
  facts_.lock_owner.reset();
  state().is_installed = false;
  EXPECT_EQ(only().code, "gateway-down");
  EXPECT_EQ(only().severity, Severity::Info);
  facts_.paths.profile = "work";
  EXPECT_NE(only().fix.find("openclaw --profile work gateway install"), std::string::npos);
}

TEST_F(DoctorChecksTest, AServiceManagerThatCannotBeAskedIsAWarningWhereItShouldBeThere) {
  facts_.is_owner_alive = false;
  facts_.lock_owner.reset();
  facts_.service->state = std::unexpected(service::Problem{service::Problem::Kind::NoUserBus, "no bus"});
  facts_.service->hints = {{"systemd-headless", "log in again"}, {"generic", "or not"}};
  EXPECT_EQ(codes(), (Codes{"gateway-down", "service-no-user-bus"}));
  EXPECT_EQ(examine(facts_).back().severity, Severity::Warning);
  EXPECT_EQ(examine(facts_).back().fix, "log in again; or not");
  facts_.service->state = std::unexpected(service::Problem{service::Problem::Kind::NoManager, "none"});
  EXPECT_EQ(examine(facts_).back().code, "service-manager-unavailable");
  EXPECT_EQ(examine(facts_).back().severity, Severity::Info);
}

TEST_F(DoctorChecksTest, EveryLineOfTheServiceThatDiffersIsNamedWithItsReason) {
  facts_.service->drift = {{"systemd-stop-timeout", "a stop may cut running work", "TimeoutStopSec=30",
                            "TimeoutStopSec=330", true},
                           {"systemd-umask", "others may read", "", "UMask=0077", false}};
  const auto found = examine(facts_);
  ASSERT_EQ(codes(), (Codes{"systemd-stop-timeout (repairs)", "systemd-umask (repairs)"}));
  EXPECT_EQ(found[0].message, "TimeoutStopSec=30 instead of TimeoutStopSec=330: a stop may cut running work");
  EXPECT_EQ(found[0].severity, Severity::Error);
  EXPECT_EQ(found[1].message, "missing: UMask=0077: others may read");
  EXPECT_EQ(found[1].severity, Severity::Warning);
  facts_.service->drift[0].remedy = "edit /home/u/unit.d/10.conf";
  ASSERT_EQ(codes(), (Codes{"systemd-stop-timeout", "systemd-umask (repairs)"}));
  EXPECT_EQ(examine(facts_)[0].fix, "edit /home/u/unit.d/10.conf");
}

TEST_F(DoctorChecksTest, RootIsToldNoSudo) {
  facts_.state_dir.owner = facts_.user + 1;
  EXPECT_NE(only().fix.find("or: sudo chown -R"), std::string::npos);
  facts_.user = 0;
  EXPECT_NE(only().fix.find("or: chown -R"), std::string::npos);
}

TEST_F(DoctorChecksTest, AUnitThatCannotBeUsedIsNotCalledMissing) {
  facts_.is_owner_alive = false;
  facts_.lock_owner.reset();
  state().is_installed = false;
  state().fault = service::DriftIssue{"systemd-unit-broken", "systemd cannot use the unit", "", "", true};
  facts_.service->drift = {*state().fault};
  ASSERT_EQ(codes(), Codes{"systemd-unit-broken (repairs)"});
  EXPECT_EQ(only().message, "systemd cannot use the unit");
}

TEST_F(DoctorChecksTest, ThingsAroundTheServiceAreLookedAt) {
  state().is_enabled = false;
  facts_.service->drift = {
      {"service-reload-needed", "changed since", "", "", false, "systemctl daemon-reload"}};
  facts_.service->outlives_sessions = false;
  facts_.service->has_system_twin = true;
  EXPECT_EQ(codes(),
            (Codes{"service-disabled", "service-reload-needed", "service-linger (repairs)", "service-twin"}));
  facts_.service->outlives_sessions.reset();  // Not known.
  EXPECT_EQ(codes(), (Codes{"service-disabled", "service-reload-needed", "service-twin"}));
}

TEST_F(DoctorChecksTest, WhatIsManagedElsewhereKeepsNoRepair) {
  configure(R"({gateway: {auth: {token: "0123456789abcdef"}}})");
  facts_.service->drift = {{"systemd-umask", "others may read", "", "UMask=0077", false}};
  facts_.is_service_managed = true;
  EXPECT_EQ(codes(), (Codes{"config-mode-missing (repairs)", "systemd-umask"}));
  facts_.is_config_managed = true;
  EXPECT_EQ(codes(), (Codes{"config-mode-missing", "systemd-umask"}));
}

}  // namespace
}  // namespace gw::cli::doctor
