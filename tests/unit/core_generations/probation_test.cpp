#include <algorithm>

#include <gtest/gtest.h>

#include "core/generations/machine.hpp"

namespace gw::generations {
namespace {

constexpr Instant kStart{Millis{1'000'000}};

/// Two generations: the second has just taken over from the first.
class ProbationTest : public testing::Test {
 protected:
  ProbationTest() {
    step(Begin{});
    step(ReadySaid{{1}, "old"});
    step(ServingSaid{{1}});
    step(SuccessorWanted{{1}});
    step(ReadySaid{{2}, "new"});
    step(ReleasedSaid{{1}});
    step(ServingSaid{{2}});
  }

  Effects step(const Event& event) { return last_ = machine_.step(event, now_); }
  Effects after(Millis time) {
    now_ += time;
    return step(Tick{});
  }
  template <typename T>
  bool said(int id) const {
    return std::ranges::any_of(last_, [&](const Effect& effect) {
      const T* found = std::get_if<T>(&effect);
      return found && found->id == Id{id};
    });
  }
  /// Ticks and answers every probe until `time` has passed.
  void live_through(Millis time) {
    for (const Instant end = now_ + time; now_ < end;) {
      after(limits_.probe);
      if (said<TellProbe>(2)) step(HealthySaid{{2}});
    }
  }

  Limits limits_;
  Machine machine_{limits_};
  Instant now_ = kStart;
  Effects last_;
};

TEST_F(ProbationTest, ThePredecessorStaysUntilTheEndOfTheProbation) {
  EXPECT_FALSE(said<TellRetire>(1));
  live_through(limits_.probation - limits_.probe);
  EXPECT_FALSE(said<TellRetire>(1));
  after(limits_.probe);
  EXPECT_TRUE(said<TellRetire>(1));
}

TEST_F(ProbationTest, ACrashWithinItGivesTheFloorBack) {
  live_through(limits_.probation / 2);
  step(Ended{{2}, "was killed by SIGSEGV", 139});
  EXPECT_TRUE(said<TellResume>(1));
  EXPECT_EQ(machine_.floor(), Id{1});
}

TEST_F(ProbationTest, ACrashAfterItIsReplacedByAFreshProcess) {
  live_through(limits_.probation + limits_.probe);
  step(Ended{{1}, "exited with code 0", 0});
  step(Ended{{2}, "was killed by SIGSEGV", 139});
  EXPECT_FALSE(said<TellResume>(1));
  EXPECT_TRUE(said<Spawn>(3));
}

TEST_F(ProbationTest, AProbeWithoutAnAnswerKills) {
  after(limits_.probe);
  EXPECT_TRUE(said<TellProbe>(2));
  after(limits_.probe_answer - Millis{1});
  EXPECT_FALSE(said<Kill>(2));
  after(Millis{1});
  EXPECT_TRUE(said<Kill>(2));
  step(Ended{{2}, "was killed by SIGKILL", 137});
  EXPECT_TRUE(said<TellResume>(1));
}

TEST_F(ProbationTest, NobodyIsProbedAfterIt) {
  live_through(limits_.probation + limits_.probe);
  after(limits_.probe * 5);
  EXPECT_FALSE(said<TellProbe>(2));
}

TEST_F(ProbationTest, TheNextRestartEndsIt) {
  step(SuccessorWanted{{2}});
  EXPECT_TRUE(said<TellRetire>(1));
  EXPECT_TRUE(said<Spawn>(3));
}

TEST_F(ProbationTest, AStopEndsBothAtOnce) {
  step(StopSignal{});
  EXPECT_TRUE(said<TellStop>(1));
  EXPECT_TRUE(said<TellStop>(2));
  after(limits_.probe * 2);
  EXPECT_FALSE(said<TellProbe>(2));
}

TEST_F(ProbationTest, WithoutAPredecessorThereIsNothingToComeBackTo) {
  step(Ended{{1}, "was killed by SIGKILL", 137});
  after(limits_.probe);
  EXPECT_FALSE(said<TellProbe>(2));
  step(Ended{{2}, "was killed by SIGKILL", 137});
  EXPECT_TRUE(said<Spawn>(3));
}

/// One generation that serves, after its probation or without one.
class WatchTest : public ProbationTest {
 protected:
  WatchTest() {
    live_through(limits_.probation + limits_.probe);
    step(Ended{{1}, "exited with code 0", 0});
  }
};

TEST_F(WatchTest, WhoServesIsAskedAtLongIntervals) {
  after(limits_.probe * 2);
  EXPECT_FALSE(said<TellProbe>(2));
  after(limits_.watch);
  EXPECT_TRUE(said<TellProbe>(2));
  step(HealthySaid{{2}});
  after(limits_.watch);
  EXPECT_TRUE(said<TellProbe>(2));
}

TEST_F(WatchTest, AHangIsKilledAndReplaced) {
  after(limits_.watch);
  ASSERT_TRUE(said<TellProbe>(2));
  after(limits_.watch_answer - Millis{1});
  EXPECT_FALSE(said<Kill>(2));
  after(Millis{1});
  EXPECT_TRUE(said<Kill>(2));
  step(Ended{{2}, "was killed by SIGKILL", 137});
  EXPECT_TRUE(said<Spawn>(3));
}

TEST_F(WatchTest, AnOpenQuestionIsNotTheSuccessors) {
  after(limits_.watch);
  ASSERT_TRUE(said<TellProbe>(2));
  step(SuccessorWanted{{2}});
  step(ReadySaid{{3}, "newer"});
  step(ReleasedSaid{{2}});
  step(ServingSaid{{3}});
  now_ += limits_.watch_answer;  // Of the question to its predecessor.
  step(HealthySaid{{3}});
  after(Millis{0});
  EXPECT_FALSE(said<Kill>(3));
}

TEST_F(WatchTest, APredecessorThatServesAgainIsWatched) {
  step(SuccessorWanted{{2}});
  step(ReadySaid{{3}, "newer"});
  step(ReleasedSaid{{2}});
  step(ServingSaid{{3}});
  step(Ended{{3}, "was killed by SIGKILL", 137});
  ASSERT_TRUE(said<TellResume>(2));
  after(limits_.watch);
  EXPECT_TRUE(said<TellProbe>(2));
}

TEST(RestartSignalTest, OneThatComesDuringStartUpIsHonouredAfterIt) {
  Machine machine;
  const auto told = [](const Effects& effects) {
    return std::ranges::any_of(effects,
                               [](const Effect& e) { return std::holds_alternative<TellRestartSignal>(e); });
  };
  (void)machine.step(Begin{}, kStart);
  EXPECT_FALSE(told(machine.step(RestartSignal{"SIGUSR2"}, kStart)));
  EXPECT_FALSE(told(machine.step(ReadySaid{{1}, "v"}, kStart)));
  EXPECT_TRUE(told(machine.step(ServingSaid{{1}}, kStart)));
}

}  // namespace
}  // namespace gw::generations
