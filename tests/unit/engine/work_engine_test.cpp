#include "engine/work_engine.hpp"

#include <algorithm>

#include "unit/engine/engine_bench.hpp"

namespace gw::test {
namespace {

using Ids = std::vector<std::string>;

TEST(WorkEngineTest, AMessageIsAcknowledgedOnlyAfterItsCommit) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.store.hold(true);
  const auto answer = bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_FALSE(answer->has_value());
  EXPECT_TRUE(bench.disk->jobs.empty());

  bench.store.hold(false);
  bench.run();
  ASSERT_TRUE(answer->has_value());
  EXPECT_TRUE((*answer)->value().is_new);
  EXPECT_EQ((*answer)->value().job.state, JobState::Queued);
}

TEST(WorkEngineTest, AJobBeginsAfterItsAcknowledgementWasDelivered) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bool is_told = false;
  bench.engine.submit(bench.job("r1"), [&](const Result<Admission>&) {
    is_told = true;
    EXPECT_EQ(bench.state_of("r1"), JobState::Queued);
    EXPECT_EQ(bench.engine.running(), 0U);
  });
  bench.observer.before_begun = [&](const auto&) { EXPECT_TRUE(is_told); };
  bench.run();
  EXPECT_EQ(bench.observer.runs(EngineBench::Kind::Begun), Ids{"r1"});
}

TEST(WorkEngineTest, AFinishedRunLeavesTheQuestionAndTheAnswerInTheTranscript) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_EQ(bench.state_of("r1"), JobState::Done);
  EXPECT_EQ(bench.roles_of("r1"), (Ids{"user", "assistant"}));
  const auto ended = bench.observer.all(EngineBench::Kind::Ended);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].end.text, "re: text of r1");
  EXPECT_EQ(ended[0].end.message->seq, 2);
  EXPECT_EQ(bench.engine.running() + bench.engine.waiting(), 0U);
}

TEST(WorkEngineTest, AnEndIsToldOnlyAfterItsCommit) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.observer.before_ended = [&](const auto&) { EXPECT_EQ(bench.state_of("r1"), JobState::Done); };
  const auto waiting = bench.await("r1");
  bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_EQ(bench.observer.runs(EngineBench::Kind::Ended), Ids{"r1"});
  EXPECT_TRUE(waiting->has_value());
}

TEST(WorkEngineTest, ARepeatedRunIdGetsTheFirstJobInEachOfItsStates) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("running"));
  bench.submit(bench.job("queued"));
  bench.run();
  NewJob changed = bench.job("queued");
  changed.text = "another text";
  const auto queued = bench.submit(changed);
  const auto running = bench.submit(bench.job("running"));
  bench.run();
  EXPECT_FALSE((*queued)->value().is_new);
  EXPECT_EQ((*queued)->value().job.state, JobState::Queued);
  EXPECT_EQ((*queued)->value().job.text, "text of queued");
  EXPECT_EQ((*running)->value().job.state, JobState::Running);

  bench.models.answer(0, "done");
  bench.run();
  const auto done = bench.submit(bench.job("running"));
  bench.run();
  EXPECT_FALSE((*done)->value().is_new);
  EXPECT_EQ((*done)->value().job.state, JobState::Done);
  EXPECT_EQ(json::text_or((*done)->value().job.result, "status"), "ok");
  EXPECT_EQ(bench.models.calls.size(), 2U);
}

TEST(WorkEngineTest, TheSameRunIdOfAnotherKindIsAnotherJob) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.submit(bench.job("r1", "s1", JobKind::Chat));
  const auto agent = bench.submit(bench.job("r1", "s2", JobKind::Agent));
  bench.run();
  EXPECT_TRUE((*agent)->value().is_new);
  EXPECT_EQ(bench.models.calls.size(), 2U);
}

TEST(WorkEngineTest, TwoSubmitsOfOneRunIdAtOnceRunItOnce) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  const auto first = bench.submit(bench.job("r1"));
  const auto second = bench.submit(bench.job("r1"));
  bench.run();
  EXPECT_TRUE((*first)->value().is_new);
  EXPECT_FALSE((*second)->value().is_new);
  EXPECT_EQ(bench.models.calls.size(), 1U);
}

