// How a restart gets from its request to the start of a successor: delay, cooldown, open phase, fence, limit.

#include "restart_fixture.hpp"

namespace gw::restart {
namespace {

class RestartWaitingTest : public RestartFixture {};

TEST_F(RestartWaitingTest, AnIdleGatewayStartsItsSuccessorAtTheRequest) {
  const Effects effects = ask({.id = "a"}, 0);
  ASSERT_TRUE(has<Answer>(effects));
  EXPECT_EQ(find<Answer>(effects)->id, "a");
  EXPECT_FALSE(find<Answer>(effects)->is_coalesced);
  EXPECT_EQ(find<Answer>(effects)->delay, Millis{0});
  EXPECT_EQ(find<Answer>(effects)->cooldown_applied, Millis{0});
  EXPECT_EQ(fence_in(effects), true);
  EXPECT_TRUE(has<StartSuccessor>(effects));
  EXPECT_EQ(phase(), Phase::Starting);
  EXPECT_EQ(machine_.id(), "a");
}

TEST_F(RestartWaitingTest, TheAnswerComesBeforeTheFirstChangeOfPhase) {
  const Effects effects = ask({.id = "a"}, 0);
  ASSERT_FALSE(effects.empty());
  EXPECT_TRUE(std::holds_alternative<Answer>(effects.front()));
  EXPECT_EQ(phases_in(effects), (std::vector{Phase::Scheduled, Phase::Open, Phase::Starting}));
}

TEST_F(RestartWaitingTest, TheFenceIsUpBeforeTheSuccessorStarts) {
  const Effects effects = ask({.id = "a"}, 0);
  const auto is = [](auto wanted) {
    return [=](const Effect& e) { return std::holds_alternative<decltype(wanted)>(e); };
  };
  EXPECT_LT(std::ranges::find_if(effects, is(Fence{})), std::ranges::find_if(effects, is(StartSuccessor{})));
}

TEST_F(RestartWaitingTest, ASafeRestartLetsNewWorkBeginDuringItsOpenPhase) {
  (void)work(1, 0);
  const Effects effects = ask({.id = "a"}, 0);
  EXPECT_EQ(phase(), Phase::Open);
  EXPECT_EQ(fence_in(effects), std::nullopt);
  EXPECT_FALSE(has<StartSuccessor>(effects));
  EXPECT_EQ(fence_in(work(2, 50)), std::nullopt);
  EXPECT_EQ(wake(), 100);
}

TEST_F(RestartWaitingTest, ASafeRestartTakesTheFirstIdleInstantOfItsOpenPhase) {
  (void)work(2, 0);
  (void)ask({.id = "a"}, 0);
  EXPECT_FALSE(has<StartSuccessor>(work(1, 20)));
  const Effects effects = work(0, 30);
  EXPECT_TRUE(has<StartSuccessor>(effects));
  EXPECT_EQ(fence_in(effects), true);
}

TEST_F(RestartWaitingTest, ASafeRestartIsFencedWhenItsOpenPhaseEndsAndNotEarlier) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  EXPECT_TRUE(tick(99).empty());
  const Effects effects = tick(100);
  EXPECT_EQ(fence_in(effects), true);
  EXPECT_FALSE(has<StartSuccessor>(effects));
  EXPECT_EQ(phase(), Phase::Fenced);
  EXPECT_EQ(wake(), 1'000);
}

TEST_F(RestartWaitingTest, AFencedRestartStartsItsSuccessorWhenTheLastWorkEnds) {
  (void)work(2, 0);
  (void)ask({.id = "a"}, 0);
  (void)tick(100);
  EXPECT_TRUE(work(1, 200).empty());
  const Effects effects = work(0, 300);
  EXPECT_TRUE(has<StartSuccessor>(effects));
  EXPECT_EQ(fence_in(effects), std::nullopt) << "the fence was up already";
}

TEST_F(RestartWaitingTest, WorkIsCutAtTheLimitAndNotEarlier) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  (void)tick(100);
  EXPECT_EQ(machine_.cut_at(), at(1'000));
  EXPECT_TRUE(tick(999).empty());
  EXPECT_TRUE(has<StartSuccessor>(tick(1'000)));
  EXPECT_TRUE(find<HandOver>(step(SuccessorReady{}, 1'010))->cuts);
}

TEST_F(RestartWaitingTest, WorkThatEndsWhileTheSuccessorStartsIsNotCut) {
  (void)work(1, 0);
  (void)ask({.id = "a", .mode = Mode::Force}, 0);
  (void)work(0, 5);
  EXPECT_FALSE(find<HandOver>(step(SuccessorReady{}, 10))->cuts);
}

TEST_F(RestartWaitingTest, ALateTickAfterTheLimitGoesStraightFromOpenToStarting) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  const Effects effects = tick(5'000);
  EXPECT_EQ(phases_in(effects), std::vector{Phase::Starting});
  EXPECT_EQ(fence_in(effects), true);
}

TEST_F(RestartWaitingTest, APlainRestartIsFencedAtOnce) {
  (void)work(1, 0);
  const Effects effects = ask({.id = "a", .mode = Mode::Plain}, 0);
  EXPECT_EQ(fence_in(effects), true);
  EXPECT_EQ(phase(), Phase::Fenced);
  EXPECT_EQ(wake(), 1'000);
}

TEST_F(RestartWaitingTest, AWaitRestartIsFencedAtOnceAndCutAtItsOwnLimit) {
  (void)work(1, 0);
  EXPECT_EQ(fence_in(ask({.id = "a", .mode = Mode::Wait, .wait = Millis{40}}, 0)), true);
  EXPECT_TRUE(tick(39).empty());
  EXPECT_TRUE(has<StartSuccessor>(tick(40)));
}

TEST_F(RestartWaitingTest, AWaitOfZeroHasNoLimit) {
  (void)work(1, 0);
  (void)ask({.id = "a", .mode = Mode::Wait}, 0);
  EXPECT_EQ(machine_.cut_at(), std::nullopt);
  EXPECT_EQ(machine_.wake_at(), std::nullopt);
  EXPECT_TRUE(tick(1'000'000'000).empty());
  EXPECT_TRUE(has<StartSuccessor>(work(0, 1'000'000'001)));
}

TEST_F(RestartWaitingTest, ADeferralLimitOfZeroNeverCuts) {
  Limits limits = kLimits;
  limits.deferral = Millis{0};
  machine_ = Machine(limits);
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  EXPECT_EQ(fence_in(tick(100)), true);
  EXPECT_EQ(machine_.wake_at(), std::nullopt);
  EXPECT_TRUE(tick(1'000'000'000).empty());
}

TEST_F(RestartWaitingTest, AnOpenPhaseOfZeroFencesASafeRestartAtOnce) {
  Limits limits = kLimits;
  limits.open_phase = Millis{0};
  machine_ = Machine(limits);
  (void)work(1, 0);
  EXPECT_EQ(fence_in(ask({.id = "a"}, 0)), true);
  EXPECT_EQ(phase(), Phase::Fenced);
}

TEST_F(RestartWaitingTest, AForcedRestartDoesNotWaitForWork) {
  (void)work(3, 0);
  const Effects effects = ask({.id = "a", .mode = Mode::Force}, 0);
  EXPECT_TRUE(has<StartSuccessor>(effects));
  EXPECT_EQ(fence_in(effects), true);
}

TEST_F(RestartWaitingTest, SkipDeferralDoesNotWaitForWork) {
  (void)work(3, 0);
  EXPECT_TRUE(has<StartSuccessor>(ask({.id = "a", .skip_deferral = true}, 0)));
}

TEST_F(RestartWaitingTest, ADelayPutsOffTheWaitItsFenceAndItsLimit) {
  (void)work(1, 0);
  const Effects effects = ask({.id = "a", .delay = Millis{70}}, 0);
  EXPECT_EQ(find<Answer>(effects)->delay, Millis{70});
  EXPECT_EQ(phase(), Phase::Scheduled);
  EXPECT_EQ(wake(), 70);
  EXPECT_TRUE(tick(69).empty());
  EXPECT_EQ(phases_in(tick(70)), std::vector{Phase::Open});
  EXPECT_EQ(wake(), 170);
  EXPECT_EQ(machine_.cut_at(), at(1'070));
}

TEST_F(RestartWaitingTest, AnIdleGatewayStillKeepsTheDelay) {
  (void)ask({.id = "a", .mode = Mode::Force, .delay = Millis{70}}, 0);
  EXPECT_TRUE(work(0, 69).empty());
  EXPECT_TRUE(has<StartSuccessor>(tick(70)));
}

TEST_F(RestartWaitingTest, ANegativeDelayIsNone) {
  const Effects effects = ask({.id = "a", .delay = Millis{-70}}, 0);
  EXPECT_EQ(find<Answer>(effects)->delay, Millis{0});
  EXPECT_TRUE(has<StartSuccessor>(effects));
}

TEST_F(RestartWaitingTest, TheCooldownRunsFromTheLastStartOfASuccessor) {
  fail_an_attempt(0);
  const Effects effects = ask({.id = "b"}, 100);
  EXPECT_EQ(find<Answer>(effects)->cooldown_applied, Millis{200});
  EXPECT_EQ(find<Answer>(effects)->delay, Millis{200});
  EXPECT_EQ(phase(), Phase::Scheduled);
  EXPECT_TRUE(tick(299).empty());
  EXPECT_TRUE(has<StartSuccessor>(tick(300)));
}

TEST_F(RestartWaitingTest, TheCooldownIsOnlyWhatTheDelayLeavesOfIt) {
  fail_an_attempt(0);
  const Effects effects = ask({.id = "b", .delay = Millis{150}}, 100);
  EXPECT_EQ(find<Answer>(effects)->cooldown_applied, Millis{50});
  EXPECT_EQ(find<Answer>(effects)->delay, Millis{200});
}

TEST_F(RestartWaitingTest, NoCooldownIsAppliedOnceItHasPassed) {
  fail_an_attempt(0);
  const Effects effects = ask({.id = "b"}, 300);
  EXPECT_EQ(find<Answer>(effects)->cooldown_applied, Millis{0});
  EXPECT_TRUE(has<StartSuccessor>(effects));
}

TEST_F(RestartWaitingTest, AForcedRestartIgnoresTheCooldown) {
  fail_an_attempt(0);
  const Effects effects = ask({.id = "b", .mode = Mode::Force}, 1);
  EXPECT_EQ(find<Answer>(effects)->cooldown_applied, Millis{0});
  EXPECT_TRUE(has<StartSuccessor>(effects));
}

TEST_F(RestartWaitingTest, SkipDeferralKeepsTheCooldown) {
  fail_an_attempt(0);
  (void)work(1, 10);
  EXPECT_FALSE(has<StartSuccessor>(ask({.id = "b", .skip_deferral = true}, 10)));
  EXPECT_TRUE(tick(299).empty());
  EXPECT_TRUE(has<StartSuccessor>(tick(300)));
}

TEST_F(RestartWaitingTest, ARestartThatWasCancelledBeforeItsSuccessorStartedLeavesNoCooldown) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  (void)step(Cancelled{}, 10);
  EXPECT_EQ(find<Answer>(ask({.id = "b"}, 20))->cooldown_applied, Millis{0});
}

TEST_F(RestartWaitingTest, RepeatedTicksChangeNothing) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  (void)tick(100);
  EXPECT_TRUE(tick(100).empty());
  EXPECT_TRUE(tick(100).empty());
  (void)tick(1'000);
  EXPECT_TRUE(tick(1'000).empty());
  EXPECT_TRUE(tick(1'049).empty());
}

TEST_F(RestartWaitingTest, ATickWhileIdleOrHandingOverIsHarmless) {
  EXPECT_TRUE(tick(0).empty());
  EXPECT_EQ(machine_.wake_at(), std::nullopt);
  (void)ask({.id = "a"}, 0);
  (void)step(SuccessorReady{}, 10);
  EXPECT_TRUE(tick(1'000'000).empty());
  EXPECT_EQ(machine_.wake_at(), std::nullopt);
}

TEST_F(RestartWaitingTest, WorkWithoutARestartHasNoEffect) {
  EXPECT_TRUE(work(3, 0).empty());
  EXPECT_TRUE(work(0, 1).empty());
  EXPECT_EQ(phase(), Phase::Idle);
}

TEST_F(RestartWaitingTest, NamesOfModesAndPhasesAreThoseOfTheWire) {
  EXPECT_EQ(name_of(Mode::Safe), "safe");
  EXPECT_EQ(name_of(Mode::Plain), "plain");
  EXPECT_EQ(name_of(Mode::Wait), "wait");
  EXPECT_EQ(name_of(Mode::Force), "force");
  EXPECT_EQ(name_of(Phase::Idle), "idle");
  EXPECT_EQ(name_of(Phase::Scheduled), "scheduled");
  EXPECT_EQ(name_of(Phase::Open), "waiting");
  EXPECT_EQ(name_of(Phase::Fenced), "draining");
  EXPECT_EQ(name_of(Phase::Starting), "starting-successor");
  EXPECT_EQ(name_of(Phase::HandingOver), "handing-over");
  EXPECT_EQ(name_of(Phase::Stopping), "stopping");
}

}  // namespace
}  // namespace gw::restart
