#include <fstream>

#include "platform/gateway_lock.hpp"
#include "platform/private_file.hpp"
#include "unit/cli/program_fixture.hpp"

namespace gw::cli {
namespace {

class AuthTokenTest : public ProgramTest {
 protected:
  AuthTokenTest() { is_terminal_ = true; }

  void configure(const std::string& text) { std::ofstream(dir_ / "openclaw.json") << text; }
  int show() { return run({"--no-color", "gateway", "auth-token", "--show"}); }
};

TEST_F(AuthTokenTest, ShowsTheTokenOfTheFileBeforeThatOfTheEnvironment) {
  environment_["OPENCLAW_GATEWAY_TOKEN"] = "of-the-environment";
  EXPECT_EQ(show(), 0);
  EXPECT_EQ(out_, "of-the-environment\n");
  configure("{gateway: {auth: {token: 'of-${NAME}'}}}");
  environment_["NAME"] = "the-file";
  EXPECT_EQ(show(), 0);
  EXPECT_EQ(out_, "of-the-file\n");
}

TEST_F(AuthTokenTest, ShowsTheTokenThatTheRunningGatewayMadeForItsRun) {
  ASSERT_TRUE(platform::write_private_file(dir_ / "run-token", "of-the-run\n"));
  EXPECT_EQ(show(), 1);  // Nobody runs: left over.
  auto lock = platform::GatewayLock::acquire(dir_ / "gateway.lock");
  ASSERT_TRUE(lock);
  ASSERT_TRUE(lock->publish({.process = platform::own_identity(),
                             .owner_id = "owner-1",
                             .port = 1,
                             .config_path = {},
                             .state_dir = {},
                             .created_at = {},
                             .version = "1"}));
  EXPECT_EQ(show(), 0);
  EXPECT_EQ(out_, "of-the-run\n");
}

TEST_F(AuthTokenTest, RefusesWithoutConfirmationAndWithoutATerminal) {
  configure("{gateway: {auth: {token: 'the-secret'}}}");
  EXPECT_EQ(run({"gateway", "auth-token"}), 1);
  EXPECT_NE(err_.find("--show"), std::string::npos);
  is_terminal_ = false;
  EXPECT_EQ(run({"gateway", "auth-token", "--show"}), 1);
  EXPECT_NE(err_.find("terminal only"), std::string::npos);
  EXPECT_EQ((out_ + err_).find("the-secret"), std::string::npos);
}

TEST_F(AuthTokenTest, SaysWhyThereIsNone) {
  EXPECT_EQ(show(), 1);
  EXPECT_NE(err_.find("no gateway token is configured"), std::string::npos);
  configure("{gateway: {auth: {mode: 'none', token: 'x'}}}");
  EXPECT_EQ(show(), 1);
  EXPECT_NE(err_.find("gateway.auth.mode is none"), std::string::npos);
  configure("{gateway: {auth: {token: '${MISSING}'}}}");
  EXPECT_EQ(show(), 1);
  EXPECT_NE(err_.find("MISSING"), std::string::npos);
  configure("{gateway: ");
  EXPECT_EQ(show(), 1);
  EXPECT_NE(err_.find("the configuration is invalid"), std::string::npos);
}

}  // namespace
}  // namespace gw::cli
