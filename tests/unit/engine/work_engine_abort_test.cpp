#include "unit/engine/engine_bench.hpp"

namespace gw::test {
namespace {

using Ids = std::vector<std::string>;

TEST(WorkEngineAbortTest, ARunningJobEndsWithWhatItHasAndIsAnsweredAfterTheCommit) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging({"half an ", "answer"}));
  bench.submit(bench.job("r1"));
  bench.run();
  bench.store.hold(true);
  const auto answer = bench.abort("s1");
  bench.run();
  EXPECT_TRUE(bench.models.calls[0]->is_dropped);
  EXPECT_FALSE(answer->has_value());

  bench.store.hold(false);
  bench.run();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->value(), Ids{"r1"});
  EXPECT_EQ(bench.state_of("r1"), JobState::Aborted);
  const auto ended = bench.observer.all(EngineBench::Kind::Ended);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].end.text, "half an answer");
  EXPECT_EQ(ended[0].end.stop_reason, "rpc");
}

TEST(WorkEngineAbortTest, AQueuedJobIsAbortedByItsRunIdAndNeverBegins) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("running"));
  bench.submit(bench.job("queued"));
  bench.run();
  const auto waiter = bench.await("queued");
  const auto answer = bench.abort("s1", "queued");
  EXPECT_FALSE(answer->has_value());
  bench.run();
  EXPECT_EQ((*answer)->value(), Ids{"queued"});
  EXPECT_EQ(bench.state_of("queued"), JobState::Aborted);
  EXPECT_EQ(json::text_or(*(*waiter)->value(), "status"), "timeout");
  EXPECT_EQ(bench.state_of("running"), JobState::Running);

  bench.models.answer(0, "x");
  bench.run();
  EXPECT_EQ(bench.models.calls.size(), 1U);
  EXPECT_EQ(bench.roles_of("queued"), Ids{});
}

TEST(WorkEngineAbortTest, WithoutARunIdOnlyTheRunningJobOfTheSessionIsAborted) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return hanging(); };
  bench.submit(bench.job("here"));
  bench.submit(bench.job("behind"));
  bench.submit(bench.job("elsewhere", "s2"));
  bench.run();
  const auto answer = bench.abort("s1");
  bench.run();
  EXPECT_EQ((*answer)->value(), Ids{"here"});
  EXPECT_EQ(bench.state_of("behind"), JobState::Running);
  EXPECT_EQ(bench.state_of("elsewhere"), JobState::Running);
}

TEST(WorkEngineAbortTest, AJobWhoseBeginIsUnderWayIsAbortedAsSoonAsItHasBegun) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.submit(bench.job("r1"));
  while (bench.engine.running() == 0) bench.loop.run_one();
  ASSERT_TRUE(bench.models.calls.empty());
  const auto answer = bench.abort("s1");
  bench.run();
  EXPECT_EQ((*answer)->value(), Ids{"r1"});
  EXPECT_EQ(bench.state_of("r1"), JobState::Aborted);
  EXPECT_EQ(bench.observer.all(EngineBench::Kind::Text).size(), 0U);
}

TEST(WorkEngineAbortTest, NothingToAbortIsAnsweredWithNothing) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.submit(bench.job("over"));
  bench.run();
  for (const auto& answer :
       {bench.abort("s1"), bench.abort("s1", "over"), bench.abort("nowhere"), bench.abort("s2", "over")}) {
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ((*answer)->value(), Ids{});
  }
}

TEST(WorkEngineAbortTest, TwoAbortsOfOneRunAreBothAnsweredAndItEndsOnce) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("r1"));
  bench.run();
  const auto first = bench.abort("s1");
  const auto second = bench.abort("s1", "r1");
  bench.run();
  EXPECT_EQ((*first)->value(), Ids{"r1"});
  EXPECT_EQ((*second)->value(), Ids{"r1"});
  EXPECT_EQ(bench.disk->find(JobKind::Chat, "r1")->times_ended, 1);
}

TEST(WorkEngineAbortTest, AQueuedJobWhoseAbortTheStoreRefusesStaysQueuedAndIsNotReported) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("running"));
  bench.submit(bench.job("queued"));
  bench.run();
  bench.store.fail_next(StoreCall::Finish);
  const auto answer = bench.abort("s1", "queued");
  bench.run();
  EXPECT_EQ((*answer)->value(), Ids{});
  bench.models.answer(0, "x");
  bench.run();
  EXPECT_EQ(bench.state_of("queued"), JobState::Done);
}

TEST(WorkEngineAbortTest, AQueuedJobThatIsAbortedWhileItBeginsEndsOnceWhateverTheStoreSaysToTheBegin) {
  for (const Code code : {Code::Conflict, Code::Storage}) {
    EngineBench bench;
    ASSERT_TRUE(bench.start());
    bench.models.then(hanging());
    bench.submit(bench.job("first"));
    bench.submit(bench.job("second"));
    bench.run();
    bench.store.hold(true);
    bench.models.answer(0, "x");
    const auto answer = bench.abort("s1", "second");
    bench.run();
    bench.store.fail_next(StoreCall::Begin, 1, code);
    bench.store.hold(false);
    bench.run();
    bench.loop.advance(engine::kStoreRetryWait);
    EXPECT_EQ((*answer)->value(), Ids{"second"});
    EXPECT_EQ(bench.state_of("second"), JobState::Aborted);
    EXPECT_EQ(bench.engine.running() + bench.engine.waiting(), 0U);
  }
}

TEST(WorkEngineAbortTest, ABeginThatFailsAfterItsJobWasAbortedIsForgotten) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.engine.fence(true);
  bench.submit(bench.job("r1"));
  bench.run();
  const auto answer = bench.abort("s1", "r1");
  bench.engine.fence(false);
  bench.store.fail_next(StoreCall::Begin);
  bench.run();
  bench.loop.advance(engine::kStoreRetryWait);
  EXPECT_EQ((*answer)->value(), Ids{"r1"});
  EXPECT_EQ(bench.engine.running() + bench.engine.waiting(), 0U);
  EXPECT_TRUE(bench.models.calls.empty());
}

TEST(WorkEngineAbortTest, OneJobIsAbortedByItsNumberAndNoOtherWithItsRunId) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return hanging(); };
  const auto chat = bench.submit(bench.job("same", "s1"));
  const auto agent = bench.submit(bench.job("same", "s2", JobKind::Agent));
  const auto queued = bench.submit(bench.job("behind", "s1"));
  bench.run();
  std::vector<bool> answers;
  const auto keep = [&](Result<bool> aborted) { answers.push_back(aborted && *aborted); };
  bench.engine.abort((*agent)->value().job.id, keep);
  bench.engine.abort((*queued)->value().job.id, keep);
  bench.run();
  bench.engine.abort((*queued)->value().job.id, keep);
  EXPECT_EQ(answers, (std::vector<bool>{true, true, false}));
  EXPECT_EQ(bench.state_of("same", JobKind::Agent), JobState::Aborted);
  EXPECT_EQ(bench.state_of("behind"), JobState::Aborted);
  EXPECT_EQ(bench.state_of("same"), JobState::Running);
}

}  // namespace
}  // namespace gw::test
