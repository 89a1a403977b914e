#include "core/generations/machine.hpp"

#include <gtest/gtest.h>

namespace gw::generations {
namespace {

Instant at(std::int64_t ms) { return Instant{Millis{ms}}; }

template <typename T>
const T* find(const Effects& effects) {
  for (const Effect& effect : effects) {
    if (const T* found = std::get_if<T>(&effect)) return found;
  }
  return nullptr;
}

template <typename T>
bool has(const Effects& effects) {
  return find<T>(effects) != nullptr;
}

constexpr Id kFirst{1};
constexpr Id kSecond{2};
constexpr Id kThird{3};

/// A machine whose first generation serves since `at(10)`.
Machine serving(const Limits& limits = {}) {
  Machine machine(limits);
  (void)machine.step(Begin{}, at(0));
  (void)machine.step(ReadySaid{kFirst, "1.0"}, at(5));
  (void)machine.step(ServingSaid{kFirst}, at(10));
  return machine;
}

/// As `serving`, with a second generation that is ready since `at(120)`.
Machine with_successor() {
  Machine machine = serving();
  (void)machine.step(SuccessorWanted{kFirst}, at(100));
  (void)machine.step(ReadySaid{kSecond, "1.1"}, at(120));
  return machine;
}

/// As `with_successor`, after the first has released the floor at `at(130)`.
Machine handed_over() {
  Machine machine = with_successor();
  (void)machine.step(ReleasedSaid{kFirst}, at(130));
  return machine;
}

TEST(GenerationsTest, TheFirstGenerationTakesTheFloorWhenItIsReady) {
  Machine machine;
  const Effects begun = machine.step(Begin{}, at(0));
  ASSERT_TRUE(has<Spawn>(begun));
  EXPECT_FALSE(find<Spawn>(begun)->is_standby);
  const Effects ready = machine.step(ReadySaid{kFirst, "1.0"}, at(5));
  ASSERT_TRUE(has<TellTake>(ready));
  EXPECT_EQ(find<TellTake>(ready)->released_at, Instant{});
  EXPECT_TRUE(has<ReportServing>(machine.step(ServingSaid{kFirst}, at(10))));
}

TEST(GenerationsTest, AFirstGenerationThatCannotStartEndsTheKeeperWithItsCodeAndReason) {
  Machine machine;
  (void)machine.step(Begin{}, at(0));
  EXPECT_FALSE(has<Exit>(machine.step(FailedSaid{kFirst, "bad key", 78}, at(5))));
  const Effects ended = machine.step(Ended{kFirst, "exited with code 78", 78}, at(6));
  ASSERT_TRUE(has<Exit>(ended));
  EXPECT_EQ(find<Exit>(ended)->code, 78);
  EXPECT_EQ(find<Exit>(ended)->message, "bad key");
}

TEST(GenerationsTest, AFirstGenerationThatCannotBeSpawnedEndsTheKeeper) {
  Machine machine;
  (void)machine.step(Begin{}, at(0));
  const Effects ended = machine.step(SpawnFailed{kFirst, "no such file"}, at(0));
  ASSERT_TRUE(has<Exit>(ended));
  EXPECT_EQ(find<Exit>(ended)->code, 1);
  EXPECT_EQ(find<Exit>(ended)->message, "no such file");
}

TEST(GenerationsTest, AFirstGenerationThatHangsIsKilledAtTheStartLimitAndNotBefore) {
  Machine machine;
  (void)machine.step(Begin{}, at(0));
  EXPECT_FALSE(has<Kill>(machine.step(Tick{}, at(19'999))));
  EXPECT_TRUE(has<Kill>(machine.step(Tick{}, at(20'000))));
  const Effects ended = machine.step(Ended{kFirst, "was killed by SIGKILL", 137}, at(20'001));
  ASSERT_TRUE(has<Exit>(ended));
  EXPECT_EQ(find<Exit>(ended)->message, "not ready within 20 s");
}

TEST(GenerationsTest, ARestartIsSpawnReadyReleasedTakeServingRetireInThisOrder) {
  Machine machine = serving({.probation = Millis{0}});
  const Effects wanted = machine.step(SuccessorWanted{kFirst}, at(100));
  ASSERT_TRUE(has<Spawn>(wanted));
  EXPECT_TRUE(find<Spawn>(wanted)->is_standby);
  const Effects ready = machine.step(ReadySaid{kSecond, "1.1"}, at(120));
  ASSERT_TRUE(has<TellSuccessorReady>(ready));
  EXPECT_EQ(find<TellSuccessorReady>(ready)->version, "1.1");
  EXPECT_FALSE(has<TellTake>(ready));
  const Effects released = machine.step(ReleasedSaid{kFirst}, at(130));
  ASSERT_TRUE(has<TellTake>(released));
  EXPECT_EQ(find<TellTake>(released)->id, kSecond);
  EXPECT_EQ(find<TellTake>(released)->released_at, at(130));
  EXPECT_FALSE(has<TellRetire>(released));
  const Effects served = machine.step(ServingSaid{kSecond}, at(132));
  ASSERT_TRUE(has<TellRetire>(served));
  EXPECT_EQ(find<TellRetire>(served)->id, kFirst);
}

TEST(GenerationsTest, AnOldGenerationThatDoesNotExitAfterRetireIsKilled) {
  Machine machine = serving({.probation = Millis{0}});
  (void)machine.step(SuccessorWanted{kFirst}, at(100));
  (void)machine.step(ReadySaid{kSecond, "1.1"}, at(120));
  (void)machine.step(ReleasedSaid{kFirst}, at(130));
  (void)machine.step(ServingSaid{kSecond}, at(132));
  EXPECT_FALSE(has<Kill>(machine.step(Tick{}, at(132 + 14'999))));
  const Effects late = machine.step(Tick{}, at(132 + 15'000));
  ASSERT_TRUE(has<Kill>(late));
  EXPECT_EQ(find<Kill>(late)->id, kFirst);
}

TEST(GenerationsTest, ASuccessorThatFailsIsReportedWithTheReasonItGave) {
  Machine machine = serving();
  (void)machine.step(SuccessorWanted{kFirst}, at(100));
  const Effects failed = machine.step(FailedSaid{kSecond, "schema 9 is newer", 1}, at(110));
  ASSERT_TRUE(has<TellSuccessorFailed>(failed));
  EXPECT_EQ(find<TellSuccessorFailed>(failed)->reason, "schema 9 is newer");
  EXPECT_FALSE(has<TellSuccessorFailed>(machine.step(Ended{kSecond, "exited with code 1", 1}, at(111))));
  EXPECT_EQ(machine.floor(), kFirst);
}

TEST(GenerationsTest, ASuccessorThatDiesIsReportedWithHowItEnded) {
  Machine machine = serving();
  (void)machine.step(SuccessorWanted{kFirst}, at(100));
  const Effects ended = machine.step(Ended{kSecond, "was killed by SIGSEGV", 139}, at(110));
  ASSERT_TRUE(has<TellSuccessorFailed>(ended));
  EXPECT_EQ(find<TellSuccessorFailed>(ended)->reason, "was killed by SIGSEGV");
}

TEST(GenerationsTest, ASuccessorThatHangsIsKilledAndReported) {
  Machine machine = serving();
  (void)machine.step(SuccessorWanted{kFirst}, at(100));
  EXPECT_FALSE(has<Kill>(machine.step(Tick{}, at(20'099))));
  const Effects late = machine.step(Tick{}, at(20'100));
  EXPECT_TRUE(has<Kill>(late));
  ASSERT_TRUE(has<TellSuccessorFailed>(late));
  EXPECT_EQ(find<TellSuccessorFailed>(late)->reason, "not ready within 20 s");
}

TEST(GenerationsTest, ASuccessorThatCannotBeSpawnedIsReported) {
  Machine machine = serving();
  (void)machine.step(SuccessorWanted{kFirst}, at(100));
  EXPECT_TRUE(has<TellSuccessorFailed>(machine.step(SpawnFailed{kSecond, "no memory"}, at(100))));
}

TEST(GenerationsTest, ASuccessorThatDiesAfterTakeGivesTheFloorBack) {
  Machine machine = handed_over();
  const Effects ended = machine.step(Ended{kSecond, "was killed by SIGABRT", 134}, at(140));
  ASSERT_TRUE(has<TellResume>(ended));
  EXPECT_EQ(find<TellResume>(ended)->id, kFirst);
  EXPECT_EQ(find<TellResume>(ended)->reason, "was killed by SIGABRT");
  EXPECT_EQ(machine.floor(), kFirst);
}

TEST(GenerationsTest, ASuccessorThatHangsAfterTakeMustBeDeadBeforeTheOldOneResumes) {
  Machine machine = handed_over();
  const Effects late = machine.step(Tick{}, at(130 + 10'000));
  EXPECT_TRUE(has<Kill>(late));
  EXPECT_FALSE(has<TellResume>(late));
  EXPECT_TRUE(has<TellResume>(machine.step(Ended{kSecond, "was killed by SIGKILL", 137}, at(10'140))));
}

TEST(GenerationsTest, ReleasingForASuccessorThatIsGoneResumesAtOnce) {
  Machine machine = with_successor();
  (void)machine.step(Ended{kSecond, "exited with code 3", 3}, at(125));
  EXPECT_TRUE(has<TellResume>(machine.step(ReleasedSaid{kFirst}, at(126))));
  EXPECT_EQ(machine.floor(), kFirst);
}

TEST(GenerationsTest, ACrashedGenerationIsReplacedAtOnceAndTheMomentOfDeathIsPassedOn) {
  Machine machine = serving();
  const Effects ended = machine.step(Ended{kFirst, "was killed by SIGKILL", 137}, at(500));
  ASSERT_TRUE(has<Spawn>(ended));
  EXPECT_FALSE(find<Spawn>(ended)->is_standby);
  const Effects ready = machine.step(ReadySaid{kSecond, "1.0"}, at(505));
  ASSERT_TRUE(has<TellTake>(ready));
  EXPECT_EQ(find<TellTake>(ready)->released_at, at(500));
}

TEST(GenerationsTest, AReadySuccessorIsPromotedWhenTheServingOneDies) {
  Machine machine = with_successor();
  const Effects ended = machine.step(Ended{kFirst, "was killed by SIGKILL", 137}, at(125));
  EXPECT_FALSE(has<Spawn>(ended));
  ASSERT_TRUE(has<TellTake>(ended));
  EXPECT_EQ(find<TellTake>(ended)->released_at, at(125));
}

TEST(GenerationsTest, AStartingSuccessorTakesOverWhenReadyIfTheServingOneDiedMeanwhile) {
  Machine machine = serving();
  (void)machine.step(SuccessorWanted{kFirst}, at(100));
  EXPECT_FALSE(has<Spawn>(machine.step(Ended{kFirst, "exited with code 1", 1}, at(110))));
  EXPECT_TRUE(has<TellTake>(machine.step(ReadySaid{kSecond, "1.1"}, at(120))));
}

TEST(GenerationsTest, CrashesInARowWaitLongerUpToTheLimit) {
  Machine machine = serving();
  const std::int64_t waits[] = {0, 50, 100, 200, 400, 800, 1'600, 3'200, 5'000, 5'000};
  std::int64_t now = 1'000;
  Id id = kFirst;
  for (const std::int64_t wait : waits) {
    Effects effects = machine.step(Ended{id, "exited with code 1", 1}, at(now));
    ASSERT_TRUE(has<ReportCrash>(effects));
    EXPECT_EQ(find<ReportCrash>(effects)->wait, Millis{wait});
    if (wait > 0) {
      EXPECT_FALSE(has<Spawn>(machine.step(Tick{}, at(now + wait - 1))));
      effects = machine.step(Tick{}, at(now + wait));
    }
    ASSERT_TRUE(has<Spawn>(effects));
    id = find<Spawn>(effects)->id;
    now += wait + 10;
  }
}

TEST(GenerationsTest, AMinuteOfServiceForgetsEarlierCrashes) {
  Machine machine = serving();
  (void)machine.step(Ended{kFirst, "exited with code 1", 1}, at(100));
  (void)machine.step(ReadySaid{kSecond, "1.0"}, at(110));
  (void)machine.step(ServingSaid{kSecond}, at(120));
  const Effects ended = machine.step(Ended{kSecond, "exited with code 1", 1}, at(120 + 60'000));
  ASSERT_TRUE(has<ReportCrash>(ended));
  EXPECT_EQ(find<ReportCrash>(ended)->wait, Millis{0});
}

TEST(GenerationsTest, AServingGenerationWithoutChannelIsKilledAndReplacedOnlyOnceDead) {
  Machine machine = serving();
  EXPECT_FALSE(has<Spawn>(machine.step(ChannelLost{kFirst}, at(200))));
  const Effects late = machine.step(Tick{}, at(1'200));
  EXPECT_TRUE(has<Kill>(late));
  EXPECT_FALSE(has<Spawn>(late));
  EXPECT_TRUE(has<Spawn>(machine.step(Ended{kFirst, "was killed by SIGKILL", 137}, at(1'201))));
}

TEST(GenerationsTest, ADroppedSuccessorIsStoppedAndNotReported) {
  Machine machine = with_successor();
  const Effects dropped = machine.step(SuccessorUnwanted{kFirst}, at(130));
  ASSERT_TRUE(has<TellStop>(dropped));
  EXPECT_EQ(find<TellStop>(dropped)->id, kSecond);
  EXPECT_FALSE(has<TellSuccessorFailed>(machine.step(Ended{kSecond, "exited with code 0", 0}, at(140))));
  EXPECT_TRUE(has<Spawn>(machine.step(SuccessorWanted{kFirst}, at(150))));
}

TEST(GenerationsTest, OnlyTheServingGenerationMayAskForASuccessor) {
  Machine machine = with_successor();
  EXPECT_FALSE(has<Spawn>(machine.step(SuccessorWanted{kSecond}, at(130))));
  EXPECT_FALSE(has<Spawn>(machine.step(SuccessorWanted{kThird}, at(130))));
}

TEST(GenerationsTest, ARestartSignalReachesTheServingGenerationOnly) {
  Machine machine = with_successor();
  const Effects told = machine.step(RestartSignal{"SIGUSR2"}, at(130));
  ASSERT_TRUE(has<TellRestartSignal>(told));
  EXPECT_EQ(find<TellRestartSignal>(told)->id, kFirst);
  EXPECT_FALSE(has<TellRestartSignal>(Machine().step(RestartSignal{"SIGUSR2"}, at(0))));
}

TEST(GenerationsTest, AStatusLineOfAnybodyElseIsNotShown) {
  Machine machine = with_successor();
  EXPECT_TRUE(has<ReportStatus>(machine.step(StatusSaid{kFirst, "draining 2"}, at(130))));
  EXPECT_FALSE(has<ReportStatus>(machine.step(StatusSaid{kSecond, "warming"}, at(130))));
}

TEST(GenerationsTest, StopEndsEveryGenerationAndThenTheKeeperWithZero) {
  Machine machine = with_successor();
  int told = 0;
  for (const Effect& effect : machine.step(StopSignal{}, at(130)))
    told += std::holds_alternative<TellStop>(effect);
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(has<Exit>(machine.step(Ended{kSecond, "exited with code 0", 0}, at(131))));
  const Effects ended = machine.step(Ended{kFirst, "exited with code 0", 0}, at(132));
  ASSERT_TRUE(has<Exit>(ended));
  EXPECT_EQ(find<Exit>(ended)->code, 0);
}

TEST(GenerationsTest, AStopWinsOverAHandOverUnderWay) {
  Machine machine = handed_over();
  (void)machine.step(StopSignal{}, at(131));
  EXPECT_FALSE(has<TellRetire>(machine.step(ServingSaid{kSecond}, at(132))));
  EXPECT_FALSE(has<TellResume>(machine.step(Ended{kSecond, "exited with code 0", 0}, at(133))));
  EXPECT_TRUE(has<Exit>(machine.step(Ended{kFirst, "exited with code 0", 0}, at(134))));
}

TEST(GenerationsTest, AGenerationThatIgnoresStopIsKilledAtTheLimitAndNeverHoldsTheKeeper) {
  Machine machine = serving();
  (void)machine.step(StopSignal{}, at(100));
  EXPECT_FALSE(has<Kill>(machine.step(Tick{}, at(20'099))));
  EXPECT_TRUE(has<Kill>(machine.step(Tick{}, at(20'100))));
  EXPECT_FALSE(has<Exit>(machine.step(Tick{}, at(22'099))));
  EXPECT_TRUE(has<Exit>(machine.step(Tick{}, at(22'100))));
}

TEST(GenerationsTest, ASecondStopKillsAndExitsAtOnce) {
  Machine machine = serving();
  (void)machine.step(StopSignal{}, at(100));
  const Effects second = machine.step(StopSignal{}, at(101));
  EXPECT_TRUE(has<Kill>(second));
  EXPECT_TRUE(has<Exit>(second));
}

TEST(GenerationsTest, AStopCancelsASpawnThatWaits) {
  Machine machine = serving();
  (void)machine.step(Ended{kFirst, "exited with code 1", 1}, at(100));
  (void)machine.step(FailedSaid{kSecond, "cannot", 1}, at(110));  // Killed, not dead yet; the next one waits.
  (void)machine.step(StopSignal{}, at(115));
  EXPECT_FALSE(has<Spawn>(machine.step(Tick{}, at(5'000))));
}

TEST(GenerationsTest, AStopBetweenTwoCrashesExitsAtOnce) {
  Machine machine = serving();
  (void)machine.step(Ended{kFirst, "exited with code 1", 1}, at(100));
  (void)machine.step(Ended{kSecond, "exited with code 1", 1}, at(110));
  EXPECT_TRUE(has<Exit>(machine.step(StopSignal{}, at(120))));
}

}  // namespace
}  // namespace gw::generations
