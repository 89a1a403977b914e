#include <fstream>

#include "base/version.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/private_file.hpp"
#include "unit/cli/program_fixture.hpp"
#include "unit/cli/stub_gateway.hpp"

namespace gw::cli {
namespace {

TEST_F(ProgramTest, TheVersionIsOneLine) {
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_EQ(out_, std::string(kVersion) + "\n");
  EXPECT_EQ(run({"-V"}), 0);
  EXPECT_EQ(err_, "");
}

TEST_F(ProgramTest, AMisuseExitsWithOneAndSaysSoOnStderr) {
  EXPECT_EQ(run({"gateway", "restart", "--x"}), 1);
  EXPECT_EQ(err_, "error: unknown option '--x'\n");
  EXPECT_EQ(out_, "");
}

TEST_F(ProgramTest, AMisuseWithJsonIsOneDocument) {
  EXPECT_EQ(run({"gateway", "restart", "--json", "--x"}), 1);
  EXPECT_EQ(document().at("error").at("type"), "cli_error");
  EXPECT_EQ(err_, "");
}

TEST_F(ProgramTest, RestartOptionsThatExcludeEachOtherAreRefusedInTheKnownWords) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--safe", "--force"}, "--safe cannot be combined with --force; omit --safe to force restart now"},
      {{"--safe", "--wait", "5s"},
       "--safe cannot be combined with --wait; safe restart uses gateway deferral"},
      {{"--force", "--wait", "5s"}, "--force cannot be combined with --wait"},
      {{"--skip-deferral"}, "--skip-deferral requires --safe"},
  };
  for (const auto& [options, text] : cases) {
    std::vector<std::string> words{"gateway", "restart", "--json"};
    words.insert(words.end(), options.begin(), options.end());
    EXPECT_EQ(run(words), 1);
    EXPECT_EQ(document().at("error").at("message"), text.c_str());
  }
  EXPECT_EQ(run({"gateway", "restart", "--wait", "soon"}), 1);
  EXPECT_NE(err_.find("\"soon\""), std::string::npos);
}

TEST_F(ProgramTest, ARestartWithoutAGatewayFailsAndSaysWhatToDo) {
  EXPECT_EQ(run({"gateway", "restart", "--json"}), 1);
  const json::Object report = document();
  EXPECT_EQ(report.at("action"), "restart");
  EXPECT_EQ(report.at("ok"), false);
  EXPECT_EQ(report.at("result"), "not-loaded");
  EXPECT_EQ(report.at("hints").at(0), "openclaw gateway run");
}

TEST_F(ProgramTest, RunPassesItsFlagsOn) {
  std::ofstream(dir_ / "pw") << "  secret \n";
  EXPECT_EQ(run({"gateway", "--port", "0", "--allow-unconfigured", "run", "--auth", "password",
                 "--password-file", (dir_ / "pw").string()}),
            0);
  ASSERT_TRUE(run_request_.has_value());
  EXPECT_EQ(run_request_->port, 0);
  EXPECT_TRUE(run_request_->allow_unconfigured);
  EXPECT_EQ(run_request_->auth, config::AuthMode::Password);
  EXPECT_EQ(run_request_->password.reveal(), "secret");
  EXPECT_EQ(run_request_->paths.state_dir, dir_);
}

TEST_F(ProgramTest, RunRefusesBadFlagsWithOne) {
  const std::vector<std::vector<std::string>> cases = {{"--port", "x"},
                                                       {"--port", "70000"},
                                                       {"--bind", "moon"},
                                                       {"--auth", "maybe"},
                                                       {"--raw-stream"},
                                                       {"--tailscale", "serve"},
                                                       {"--auth", "trusted-proxy"},
                                                       {"--password-file", "/nowhere"},
                                                       {"--reset"},
                                                       {"--password", "a", "--password-file", "b"}};
  for (const auto& options : cases) {
    std::vector<std::string> words{"gateway", "run"};
    words.insert(words.end(), options.begin(), options.end());
    EXPECT_EQ(run(words), 1) << options.front();
    EXPECT_FALSE(run_request_.has_value()) << options.front();
  }
}

TEST_F(ProgramTest, ABadProfileAndADevProfileBesideAnotherAreRefused) {
  EXPECT_EQ(run({"--profile", "..", "health"}), 1);
  EXPECT_EQ(run({"--dev", "--profile", "work", "health"}), 1);
  EXPECT_NE(err_.find("Cannot combine --dev with --profile"), std::string::npos);
}

TEST_F(ProgramTest, StatusReportsAGatewayThatIsNotThereAndExitsWithZero) {
  environment_["OPENCLAW_GATEWAY_PORT"] = "1";
  EXPECT_EQ(run({"gateway", "status", "--json"}), 0);
  const json::Object report = document();
  EXPECT_EQ(report.at("service").at("runtime").at("status"), "stopped");
  EXPECT_EQ(report.at("rpc").at("ok"), false);
  EXPECT_EQ(report.at("health").at("healthy"), false);
  EXPECT_EQ(run({"gateway", "status", "--require-rpc"}), 1);
  EXPECT_EQ(run({"gateway", "status", "--json", "--no-probe"}), 0);
  EXPECT_FALSE(document().contains("rpc"));
  EXPECT_EQ(run({"gateway", "status", "--require-rpc", "--no-probe"}), 1);
}

