// How a restart ends: the successor takes over or fails, somebody cancels, the gateway is stopped.

#include "restart_fixture.hpp"

namespace gw::restart {
namespace {

class RestartEndingTest : public RestartFixture {
 protected:
  /// A restart "a" at 0 that has come to `phase`; work runs unless the phase means that none does.
  void bring_to(Phase phase) {
    if (phase == Phase::Idle) return;
    (void)work(1, 0);
    const Millis delay{phase == Phase::Scheduled ? 80 : 0};
    const Mode mode = phase == Phase::Fenced ? Mode::Plain : Mode::Safe;
    (void)ask({.id = "a", .mode = mode, .delay = delay}, 0);
    if (phase == Phase::Starting || phase == Phase::HandingOver) (void)work(0, 0);
    if (phase == Phase::HandingOver) (void)step(SuccessorReady{}, 0);
    ASSERT_EQ(machine_.phase(), phase);
  }
};

TEST_F(RestartEndingTest, TheHandOverBeginsWhenTheSuccessorIsReady) {
  bring_to(Phase::Starting);
  const Effects effects = step(SuccessorReady{}, 10);
  ASSERT_TRUE(has<HandOver>(effects));
  EXPECT_FALSE(find<HandOver>(effects)->cuts);
  EXPECT_EQ(fence_in(effects), std::nullopt) << "the fence stays up";
  EXPECT_EQ(phase(), Phase::HandingOver);
}

TEST_F(RestartEndingTest, AReadySuccessorInAnyOtherPhaseIsIgnored) {
  for (const Phase phase : {Phase::Idle, Phase::Scheduled, Phase::Open, Phase::Fenced, Phase::HandingOver}) {
    machine_ = Machine(kLimits);
    bring_to(phase);
    EXPECT_TRUE(step(SuccessorReady{}, 1).empty()) << name_of(phase);
  }
}

TEST_F(RestartEndingTest, AFailedSuccessorEndsTheRestartAndWorkBeginsAgain) {
  bring_to(Phase::Starting);
  const Effects effects = step(SuccessorFailed{"bad config"}, 10);
  ASSERT_TRUE(has<Finished>(effects));
  EXPECT_EQ(find<Finished>(effects)->id, "a");
  EXPECT_EQ(find<Finished>(effects)->outcome, Outcome::Failed);
  EXPECT_EQ(find<Finished>(effects)->reason, "bad config");
  EXPECT_EQ(fence_in(effects), false);
  EXPECT_FALSE(has<DropSuccessor>(effects)) << "it is gone already";
  EXPECT_EQ(phase(), Phase::Idle);
  EXPECT_EQ(machine_.id(), "");
  EXPECT_EQ(machine_.wake_at(), std::nullopt);
}

TEST_F(RestartEndingTest, AFailedSuccessorInAnyOtherPhaseIsIgnored) {
  for (const Phase phase : {Phase::Idle, Phase::Scheduled, Phase::Open, Phase::Fenced, Phase::HandingOver}) {
    machine_ = Machine(kLimits);
    bring_to(phase);
    EXPECT_TRUE(step(SuccessorFailed{"late"}, 1).empty()) << name_of(phase);
  }
}

TEST_F(RestartEndingTest, ASuccessorThatIsNotReadyInTimeIsDropped) {
  bring_to(Phase::Starting);
  EXPECT_TRUE(tick(49).empty());
  const Effects effects = tick(50);
  EXPECT_TRUE(has<DropSuccessor>(effects));
  EXPECT_EQ(find<Finished>(effects)->outcome, Outcome::Failed);
  EXPECT_EQ(fence_in(effects), false);
  EXPECT_EQ(phase(), Phase::Idle);
}

TEST_F(RestartEndingTest, ResumingAfterTheHandOverFailsTheRestartAndWorkBeginsAgain) {
  bring_to(Phase::HandingOver);
  const Effects effects = step(Resumed{"the successor died"}, 10);
  EXPECT_EQ(find<Finished>(effects)->outcome, Outcome::Failed);
  EXPECT_EQ(find<Finished>(effects)->reason, "the successor died");
  EXPECT_EQ(fence_in(effects), false);
  EXPECT_EQ(phase(), Phase::Idle);
}

TEST_F(RestartEndingTest, ResumingInAnyOtherPhaseIsIgnored) {
  for (const Phase phase : {Phase::Idle, Phase::Scheduled, Phase::Open, Phase::Fenced, Phase::Starting}) {
    machine_ = Machine(kLimits);
    bring_to(phase);
    EXPECT_TRUE(step(Resumed{"late"}, 1).empty()) << name_of(phase);
  }
}

TEST_F(RestartEndingTest, ACancelEndsARestartThatWaits) {
  for (const Phase phase : {Phase::Scheduled, Phase::Open, Phase::Fenced}) {
    machine_ = Machine(kLimits);
    bring_to(phase);
    const Effects effects = step(Cancelled{}, 1);
    ASSERT_TRUE(has<Finished>(effects)) << name_of(phase);
    EXPECT_EQ(find<Finished>(effects)->id, "a");
    EXPECT_EQ(find<Finished>(effects)->outcome, Outcome::Cancelled);
    EXPECT_FALSE(has<DropSuccessor>(effects)) << "none was started";
    EXPECT_EQ(fence_in(effects), phase == Phase::Fenced ? std::optional(false) : std::nullopt);
    EXPECT_EQ(machine_.wake_at(), std::nullopt);
    EXPECT_TRUE(tick(1'000'000).empty()) << "a cancelled restart never begins";
  }
}

TEST_F(RestartEndingTest, ACancelDropsASuccessorThatStarts) {
  bring_to(Phase::Starting);
  const Effects effects = step(Cancelled{}, 1);
  EXPECT_TRUE(has<DropSuccessor>(effects));
  EXPECT_EQ(find<Finished>(effects)->outcome, Outcome::Cancelled);
  EXPECT_EQ(fence_in(effects), false);
  EXPECT_TRUE(step(SuccessorReady{}, 2).empty());
}

TEST_F(RestartEndingTest, ACancelComesTooLateForAHandOverAndMeansNothingWhileIdle) {
  EXPECT_TRUE(step(Cancelled{}, 0).empty());
  bring_to(Phase::HandingOver);
  EXPECT_TRUE(step(Cancelled{}, 1).empty());
  EXPECT_EQ(phase(), Phase::HandingOver);
}

TEST_F(RestartEndingTest, AStopWinsInEveryPhase) {
  for (const Phase phase :
       {Phase::Scheduled, Phase::Open, Phase::Fenced, Phase::Starting, Phase::HandingOver}) {
    machine_ = Machine(kLimits);
    bring_to(phase);
    const Effects effects = step(StopAsked{}, 1);
    ASSERT_TRUE(has<Finished>(effects)) << name_of(phase);
    EXPECT_EQ(find<Finished>(effects)->id, "a");
    EXPECT_EQ(find<Finished>(effects)->outcome, Outcome::Cancelled);
    EXPECT_EQ(has<DropSuccessor>(effects), phase == Phase::Starting) << name_of(phase);
    EXPECT_EQ(phases_in(effects), std::vector{Phase::Stopping}) << name_of(phase);
    EXPECT_EQ(machine_.wake_at(), std::nullopt);
  }
}

TEST_F(RestartEndingTest, NothingBeginsAfterAStop) {
  for (const Phase phase : {Phase::Idle, Phase::Scheduled, Phase::Open}) {
    machine_ = Machine(kLimits);
    bring_to(phase);
    EXPECT_EQ(fence_in(step(StopAsked{}, 1)), true) << name_of(phase);
  }
  for (const Phase phase : {Phase::Fenced, Phase::Starting, Phase::HandingOver}) {
    machine_ = Machine(kLimits);
    bring_to(phase);
    EXPECT_EQ(fence_in(step(StopAsked{}, 1)), std::nullopt) << "the fence stays up: " << name_of(phase);
  }
}

TEST_F(RestartEndingTest, AStopOfAnIdleGatewayFinishesNoRestart) {
  const Effects effects = step(StopAsked{}, 0);
  EXPECT_FALSE(has<Finished>(effects));
  EXPECT_EQ(phase(), Phase::Stopping);
}

TEST_F(RestartEndingTest, RequestsAfterAStopAreRefused) {
  (void)step(StopAsked{}, 0);
  const Effects effects = ask({.id = "a", .mode = Mode::Force}, 1);
  EXPECT_EQ(effects.size(), 1U);
  EXPECT_TRUE(has<Refuse>(effects));
}

TEST_F(RestartEndingTest, NothingElseHappensAfterAStop) {
  bring_to(Phase::Starting);
  (void)step(StopAsked{}, 1);
  for (const Event& late :
       std::initializer_list<Event>{StopAsked{}, Cancelled{}, SuccessorReady{}, SuccessorFailed{"late"},
                                    Resumed{"late"}, WorkChanged{0}, Tick{}}) {
    EXPECT_TRUE(step(late, 1'000'000).empty()) << late.index();
  }
}

}  // namespace
// An answer about a successor that was dropped may arrive when the next one has just been started.
TEST_F(RestartEndingTest, ALateAnswerAboutAnEarlierSuccessorChangesNothing) {
  (void)ask({.id = "a"}, 0);
  (void)step(Cancelled{}, 1);
  (void)ask({.id = "b", .mode = Mode::Force}, 2);
  ASSERT_EQ(phase(), Phase::Starting);
  EXPECT_TRUE(step(SuccessorFailed{"late", 1}, 3).empty());
  EXPECT_TRUE(step(SuccessorReady{1}, 3).empty());
  EXPECT_EQ(phase(), Phase::Starting);
  EXPECT_TRUE(has<HandOver>(step(SuccessorReady{2}, 4)));
}

}  // namespace gw::restart
