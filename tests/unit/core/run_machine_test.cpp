#include <initializer_list>
#include <optional>

#include <gtest/gtest.h>

#include "core/run/machine.hpp"

namespace gw::run {
namespace {

class RunMachineTest : public testing::Test {
 protected:
  static constexpr Limits kLimits{
      .retry = {.first = Millis{100}, .longest = Millis{300}, .attempts_max = 3, .spread = 0.0},
      .tool_rounds_max = 3,
      .timeout = Millis{5'000}};

  static Instant at(int ms) { return Instant{Millis{1'000'000 + ms}}; }
  Effects step(const Event& event, int ms) { return machine_.step(event, at(ms)); }

  enum class Where { New, Calling, Waiting, Tools };
  void bring_to(Where where) {
    machine_ = Machine(kLimits);
    if (where == Where::New) return;
    (void)step(Begin{}, 0);
    if (where == Where::Waiting) (void)step(CallFailed{.is_retryable = true}, 0);
    if (where == Where::Tools) (void)step(Answered{.has_tool_calls = true}, 0);
  }

  Machine machine_{kLimits};
};

template <typename T>
bool has(const Effects& effects) {
  for (const Effect& effect : effects) {
    if (std::holds_alternative<T>(effect)) return true;
  }
  return false;
}

/// How the run ended, when `End` is the last effect.
std::optional<Ending> ending_of(const Effects& effects) {
  if (effects.empty()) return std::nullopt;
  const End* end = std::get_if<End>(&effects.back());
  return end ? std::optional(end->ending) : std::nullopt;
}

TEST_F(RunMachineTest, ARunBeginsWithAModelCallThatIsNoRetry) {
  const Effects effects = step(Begin{}, 0);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_FALSE(std::get<CallModel>(effects[0]).is_retry);
  EXPECT_TRUE(step(Begin{}, 1).empty()) << "a second begin is ignored";
}

TEST_F(RunMachineTest, AnAnswerWithoutToolCallsEndsTheRun) {
  bring_to(Where::Calling);
  const Effects effects = step(Answered{}, 10);
  EXPECT_EQ(ending_of(effects), Ending::Answered);
  EXPECT_EQ(effects.size(), 1U) << "the call is over: nothing to drop";
  EXPECT_TRUE(machine_.is_over());
  EXPECT_EQ(machine_.wake_at(), std::nullopt);
}

TEST_F(RunMachineTest, ToolResultsAreSentToTheModel) {
  bring_to(Where::Calling);
  EXPECT_TRUE(has<RunTools>(step(Answered{.has_tool_calls = true}, 10)));
  const Effects effects = step(ToolsDone{}, 20);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_FALSE(std::get<CallModel>(effects[0]).is_retry);
}

TEST_F(RunMachineTest, ToolCallsEndTheRunWhenAllItsModelCallsAreUsed) {
  bring_to(Where::Calling);
  EXPECT_TRUE(has<RunTools>(step(Answered{.has_tool_calls = true}, 1)));
  (void)step(ToolsDone{}, 1);
  EXPECT_TRUE(has<RunTools>(step(Answered{.has_tool_calls = true}, 2)));
  (void)step(ToolsDone{}, 2);
  const Effects third = step(Answered{.has_tool_calls = true}, 3);
  EXPECT_FALSE(has<RunTools>(third));
  EXPECT_EQ(ending_of(third), Ending::TooManyToolRounds);
}

TEST_F(RunMachineTest, TheLastAllowedModelCallMayStillAnswer) {
  bring_to(Where::Calling);
  for (int round = 1; round < kLimits.tool_rounds_max; ++round) {
    (void)step(Answered{.has_tool_calls = true}, round);
    (void)step(ToolsDone{}, round);
  }
  EXPECT_EQ(ending_of(step(Answered{}, 9)), Ending::Answered);
}

TEST_F(RunMachineTest, ARetryableFailureIsTriedAgainAfterItsWaitAndNotEarlier) {
  bring_to(Where::Calling);
  EXPECT_TRUE(step(CallFailed{.is_retryable = true}, 10).empty());
  EXPECT_EQ(machine_.wake_at(), at(110));
  EXPECT_TRUE(step(Tick{}, 109).empty());
  const Effects effects = step(Tick{}, 110);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_TRUE(std::get<CallModel>(effects[0]).is_retry);
  EXPECT_TRUE(step(Tick{}, 110).empty()) << "a repeated tick starts no second call";
}

TEST_F(RunMachineTest, WaitsGrowFromAttemptToAttempt) {
  bring_to(Where::Waiting);
  (void)step(Tick{}, 100);
  (void)step(CallFailed{.is_retryable = true}, 100);
  EXPECT_EQ(machine_.wake_at(), at(300));
}

TEST_F(RunMachineTest, RetryAfterIsAMinimum) {
  bring_to(Where::Calling);
  (void)step(CallFailed{.is_retryable = true, .retry_after = Millis{2'000}}, 0);
  EXPECT_TRUE(step(Tick{}, 1'999).empty());
  EXPECT_TRUE(has<CallModel>(step(Tick{}, 2'000)));
}

TEST_F(RunMachineTest, ARetryAfterBeyondReasonFailsTheRun) {
  bring_to(Where::Calling);
  EXPECT_EQ(ending_of(step(CallFailed{.is_retryable = true, .retry_after = Millis{120'001}}, 0)),
            Ending::Failed);
}

TEST_F(RunMachineTest, TheRunFailsWhenItsAttemptsAreUsed) {
  bring_to(Where::Calling);
  EXPECT_TRUE(step(CallFailed{.is_retryable = true}, 0).empty());
  (void)step(Tick{}, 100);
  EXPECT_TRUE(step(CallFailed{.is_retryable = true}, 100).empty());
  (void)step(Tick{}, 300);
  EXPECT_EQ(ending_of(step(CallFailed{.is_retryable = true}, 300)), Ending::Failed);
}

TEST_F(RunMachineTest, EachModelCallHasAttemptsOfItsOwn) {
  bring_to(Where::Waiting);
  (void)step(Tick{}, 100);
  (void)step(Answered{.has_tool_calls = true}, 150);
  (void)step(ToolsDone{}, 200);
  (void)step(CallFailed{.is_retryable = true}, 200);
  EXPECT_EQ(machine_.wake_at(), at(300)) << "the first wait again";
}

TEST_F(RunMachineTest, AFailureThatCannotGetBetterEndsTheRun) {
  bring_to(Where::Calling);
  EXPECT_EQ(ending_of(step(CallFailed{.is_retryable = false}, 0)), Ending::Failed);
}

TEST_F(RunMachineTest, AnAbortEndsTheRunInEveryPhaseAndDropsACallUnderWay) {
  for (const Where where : {Where::New, Where::Calling, Where::Waiting, Where::Tools}) {
    bring_to(where);
    const Effects effects = step(AbortAsked{}, 10);
    EXPECT_EQ(ending_of(effects), Ending::Aborted);
    EXPECT_EQ(has<DropCall>(effects), where == Where::Calling);
  }
}

TEST_F(RunMachineTest, TheTimeLimitEndsTheRunInEveryPhaseAndNotEarlier) {
  for (const Where where : {Where::Calling, Where::Waiting, Where::Tools}) {
    bring_to(where);
    EXPECT_EQ(ending_of(step(Tick{}, 4'999)), std::nullopt);
    if (where == Where::Waiting) (void)step(CallFailed{.is_retryable = true}, 4'999);
    const Effects effects = step(Tick{}, 5'000);
    EXPECT_EQ(ending_of(effects), Ending::TimedOut);
    EXPECT_EQ(has<DropCall>(effects), where == Where::Calling);
  }
}

TEST_F(RunMachineTest, TheTimeLimitCountsFromTheBeginning) {
  EXPECT_EQ(machine_.wake_at(), std::nullopt);
  EXPECT_TRUE(step(Tick{}, 9'000).empty()) << "not begun: not late";
  (void)step(Begin{}, 10'000);
  EXPECT_EQ(machine_.wake_at(), at(15'000));
}

TEST_F(RunMachineTest, AWaitBeyondTheTimeLimitWakesAtTheLimit) {
  bring_to(Where::Calling);
  (void)step(CallFailed{.is_retryable = true, .retry_after = Millis{60'000}}, 0);
  EXPECT_EQ(machine_.wake_at(), at(5'000));
}

TEST_F(RunMachineTest, ATimeLimitOfZeroIsNone) {
  Limits limits = kLimits;
  limits.timeout = Millis{0};
  machine_ = Machine(limits);
  (void)step(Begin{}, 0);
  EXPECT_EQ(machine_.wake_at(), std::nullopt);
  EXPECT_TRUE(step(Tick{}, 1'000'000'000).empty());
  (void)step(CallFailed{.is_retryable = true}, 1'000'000'000);
  EXPECT_EQ(machine_.wake_at(), at(1'000'000'100));
}

TEST_F(RunMachineTest, EventsOfAnotherPhaseAreIgnored) {
  bring_to(Where::Waiting);
  EXPECT_TRUE(step(Answered{}, 1).empty());
  EXPECT_TRUE(step(CallFailed{.is_retryable = false}, 1).empty());
  EXPECT_TRUE(step(ToolsDone{}, 1).empty());
  bring_to(Where::Tools);
  EXPECT_TRUE(step(Answered{}, 1).empty());
  EXPECT_TRUE(step(CallFailed{.is_retryable = false}, 1).empty());
  bring_to(Where::New);
  EXPECT_TRUE(step(Answered{}, 1).empty());
  EXPECT_TRUE(step(ToolsDone{}, 1).empty());
  EXPECT_FALSE(machine_.is_over());
}

TEST_F(RunMachineTest, NothingHappensAfterTheEnd) {
  bring_to(Where::Calling);
  (void)step(AbortAsked{}, 1);
  for (const Event& late : std::initializer_list<Event>{Begin{}, Answered{}, CallFailed{.is_retryable = true},
                                                        ToolsDone{}, AbortAsked{}, Tick{}}) {
    EXPECT_TRUE(step(late, 1'000'000).empty()) << late.index();
  }
}

}  // namespace
}  // namespace gw::run
