#include "platform/captured_run.hpp"

#include <gtest/gtest.h>

namespace gw::platform {
namespace {

CapturedCall shell(const std::string& script) {
  return {.program = "sh",
          .arguments = {"-c", script},
          .environment = {"PATH=/bin:/usr/bin", "COLOUR=blue"},
          .input = "said",
          .limit = Millis{20'000}};
}

TEST(CapturedRun, BringsBackWhatItWroteAndHowItEnded) {
  const auto run = run_captured(shell("cat; echo $COLOUR; echo problem >&2; exit 3"));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->out, "saidblue\n");
  EXPECT_EQ(run->err, "problem\n");
  EXPECT_EQ(run->exit_code, 3);
  EXPECT_EQ(run_captured(shell("kill -9 $$"))->exit_code, 137);
}

TEST(CapturedRun, KnowsWhatIsNotThere) {
  CapturedCall call = shell("");
  call.environment = {"PATH=::/nonexistent"};
  EXPECT_EQ(run_captured(call).error().code, Code::NotFound);
  call.environment = {};
  EXPECT_EQ(run_captured(call).error().message, "sh was not found");
  call.program = "/nonexistent/sh";
  EXPECT_EQ(run_captured(call).error().code, Code::NotFound);
}

TEST(CapturedRun, EndsWhatRunsTooLong) {
  CapturedCall call = shell("exec 1>&- 2>&-; exec sleep 1000");
  call.limit = Millis{30};
  EXPECT_EQ(run_captured(call).error().code, Code::TimedOut);
}

TEST(CapturedRun, EndsWhatIsQuietForTooLong) {
  CapturedCall call = shell("echo once; exec sleep 1000");
  call.quiet_limit = Millis{200};
  EXPECT_EQ(run_captured(call).error().message, "sh: no output for 200 ms");
}

TEST(CapturedRun, EndsWhatWritesTooMuch) {
  CapturedCall call = shell("while :; do echo more than anybody wants to read; done");
  call.output_bytes_max = 100'000;
  const auto run = run_captured(call);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().message, "sh: it wrote more than 100000 bytes");
}

}  // namespace
}  // namespace gw::platform
