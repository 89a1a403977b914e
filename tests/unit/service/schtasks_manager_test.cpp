#include "service/schtasks_manager.hpp"

#include <gtest/gtest.h>

#include "unit/service/support.hpp"

namespace gw::service {
namespace {

TEST(SchtasksManagerTest, ReadsEveryLanguageTheSame) {
  for (const std::string language : {"en", "de"}) {
    const auto state = [&](const std::string& name) {
      return schtasks_state(recorded("schtasks/" + language + "/csv-" + name + ".txt"));
    };
    EXPECT_TRUE(state("running").is_running()) << language;
    EXPECT_TRUE(state("running-again").is_running()) << language;
    EXPECT_FALSE(state("not-run").is_running()) << language;
    EXPECT_EQ(state("not-run").sub_state, "not run yet") << language;
    EXPECT_EQ(state("terminated").sub_state, "terminated") << language;
    EXPECT_EQ(state("terminated").last_exit_status, std::nullopt) << language;
    EXPECT_EQ(state("failed").last_exit_status, 78) << language;
    EXPECT_EQ(state("failed").active_state, "inactive") << language;
  }
  EXPECT_EQ(schtasks_state(recorded("schtasks/de/csv-running.txt")).last_run_time, "12.09.2026 22:41:43");
  EXPECT_EQ(schtasks_state(recorded("schtasks/en/csv-running.txt")).last_run_result, "267009");
}

TEST(SchtasksManagerTest, TakesHexAndCommasInValues) {
  EXPECT_TRUE(
      schtasks_state("\r\n\"H\",\"a, \"\"b\"\"\",\"\",\"x\",\"y\",\"z\",\"0x41301\"\r\n").is_running());
  EXPECT_FALSE(schtasks_state("\"H\",\"a\",\"\",\"x\",\"y\",\"z\",\"N/A\"").is_running());
  EXPECT_EQ(schtasks_state("").active_state, "inactive");
}

TEST(SchtasksManagerTest, KnowsWhySchtasksFailed) {
  using enum Problem::Kind;
  for (const std::string language : {"en", "de"}) {
    EXPECT_EQ(
        schtasks_problem(static_cast<int>(0x80070002), recorded("schtasks/" + language + "/error-2.txt"))
            .kind,
        NotInstalled);
    EXPECT_EQ(
        schtasks_problem(static_cast<int>(0x80070005), recorded("schtasks/" + language + "/error-5.txt"))
            .kind,
        NoPermission);
  }
  EXPECT_EQ(schtasks_problem(1, recorded("schtasks/en/error-2.txt")).kind, NotInstalled)
      << "without /HRESULT";
  EXPECT_EQ(schtasks_problem(1, recorded("schtasks/en/error-5.txt")).kind, NoPermission)
      << "without /HRESULT";
  EXPECT_EQ(schtasks_problem(1, "").text, "schtasks failed without a word (exit 1)");
}

}  // namespace
}  // namespace gw::service
