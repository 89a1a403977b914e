// A request while a restart is under way: it joins, and can only make that restart sooner.

#include "restart_fixture.hpp"

namespace gw::restart {
namespace {

class RestartCoalescingTest : public RestartFixture {
 protected:
  Answer answer(const Requested& event, int ms) {
    const auto found = find<Answer>(ask(event, ms));
    EXPECT_TRUE(found.has_value());
    return found.value_or(Answer{});
  }
};

TEST_F(RestartCoalescingTest, ASecondRequestWhileScheduledJoinsTheFirst) {
  (void)ask({.id = "a", .delay = Millis{80}}, 0);
  const Answer second = answer({.id = "b", .delay = Millis{80}}, 10);
  EXPECT_EQ(second.id, "a");
  EXPECT_TRUE(second.is_coalesced);
  EXPECT_EQ(second.delay, Millis{70}) << "the time that is left";
  EXPECT_EQ(wake(), 80);
}

TEST_F(RestartCoalescingTest, AnEarlierDueTimeBringsAScheduledRestartForward) {
  (void)ask({.id = "a", .delay = Millis{80}}, 0);
  const Answer second = answer({.id = "b", .delay = Millis{20}}, 10);
  EXPECT_EQ(second.id, "a");
  EXPECT_FALSE(second.is_coalesced);
  EXPECT_EQ(second.delay, Millis{20});
  EXPECT_EQ(wake(), 30);
}

TEST_F(RestartCoalescingTest, ARequestWithoutDelayStartsAScheduledRestartOfAnIdleGateway) {
  (void)ask({.id = "a", .delay = Millis{80}}, 0);
  EXPECT_TRUE(has<StartSuccessor>(ask({.id = "b"}, 10)));
}

TEST_F(RestartCoalescingTest, BeingBroughtForwardShortensTheLimitToo) {
  (void)work(1, 0);
  (void)ask({.id = "a", .delay = Millis{80}}, 0);
  (void)ask({.id = "b", .delay = Millis{20}}, 10);
  EXPECT_EQ(machine_.cut_at(), at(1'030));
}

TEST_F(RestartCoalescingTest, AJoiningRequestDoesNotBreakTheCooldown) {
  fail_an_attempt(0);
  (void)ask({.id = "b", .delay = Millis{500}}, 100);
  const Answer second = answer({.id = "c", .mode = Mode::Plain, .skip_deferral = true}, 150);
  EXPECT_EQ(second.delay, Millis{150});
  EXPECT_EQ(wake(), 300);
}

TEST_F(RestartCoalescingTest, ACoalescedAnswerTellsTheCooldownThatHoldsItBack) {
  fail_an_attempt(0);
  (void)ask({.id = "b"}, 100);
  const Answer second = answer({.id = "c", .delay = Millis{20}}, 150);
  EXPECT_TRUE(second.is_coalesced);
  EXPECT_EQ(second.cooldown_applied, Millis{130});
}

TEST_F(RestartCoalescingTest, AForcedRequestBreaksTheCooldownOfAScheduledRestart) {
  fail_an_attempt(0);
  (void)work(1, 100);
  (void)ask({.id = "b"}, 100);
  const Effects effects = ask({.id = "c", .mode = Mode::Force}, 150);
  EXPECT_EQ(find<Answer>(effects)->id, "b");
  EXPECT_FALSE(find<Answer>(effects)->is_coalesced);
  EXPECT_EQ(find<Answer>(effects)->cooldown_applied, Millis{0});
  EXPECT_TRUE(has<StartSuccessor>(effects));
}

TEST_F(RestartCoalescingTest, AddingSkipDeferralToAScheduledRestartIsNotCoalesced) {
  (void)work(1, 0);
  (void)ask({.id = "a", .delay = Millis{80}}, 0);
  const Requested skip{.id = "b", .delay = Millis{80}, .skip_deferral = true};
  EXPECT_FALSE(answer(skip, 0).is_coalesced) << "it adds the skip";
  EXPECT_TRUE(answer(skip, 0).is_coalesced) << "the skip is there already";
  EXPECT_TRUE(tick(79).empty());
  EXPECT_TRUE(has<StartSuccessor>(tick(80)));
}

TEST_F(RestartCoalescingTest, AScheduledRestartTakesTheStrongerModeOfItsRequests) {
  (void)work(1, 0);
  (void)ask({.id = "a", .delay = Millis{80}}, 0);
  (void)ask({.id = "b", .mode = Mode::Plain, .delay = Millis{80}}, 0);
  EXPECT_EQ(machine_.mode(), Mode::Plain);
  EXPECT_EQ(fence_in(tick(80)), true);
  (void)ask({.id = "c", .mode = Mode::Safe}, 81);
  EXPECT_EQ(machine_.mode(), Mode::Plain);
  EXPECT_EQ(phase(), Phase::Fenced);
}

TEST_F(RestartCoalescingTest, AnAnswerAfterAMissedTickHasNoNegativeDelay) {
  (void)work(1, 0);
  (void)ask({.id = "a", .delay = Millis{80}}, 0);
  EXPECT_EQ(answer({.id = "b"}, 500).delay, Millis{0});
  EXPECT_EQ(phase(), Phase::Open);
}

TEST_F(RestartCoalescingTest, ASafeRequestDuringTheOpenPhaseChangesNothing) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  const Effects effects = ask({.id = "b"}, 50);
  EXPECT_EQ(effects.size(), 1U);
  EXPECT_TRUE(find<Answer>(effects)->is_coalesced);
  EXPECT_EQ(wake(), 100);
  EXPECT_EQ(machine_.cut_at(), at(1'000));
}

TEST_F(RestartCoalescingTest, APlainRequestEndsTheOpenPhase) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  const Effects effects = ask({.id = "b", .mode = Mode::Plain}, 50);
  EXPECT_TRUE(find<Answer>(effects)->is_coalesced);
  EXPECT_EQ(fence_in(effects), true);
  EXPECT_EQ(phase(), Phase::Fenced);
  EXPECT_EQ(machine_.cut_at(), at(1'000)) << "never later than before";
}

TEST_F(RestartCoalescingTest, AWaitLimitShortensTheOneUnderWay) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  (void)ask({.id = "b", .mode = Mode::Wait, .wait = Millis{70}}, 50);
  EXPECT_EQ(machine_.cut_at(), at(120));
  EXPECT_TRUE(tick(119).empty());
  EXPECT_TRUE(has<StartSuccessor>(tick(120)));
}

TEST_F(RestartCoalescingTest, AWaitLimitNeverLengthensTheOneUnderWay) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  (void)ask({.id = "b", .mode = Mode::Wait, .wait = Millis{9'000}}, 50);
  EXPECT_EQ(machine_.cut_at(), at(1'000));
  (void)ask({.id = "c", .mode = Mode::Wait}, 60);
  EXPECT_EQ(machine_.cut_at(), at(1'000));
}

TEST_F(RestartCoalescingTest, ASafeRequestGivesAnUnlimitedWaitALimit) {
  (void)work(1, 0);
  (void)ask({.id = "a", .mode = Mode::Wait}, 0);
  EXPECT_EQ(machine_.cut_at(), std::nullopt);
  (void)ask({.id = "b"}, 50);
  EXPECT_EQ(machine_.cut_at(), at(1'050));
}

TEST_F(RestartCoalescingTest, AForcedRequestEndsTheOpenPhaseAndTheWait) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  const Effects effects = ask({.id = "b", .mode = Mode::Force}, 50);
  EXPECT_EQ(find<Answer>(effects)->id, "a");
  EXPECT_FALSE(find<Answer>(effects)->is_coalesced);
  EXPECT_EQ(fence_in(effects), true);
  EXPECT_TRUE(has<StartSuccessor>(effects));
  EXPECT_EQ(machine_.mode(), Mode::Force);
}

TEST_F(RestartCoalescingTest, SkipDeferralEndsAFencedWait) {
  (void)work(1, 0);
  (void)ask({.id = "a", .mode = Mode::Wait}, 0);
  const Effects effects = ask({.id = "b", .skip_deferral = true}, 50);
  EXPECT_FALSE(find<Answer>(effects)->is_coalesced);
  EXPECT_TRUE(has<StartSuccessor>(effects));
}

TEST_F(RestartCoalescingTest, AForcedRequestEndsAFencedWait) {
  (void)work(1, 0);
  (void)ask({.id = "a", .mode = Mode::Plain}, 0);
  EXPECT_TRUE(has<StartSuccessor>(ask({.id = "b", .mode = Mode::Force}, 50)));
}

TEST_F(RestartCoalescingTest, AForcedRequestWithADelayCutsAfterItAndNotBefore) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  const Answer joined = answer({.id = "b", .mode = Mode::Force, .delay = Millis{60}}, 0);
  EXPECT_FALSE(joined.is_coalesced);
  EXPECT_EQ(joined.delay, Millis{60});
  EXPECT_EQ(wake(), 60);
  EXPECT_FALSE(has<StartSuccessor>(tick(59)));
  EXPECT_TRUE(has<StartSuccessor>(tick(60)));
}

TEST_F(RestartCoalescingTest, ADelayedPlainRequestFencesAfterItsDelay) {
  (void)work(1, 0);
  (void)ask({.id = "a"}, 0);
  (void)ask({.id = "b", .mode = Mode::Plain, .delay = Millis{60}}, 0);
  EXPECT_EQ(phase(), Phase::Open);
  EXPECT_EQ(fence_in(tick(59)), std::nullopt);
  EXPECT_EQ(fence_in(tick(60)), true);
}

TEST_F(RestartCoalescingTest, ADelayedLimitThatJoinsAScheduledRestartCountsFromItsOwnDelay) {
  (void)work(1, 0);
  (void)ask({.id = "a", .delay = Millis{20}}, 0);
  (void)ask({.id = "b", .mode = Mode::Wait, .delay = Millis{500}, .wait = Millis{30}}, 0);
  EXPECT_EQ(machine_.cut_at(), at(530));
}

TEST_F(RestartCoalescingTest, ARequestWhileTheSuccessorStartsJoinsAndStartsNoOther) {
  (void)ask({.id = "a"}, 0);
  for (const Mode mode : {Mode::Safe, Mode::Plain, Mode::Wait, Mode::Force}) {
    const Effects effects = ask({.id = "b", .mode = mode, .skip_deferral = true}, 10);
    EXPECT_EQ(effects.size(), 1U);
    EXPECT_EQ(find<Answer>(effects)->id, "a");
    EXPECT_TRUE(find<Answer>(effects)->is_coalesced);
  }
  EXPECT_EQ(wake(), 50) << "the successor gets no more and no less time";
}

TEST_F(RestartCoalescingTest, ARequestDuringTheHandOverJoinsIt) {
  (void)ask({.id = "a"}, 0);
  (void)step(SuccessorReady{}, 10);
  const Effects effects = ask({.id = "b", .mode = Mode::Force}, 20);
  EXPECT_EQ(effects.size(), 1U);
  EXPECT_EQ(find<Answer>(effects)->id, "a");
  EXPECT_TRUE(find<Answer>(effects)->is_coalesced);
}

TEST_F(RestartCoalescingTest, ARequestAfterTheEndOfARestartIsANewOne) {
  (void)ask({.id = "a"}, 0);
  (void)step(SuccessorFailed{"broken"}, 10);
  const Answer next = answer({.id = "b"}, 400);
  EXPECT_EQ(next.id, "b");
  EXPECT_FALSE(next.is_coalesced);
}

TEST_F(RestartCoalescingTest, NothingOfAnEndedRestartIsLeftToTheNext) {
  (void)work(1, 0);
  (void)ask({.id = "a", .mode = Mode::Force}, 0);
  (void)step(SuccessorFailed{"broken"}, 10);
  (void)ask({.id = "b"}, 400);
  EXPECT_EQ(machine_.mode(), Mode::Safe);
  EXPECT_EQ(phase(), Phase::Open);
  EXPECT_EQ(machine_.cut_at(), at(1'400));
  EXPECT_EQ(wake(), 500);
}

}  // namespace
}  // namespace gw::restart
