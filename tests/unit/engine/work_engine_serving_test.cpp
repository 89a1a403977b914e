#include "unit/engine/engine_bench.hpp"

namespace gw::test {
namespace {

using Ids = std::vector<std::string>;

TEST(WorkEngineServingTest, NothingIsAcceptedBeforeTheQueueWasTakenOver) {
  EngineBench bench;
  const auto early = bench.submit(bench.job("r1"));
  ASSERT_TRUE(early->has_value());
  EXPECT_EQ((*early)->error().code, Code::Unavailable);
  bench.store.fail_next(StoreCall::TakeOver);
  EXPECT_FALSE(bench.start());
  EXPECT_EQ((*bench.submit(bench.job("r1")))->error().code, Code::Unavailable);
  EXPECT_TRUE(bench.start());
  const auto accepted = bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_TRUE((*accepted)->has_value());
}

TEST(WorkEngineServingTest, AFenceHoldsAcceptedWorkAndLetsItGo) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("before"));
  bench.run();
  bench.engine.fence(true);
  const auto accepted = bench.submit(bench.job("behind", "s2"));
  bench.models.answer(0, "x");
  bench.run();
  EXPECT_TRUE((*accepted)->value().is_new);
  EXPECT_EQ(bench.state_of("before"), JobState::Done);
  EXPECT_EQ(bench.state_of("behind"), JobState::Queued);
  EXPECT_EQ(bench.engine.waiting(), 1U);
  bench.engine.fence(false);
  bench.run();
  EXPECT_EQ(bench.state_of("behind"), JobState::Done);
}

TEST(WorkEngineServingTest, ACutSilencesRunsAndRecordsNothing) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging({"half"}));
  bench.submit(bench.job("r1"));
  bench.submit(bench.job("r2"));
  bench.run();
  const std::size_t events = bench.observer.events.size();
  bench.engine.cut();
  EXPECT_TRUE(bench.models.calls[0]->is_dropped);
  bench.run();
  bench.loop.advance(Millis{10'000});
  EXPECT_EQ(bench.observer.events.size(), events);
  EXPECT_EQ(bench.state_of("r1"), JobState::Running);
  EXPECT_EQ(bench.state_of("r2"), JobState::Queued);
  EXPECT_EQ(bench.engine.running() + bench.engine.waiting(), 0U);
  EXPECT_EQ((*bench.submit(bench.job("r3")))->error().code, Code::Unavailable);
}

TEST(WorkEngineServingTest, ACutEndsWhatWasWaitingForTheStoreToo) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.store.fail_next(StoreCall::Finish, 100);
  bench.submit(bench.job("unrecorded", "s1"));
  bench.run();
  bench.store.fail_next(StoreCall::Begin, 100);
  bench.submit(bench.job("unbegun", "s2"));
  bench.run();
  bench.engine.cut();
  bench.store.heal();
  bench.loop.advance(Millis{10'000});
  EXPECT_EQ(bench.state_of("unrecorded"), JobState::Running);
  EXPECT_EQ(bench.state_of("unbegun"), JobState::Queued);
}

TEST(WorkEngineServingTest, AMessageCommittedDuringTheCutIsAcknowledgedAndLeftForTheSuccessor) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  const auto answer = bench.submit(bench.job("r1"));
  bench.engine.cut();
  bench.run();
  EXPECT_TRUE((*answer)->value().is_new);
  EXPECT_EQ(bench.state_of("r1"), JobState::Queued);
  EXPECT_EQ(bench.engine.waiting(), 0U);
}

TEST(WorkEngineServingTest, ATakeOverRunsCutWorkAgainAsItsSecondAttemptWithoutAskingTwice) {
  EngineBench old;
  ASSERT_TRUE(old.start());
  old.models.then(hanging({"half"}));
  old.submit(old.job("cut"));
  old.submit(old.job("queued"));
  old.run();
  old.engine.cut();
  old.run();

  EngineBench successor({}, old.disk, "gen-2");
  ASSERT_TRUE(successor.start());
  EXPECT_EQ(successor.observer.runs(EngineBench::Kind::Ended), (Ids{"cut", "queued"}));
  EXPECT_EQ(successor.observer.all(EngineBench::Kind::Begun)[0].run.attempt, 2);
  EXPECT_EQ(successor.roles_of("cut"), (Ids{"user", "assistant"}));
  EXPECT_EQ(old.disk->steps[0].state, "interrupted");
  EXPECT_EQ(successor.disk->find(JobKind::Chat, "queued")->job.attempt, 1);
}

TEST(WorkEngineServingTest, TheSameGenerationServesAgainAfterAHandOverThatFailed) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("r1"));
  bench.run();
  bench.engine.fence(true);
  bench.engine.cut();
  bench.run();
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.state_of("r1"), JobState::Queued);  // The fence outlives the cut.
  bench.engine.fence(false);
  bench.run();
  EXPECT_EQ(bench.state_of("r1"), JobState::Done);
  EXPECT_EQ(bench.disk->find(JobKind::Chat, "r1")->job.attempt, 2);
}

TEST(WorkEngineServingTest, WhatCompletesAfterACutAndANewStartDoesNoHarm) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.submit(bench.job("beginning", "s1"));
  while (bench.engine.running() == 0) bench.loop.run_one();
  const auto admitted = bench.submit(bench.job("admitted", "s2"));
  bench.engine.cut();
  ASSERT_TRUE(bench.start());
  EXPECT_TRUE((*admitted)->value().is_new);
  EXPECT_EQ(bench.state_of("beginning"), JobState::Done);
  EXPECT_EQ(bench.state_of("admitted"), JobState::Done);
  EXPECT_EQ(bench.disk->find(JobKind::Chat, "admitted")->times_ended, 1);
}

TEST(WorkEngineServingTest, AStartThatWasCutMeanwhileServesNothing) {
  EngineBench first;
  ASSERT_TRUE(first.start());
  first.engine.fence(true);
  first.submit(first.job("r1"));
  first.run();

  EngineBench bench({}, first.disk, "gen-2");
  std::optional<Result<void>> cut_start;
  bench.engine.start([&](Result<void> started) { cut_start = std::move(started); });
  bench.engine.cut();
  bench.run();
  ASSERT_TRUE(cut_start.has_value());
  EXPECT_EQ(cut_start->error().code, Code::Unavailable);
  EXPECT_EQ(bench.engine.waiting(), 0U);
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.state_of("r1"), JobState::Done);
}

}  // namespace
}  // namespace gw::test