TEST(WorkEngineTest, JobsOfOneSessionRunOneAfterAnother) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return hanging(); };
  for (const char* id : {"a", "b", "c"}) bench.submit(bench.job(id));
  bench.run();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.models.calls.size(), i + 1);
    EXPECT_EQ(bench.engine.running(), 1U);
    bench.models.answer(i, "x");
    bench.run();
  }
  EXPECT_EQ(bench.observer.runs(EngineBench::Kind::Ended), (Ids{"a", "b", "c"}));
}

TEST(WorkEngineTest, SessionsRunSideBySideUpToTheLimit) {
  EngineBench bench({.concurrent_runs = 2});
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return hanging(); };
  for (const char* id : {"a", "b", "c"}) bench.submit(bench.job(id, std::string("s-") + id));
  bench.run();
  EXPECT_EQ(bench.engine.running(), 2U);
  EXPECT_EQ(bench.engine.waiting(), 1U);
  EXPECT_TRUE(bench.engine.is_running_in("s-a"));
  EXPECT_FALSE(bench.engine.is_running_in("s-c"));

  bench.models.answer(1, "x");
  bench.run();
  EXPECT_TRUE(bench.engine.is_running_in("s-c"));
  EXPECT_FALSE(bench.engine.is_running_in("s-b"));
}

TEST(WorkEngineTest, ANewConfigurationIsForWhatBeginsFromThenOn) {
  EngineBench bench({.concurrent_runs = 1});
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return hanging(); };
  for (const char* id : {"a", "b"}) bench.submit(bench.job(id, std::string("s-") + id));
  bench.run();
  EXPECT_EQ(bench.engine.running(), 1U);

  std::swap(bench.models.known[0], bench.models.known[1]);
  bench.engine.reconfigure({.concurrent_runs = 2});
  bench.run();
  EXPECT_EQ(bench.engine.running(), 2U) << "what waited begins when the limit grows";
  EXPECT_EQ(bench.models.calls.at(0)->request.model, "one");
  EXPECT_EQ(bench.models.calls.at(1)->request.model, "two");
  EXPECT_EQ(bench.models.pins, 2) << "each run takes the models of its time, once";
}

TEST(WorkEngineTest, TheModelOfAJobIsTheOneItNamesOrTheDefault) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.engine.default_model(), "test/one");
  bench.submit(bench.job("default"));
  NewJob named = bench.job("named");
  named.options = {{"model", "test/two"}};
  bench.submit(named);
  bench.run();
  ASSERT_EQ(bench.models.calls.size(), 2U);
  EXPECT_EQ(bench.models.calls[0]->request.model, "one");
  EXPECT_EQ(bench.models.calls[1]->request.model, "two");
  EXPECT_EQ(bench.disk->sessions["s1"].session.model, "test/two");
}

TEST(WorkEngineTest, AnUnknownModelFailsTheRunAndSaysSo) {
  for (const char* name : {"no/such", "without-provider", ""}) {
    EngineBench bench;
    ASSERT_TRUE(bench.start());
    NewJob named = bench.job("r1");
    named.options = {{"model", name}};
    bench.submit(named);
    bench.run();
    EXPECT_EQ(bench.state_of("r1"), JobState::Failed) << name;
    const auto ended = bench.observer.all(EngineBench::Kind::Ended);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].end.error_kind, "model_not_found");
  }
}

TEST(WorkEngineTest, AwaitIsToldWhetherItComesBeforeDuringOrAfterTheRun) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  const auto before = bench.await("r1");
  bench.submit(bench.job("r1"));
  bench.run();
  const auto during = bench.await("r1", Millis{1'000});
  bench.run();
  EXPECT_FALSE(before->has_value());
  bench.models.answer(0, "x");
  bench.run();
  const auto after = bench.await("r1");
  bench.run();
  for (const auto& answer : {before, during, after}) {
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ((*answer)->value(), bench.disk->find(JobKind::Chat, "r1")->job.result);
  }
}

TEST(WorkEngineTest, AwaitEndsWithNothingAtItsTimeLimitAndOnlyOnce) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("r1"));
  bench.run();
  int answers = 0;
  bench.engine.await({}, "r1", Millis{100}, [&](const Result<std::optional<json::Object>>& given) {
    ++answers;
    EXPECT_EQ(given.value(), std::nullopt);
  });
  bench.loop.advance(Millis{99});
  EXPECT_EQ(answers, 0);
  bench.loop.advance(Millis{1});
  EXPECT_EQ(answers, 1);
  bench.models.answer(0, "x");
  bench.run();
  EXPECT_EQ(answers, 1);
}