TEST_F(ProgramTest, AProbeMakesNoDeviceKey) {
  environment_["OPENCLAW_GATEWAY_PORT"] = "1";
  EXPECT_EQ(run({"gateway", "status"}), 0);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "identity"));
}

TEST_F(ProgramTest, ABadTimeoutAndBadParametersAreRefusedBeforeAnyConnection) {
  EXPECT_EQ(run({"gateway", "call", "health", "--timeout", "0"}), 1);
  EXPECT_NE(err_.find("Invalid --timeout"), std::string::npos);
  EXPECT_EQ(run({"gateway", "call", "health", "--params", "{", "--json"}), 1);
  EXPECT_EQ(document().at("error").at("type"), "cli_error");
}

/// As `gateway restart` sees a gateway that lives in this very process.
class RestartTest : public ProgramTest {
 protected:
  void publish(std::uint16_t port) {
    lock_.emplace(*platform::GatewayLock::acquire(dir_ / "gateway.lock"));
    ASSERT_TRUE(lock_
                    ->publish({.process = platform::own_identity(),
                               .owner_id = "owner-1",
                               .port = port,
                               .config_path = {},
                               .state_dir = {},
                               .created_at = {},
                               .version = "1"})
                    .has_value());
    ASSERT_TRUE(platform::write_private_file(dir_ / "run-token", "token-of-the-run").has_value());
  }

  static StubGateway::Reply reply(const json::Object& request, const json::Object& payload) {
    return {.frames = {StubGateway::ok(request, payload)}, .close_reason = {}};
  }

  std::optional<platform::GatewayLock> lock_;
};

TEST_F(RestartTest, ADirectRestartIsFollowedThroughTheRestartToItsEnd) {
  StubGateway stub([](const json::Object& request, int connection) -> StubGateway::Reply {
    const std::string_view method = json::text_or(request, "method");
    if (method == "connect") return reply(request, {{"type", "hello-ok"}});
    if (method == "gateway.restart.request") {
      return reply(request, {{"ok", true}, {"status", "emitted"}, {"pid", 1}, {"id", "r-1"}});
    }
    if (connection == 1) return {.frames = {}, .close_code = 1012, .close_reason = "service restart"};
    return reply(request, {{"phase", "idle"}, {"restart", {{"id", "r-1"}, {"outcome", "restarted"}}}});
  });
  publish(stub.port());
  EXPECT_EQ(run({"gateway", "restart", "--wait", "30s", "--json"}), 0);
  const json::Object report = document();
  EXPECT_EQ(report.at("result"), "restarted");
  EXPECT_EQ(report.at("message"), ("Gateway restart request sent to foreground process on port " +
                                   std::to_string(stub.port()) + ": " + std::to_string(::getpid()) + ".")
                                      .c_str());
  const json::Object params = stub.requests()[1].at("params").get_object();
  EXPECT_EQ(params.at("target").at("ownerId"), "owner-1");
  EXPECT_EQ(params.at("restartIntent").at("waitMs"), 30'000);
  EXPECT_EQ(stub.requests()[0].at("params").at("auth").at("token"), "token-of-the-run");
}

TEST_F(RestartTest, AFailedRestartExitsWithOneAndTheReason) {
  StubGateway stub([](const json::Object& request, int) {
    const std::string_view method = json::text_or(request, "method");
    if (method == "gateway.restart.status") {
      return reply(request, {{"restart", {{"outcome", "failed"}, {"failure", "bad schema"}}}});
    }
    return reply(request, {{"id", "r-1"}});
  });
  publish(stub.port());
  EXPECT_EQ(run({"gateway", "restart", "--force", "--json"}), 1);
  const json::Object report = document();
  EXPECT_EQ(report.at("result"), "restart-health-failed");
  EXPECT_EQ(report.at("error"), "Gateway restart failed: bad schema");
}

TEST_F(RestartTest, ARestartThatTheGatewayForgotIsAFailure) {
  StubGateway stub([](const json::Object& request, int) {
    const bool is_status = json::text_or(request, "method") == "gateway.restart.status";
    return is_status ? reply(request, {{"phase", "idle"}, {"restart", nullptr}})
                     : reply(request, {{"id", "r-1"}});
  });
  publish(stub.port());
  EXPECT_EQ(run({"gateway", "restart"}), 1);
}

TEST_F(RestartTest, ASafeRestartIsOneRequestAndWarnsWhatItWaitsFor) {
  StubGateway stub([](const json::Object& request, int) {
    if (json::text_or(request, "method") == "connect") return reply(request, {});
    return reply(request, {{"ok", true},
                           {"status", "deferred"},
                           {"preflight", {{"safe", false}, {"summary", "restart deferred: 1 thing"}}},
                           {"restart", {{"ok", true}}}});
  });
  publish(stub.port());
  EXPECT_EQ(run({"gateway", "restart", "--safe", "--json"}), 0);
  const json::Object report = document();
  EXPECT_EQ(report.at("result"), "deferred");
  EXPECT_EQ(report.at("message"), "safe restart requested; gateway will restart after active work drains");
  EXPECT_EQ(report.at("warnings").at(0), "restart deferred: 1 thing");
  ASSERT_EQ(stub.requests().size(), 2U);
  EXPECT_EQ(json::serialize(stub.requests()[1].at("params")), R"({"reason":"gateway.restart.safe"})");
  EXPECT_EQ(run({"gateway", "restart", "--safe"}), 0);
  EXPECT_EQ(err_, "warning: restart deferred: 1 thing\n");
}

}  // namespace
}  // namespace gw::cli
