#include "service/launchd_manager.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "unit/service/support.hpp"

namespace gw::service {
namespace {

Problem::Kind kind_of(int code, const std::string& name) {
  return launchd_problem(code, recorded(name)).kind;
}

TEST(LaunchdManagerTest, ReadsTheJobNotItsCoalitions) {
  const State state = launchd_state(recorded("launchctl/print-running.txt"));
  EXPECT_EQ(state.active_state, "active");
  EXPECT_EQ(state.sub_state, "running");
  EXPECT_EQ(state.pid, 35711);
  EXPECT_EQ(state.restarts, 0);
  EXPECT_EQ(state.last_exit_status, std::nullopt);
  EXPECT_TRUE(state.is_running());
}

TEST(LaunchdManagerTest, TellsHowTheLastRunEnded) {
  const State killed = launchd_state(recorded("launchctl/print-again.txt"));
  EXPECT_EQ(killed.restarts, 2);
  EXPECT_EQ(killed.last_exit_status, 15);
  EXPECT_EQ(killed.last_exit_reason, 2);
  const State refused = launchd_state(recorded("launchctl/print-exited-78.txt"));
  EXPECT_EQ(refused.active_state, "activating");
  EXPECT_EQ(refused.last_exit_status, 78);
  EXPECT_EQ(refused.last_exit_reason, 1);
  EXPECT_EQ(refused.pid, std::nullopt);
  const State idle = launchd_state(recorded("launchctl/print-not-running.txt"));
  EXPECT_EQ(idle.active_state, "inactive");
  EXPECT_EQ(idle.last_exit_status, 0);
  EXPECT_EQ(launchd_state("nonsense\n}\n}\nstate = running\n").active_state, "");
}

TEST(LaunchdManagerTest, KnowsWhyLaunchctlFailed) {
  using enum Problem::Kind;
  EXPECT_EQ(kind_of(113, "launchctl/print-113.txt"), NotInstalled);
  EXPECT_EQ(kind_of(112, "launchctl/print-112.txt"), NoUserBus);
  EXPECT_EQ(kind_of(125, "launchctl/print-125.txt"), NoUserBus);
  EXPECT_EQ(kind_of(125, "launchctl/bootstrap-125.txt"), NoUserBus);
  EXPECT_EQ(kind_of(5, "launchctl/bootstrap-5.txt"), Failed);
  for (const int code : {112, 125}) EXPECT_EQ(launchd_problem(code, "").kind, NoUserBus) << code;
  EXPECT_EQ(launchd_problem(113, "").kind, NotInstalled);
  EXPECT_EQ(launchd_problem(1, "Domain does not support specified action").kind, NoUserBus);
  EXPECT_EQ(launchd_problem(1, "Could not find domain for user gui: 501").kind, NoUserBus);
  EXPECT_EQ(launchd_problem(1, "Not privileged to set domain").kind, NoPermission);
  EXPECT_EQ(launchd_problem(9, "").text, "launchctl failed without a word (exit 9)");
}

TEST(LaunchdManagerTest, FindsTheOverrideOfExactlyThatLabel) {
  for (const char* name : {"launchctl/print-disabled.txt", "launchctl/print-disabled-older.txt"}) {
    EXPECT_TRUE(is_disabled(recorded(name), "ai.openclaw.gateway")) << name;
    EXPECT_FALSE(is_disabled(recorded(name), "ai.openclaw.gateway2")) << name;
    EXPECT_FALSE(is_disabled(recorded(name), "com.apple.Siri.agent")) << name;
  }
}

/// A manager whose `launchctl` is a few lines of shell: `bootstrap` fails with 5 as often as the file `fails`
/// says, and a job is loaded while the file `loaded` is there. Waiting only counts.
class LaunchdDriverTest : public testing::Test {
 protected:
  LaunchdDriverTest() {
    std::string path = std::filesystem::temp_directory_path() / "openclaw-launchctl-XXXXXX";
    dir_ = ::mkdtemp(path.data());
    write("launchctl", R"(#!/bin/sh
dir=${0%/*}
case $1 in
print) [ -e "$dir/loaded" ] || { echo 'Could not find service "x"' >&2; exit 113; } ;;
bootstrap)
  read -r fails <"$dir/fails"
  [ "$fails" = 0 ] && exit 0
  echo $((fails - 1)) >"$dir/fails"
  echo 'Bootstrap failed: 5: Input/output error' >&2
  exit 5
  ;;
esac
)");
    std::filesystem::permissions(dir_ / "launchctl", std::filesystem::perms::owner_all);
  }
  ~LaunchdDriverTest() override { std::filesystem::remove_all(dir_); }

  void write(const char* name, const std::string& text) const { std::ofstream(dir_ / name) << text; }

  std::unique_ptr<Manager> manager() {
    return make_launchd_manager(
        {.label = "x",
         .user_id = 501,
         .home = dir_ / "home",
         .state_dir = dir_ / "state",
         .environment = [this](const std::string& name) -> std::optional<std::string> {
           if (name == "PATH") return dir_.string();
           return std::nullopt;
         },
         .pause = [this](Millis time) { waited_ += time; }});
  }

  std::filesystem::path dir_;
  Millis waited_{0};
};

TEST_F(LaunchdDriverTest, TriesABootstrapThatComesTooEarlyAgain) {
  write("fails", "2\n");
  EXPECT_TRUE(manager()->start());
  EXPECT_EQ(waited_, Millis{2'000});
}

TEST_F(LaunchdDriverTest, GivesUpOnABootstrapThatFailsAgainAndAgain) {
  write("fails", "3\n");
  const auto started = manager()->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().text, "Bootstrap failed: 5: Input/output error");
  EXPECT_EQ(waited_, Millis{2'000});
}

TEST_F(LaunchdDriverTest, WaitsLongerThanLaunchdGivesAJobToEnd) {
  write("loaded", "");
  const auto stopped = manager()->stop();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().text, "x did not end within 35 s");
  EXPECT_EQ(waited_, Millis{35'000});
}

}  // namespace
}  // namespace gw::service