TEST(WorkEngineTest, AwaitOfARunThatNobodyKnowsWaitsForItsTimeLimit) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  const auto answer = bench.await("nobody", Millis{100});
  bench.run();
  EXPECT_FALSE(answer->has_value());
  bench.loop.advance(Millis{100});
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->value(), std::nullopt);
}

TEST(WorkEngineTest, AwaitOfOneKindIsNotToldOfTheOther) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  const auto chat = bench.await("r1", {}, JobKind::Chat);
  const auto agent = bench.await("r1", {}, JobKind::Agent);
  const auto either = bench.await("r1");
  bench.submit(bench.job("r1", "s1", JobKind::Agent));
  bench.run();
  EXPECT_FALSE(chat->has_value());
  EXPECT_TRUE(agent->has_value());
  EXPECT_TRUE(either->has_value());
}

TEST(WorkEngineTest, AwaitIsRefusedWhenTooManyWait) {
  EngineBench bench({.waiters_max = 2});
  ASSERT_TRUE(bench.start());
  bench.await("a", Millis{10});
  bench.await("b");
  const auto refused = bench.await("c");
  ASSERT_TRUE(refused->has_value());
  EXPECT_EQ((*refused)->error().code, Code::Unavailable);
  bench.loop.advance(Millis{10});
  const auto accepted = bench.await("c");
  EXPECT_FALSE(accepted->has_value());
}

TEST(WorkEngineTest, ARunLastsNoLongerThanItsJobAllowsAndNeverLongerThanTheLimit) {
  EngineBench bench({.run = {.timeout = Millis{1'000}}});
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return hanging(); };
  NewJob shorter = bench.job("shorter", "s1");
  shorter.options = {{"timeoutMs", 200}};
  NewJob longer = bench.job("longer", "s2");
  longer.options = {{"timeoutMs", 5'000}};
  bench.submit(shorter);
  bench.submit(longer);
  bench.loop.advance(Millis{199});
  EXPECT_EQ(bench.state_of("shorter"), JobState::Running);
  bench.loop.advance(Millis{1});
  EXPECT_EQ(bench.state_of("shorter"), JobState::Aborted);
  bench.loop.advance(Millis{799});
  EXPECT_EQ(bench.state_of("longer"), JobState::Running);
  bench.loop.advance(Millis{1});
  EXPECT_EQ(bench.state_of("longer"), JobState::Aborted);
}

TEST(WorkEngineTest, RunningTasksAreThoseThatHaveATaskIdAndRun) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.otherwise = [](const ModelRequest&) { return hanging(); };
  for (const char* id : {"b", "a", "behind"}) {
    NewJob task = bench.job(id, id == std::string("behind") ? "s-a" : std::string("s-") + id, JobKind::Agent);
    set_task_tag(task.options, {.id = std::string("task-") + id,
                                .label = std::string("label ") + id,
                                .title = std::string("title ") + id});
    bench.submit(task);
  }
  bench.submit(bench.job("chat", "s-chat"));
  bench.run();
  const auto tasks = bench.engine.running_tasks();
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].tag.id, "task-a");
  EXPECT_EQ(tasks[0].tag.runtime, "cli");
  EXPECT_EQ(tasks[0].tag.label, "label a");
  EXPECT_EQ(tasks[0].tag.title, "title a");
  EXPECT_EQ(tasks[1].run_id, "b");
}

TEST(WorkEngineTest, AChangeIsToldInATurnOfItsOwn) {
  EngineBench bench;
  ASSERT_TRUE(bench.start());
  bench.models.then(hanging());
  bench.submit(bench.job("r1"));
  bench.run();
  const int before = bench.changes;
  EXPECT_GT(before, 0);
  bench.engine.abort("s1", {}, [&](const auto&) { EXPECT_EQ(bench.changes, before); });
  bench.run();
  EXPECT_GT(bench.changes, before);
  EXPECT_EQ(bench.engine.running(), 0U);
}

}  // namespace
}  // namespace gw::test
