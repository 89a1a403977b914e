#include "unit/engine/engine_bench.hpp"

namespace gw::test {
namespace {

using Ids = std::vector<std::string>;

TEST(WorkEngineStoreTest, AMessageThatTheStoreRefusesIsNotAcknowledgedAndLeavesNothing) {
  for (const Code code : {Code::Storage, Code::Unavailable}) {
    EngineBench bench;
    ASSERT_TRUE(bench.start());
    bench.store.fail_next(StoreCall::Admit, 1, code);
    const auto answer = bench.submit(bench.job("r1"));
    bench.run();
    EXPECT_EQ((*answer)->error().code, code);
    EXPECT_TRUE(bench.disk->jobs.empty());
    EXPECT_EQ(bench.engine.waiting(), 0U);
  }
}

TEST(WorkEngineStoreTest, AJobThatCannotBeginKeepsItsPlaceAndIsTriedAgain) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.store.fail_next(StoreCall::Begin);
  bench.submit(bench.job("first"));
  bench.submit(bench.job("second"));
  bench.run();
  EXPECT_TRUE(bench.models.calls.empty());
  EXPECT_EQ(bench.engine.waiting(), 2U);
  bench.loop.advance(engine::kStoreRetryWait - Millis{1});
  EXPECT_TRUE(bench.models.calls.empty());
  bench.loop.advance(Millis{1});
  EXPECT_EQ(bench.observer.runs(EngineBench::Kind::Ended), (Ids{"first", "second"}));
  EXPECT_EQ(bench.disk->find(JobKind::Chat, "first")->job.attempt, 1);
}

TEST(WorkEngineStoreTest, AJobThatIsNotQueuedAnyMoreIsForgottenAndTheNextBegins) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.engine.fence(true);
  bench.submit(bench.job("taken"));
  bench.submit(bench.job("next"));
  bench.run();
  bench.disk->find(JobKind::Chat, "taken")->job.state = JobState::Done;
  bench.engine.fence(false);
  bench.run();
  EXPECT_EQ(bench.observer.runs(EngineBench::Kind::Begun), Ids{"next"});
  EXPECT_EQ(bench.engine.waiting(), 0U);
}

TEST(WorkEngineStoreTest, AnAnswerThatCannotBeRecordedIsKeptAndTriedAgain) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.store.fail_next(StoreCall::Finish, 2);
  bench.submit(bench.job("r1"));
  const auto waiter = bench.await("r1");
  bench.run();
  EXPECT_FALSE(waiter->has_value());
  EXPECT_TRUE(bench.observer.all(EngineBench::Kind::Ended).empty());
  EXPECT_EQ(bench.engine.running(), 1U);
  bench.loop.advance(engine::kStoreRetryWait);
  EXPECT_FALSE(waiter->has_value());
  bench.loop.advance(engine::kStoreRetryWait);
  ASSERT_TRUE(waiter->has_value());
  EXPECT_EQ(bench.models.calls.size(), 1U);
  EXPECT_EQ(bench.roles_of("r1"), (Ids{"user", "assistant"}));
}

TEST(WorkEngineStoreTest, AModelIsNotCalledAgainBeforeTheCallIsOnRecord) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(true));
  bench.store.fail_next(StoreCall::Step, 1);
  bench.submit(bench.job("r1"));
  bench.run();
  bench.loop.advance(Millis{2'000});
  EXPECT_EQ(bench.models.calls.size(), 1U);
  bench.loop.advance(engine::kStoreRetryWait);
  EXPECT_EQ(bench.models.calls.size(), 2U);
  EXPECT_EQ(bench.state_of("r1"), JobState::Done);
  ASSERT_EQ(bench.disk->steps.size(), 2U);
  EXPECT_EQ(bench.disk->steps[0].state, "failed");
  EXPECT_EQ(bench.disk->steps[1].step.number, 2);
  EXPECT_EQ(bench.disk->steps[1].state, "done");
}

TEST(WorkEngineStoreTest, AnAbortWhileAStepIsTriedAgainIsCommittedWhateverFails) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(true));
  bench.store.fail_next(StoreCall::Step, 2);
  bench.submit(bench.job("r1"));
  bench.loop.advance(Millis{2'000});
  bench.store.fail_next(StoreCall::Finish, 1);
  bench.store.hold(true);
  const auto answer = bench.abort("s1");
  bench.loop.advance(engine::kStoreRetryWait);
  bench.store.hold(false);
  bench.run();
  for (int i = 0; i < 4; ++i) bench.loop.advance(engine::kStoreRetryWait);
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->value(), Ids{"r1"});
  EXPECT_EQ(bench.state_of("r1"), JobState::Aborted);
  EXPECT_EQ(bench.models.calls.size(), 1U);
}

TEST(WorkEngineStoreTest, AnAnswerOfAJobThatAnotherGenerationTookIsDroppedAndTheNextBegins) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("taken"));
  bench.submit(bench.job("next"));
  bench.run();
  bench.disk->find(JobKind::Chat, "taken")->owner = "another";
  bench.models.answer(0, "too late");
  bench.run();
  EXPECT_EQ(bench.observer.runs(EngineBench::Kind::Ended), Ids{"next"});
  EXPECT_EQ(bench.state_of("taken"), JobState::Running);
  EXPECT_EQ(bench.roles_of("taken"), Ids{"user"});
}

TEST(WorkEngineStoreTest, AStepOfAJobThatAnotherGenerationTookEndsTheRunHere) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(failing(true));
  bench.submit(bench.job("taken"));
  bench.run();
  bench.disk->find(JobKind::Chat, "taken")->job.attempt = 2;
  bench.loop.advance(Millis{2'000});
  EXPECT_EQ(bench.engine.running(), 0U);
  EXPECT_EQ(bench.models.calls.size(), 1U);
  EXPECT_TRUE(bench.observer.all(EngineBench::Kind::Ended).empty());
}

TEST(WorkEngineStoreTest, AnAbortOfAJobThatAnotherGenerationTookIsAnsweredWithNothing) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("taken"));
  bench.run();
  bench.disk->find(JobKind::Chat, "taken")->owner = "another";
  const auto answer = bench.abort("s1");
  bench.run();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->value(), Ids{});
}

TEST(WorkEngineStoreTest, AwaitGoesOnWaitingWhenTheStoreCannotBeRead) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("r1"));
  bench.run();
  bench.store.fail_next(StoreCall::Read);
  const auto answer = bench.await("r1");
  bench.run();
  EXPECT_FALSE(answer->has_value());
  bench.models.answer(0, "x");
  bench.run();
  EXPECT_TRUE(answer->has_value());
}

}  // namespace
}  // namespace gw::test
