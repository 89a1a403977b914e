#include <string>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "unit/store/fixture.hpp"

namespace gw::test {
namespace {

using WorkStoreTest = StoreTest;

TEST_F(WorkStoreTest, AdmitsAMessageAndFindsItAgain) {
  const auto job = admitted(new_job("r1"));
  EXPECT_EQ(job.state, JobState::Queued);
  EXPECT_EQ(job.session_id, "session-of-r1");

  const auto found = db->find_job(JobKind::Chat, "r1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, job.id);
  EXPECT_EQ((*found)->text, "hello from r1");
  EXPECT_EQ((*found)->options, (json::Object{{"timeoutMs", 5'000}}));
  EXPECT_EQ((*found)->accepted_at.value, 1'000);
  EXPECT_FALSE((*found)->started_at);
  EXPECT_EQ((*found)->attempt, 0);
}

TEST_F(WorkStoreTest, TheSameRunIdIsAdmittedOnceAlsoAfterAReopen) {
  const auto first = admitted(new_job("r1"));
  auto repeated = new_job("r1", "agent:main:other");
  repeated.text = "something else";

  const auto again = db->admit(repeated);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->job.id, first.id);
  EXPECT_EQ(again->job.text, "hello from r1");
  EXPECT_FALSE(db->history("agent:main:other")->session) << "a repeat must not make a session";

  reopen();
  const auto later = db->admit(repeated);
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->is_new);
  EXPECT_EQ(later->job.id, first.id);
}

TEST_F(WorkStoreTest, TheSameRunIdOfTheOtherKindIsOtherWork) {
  const auto chat = admitted(new_job("r1"));
  auto wanted = new_job("r1");
  wanted.kind = JobKind::Agent;
  const auto agent = admitted(wanted);

  EXPECT_NE(agent.id, chat.id);
  EXPECT_EQ((*db->find_job(JobKind::Agent, "r1"))->id, agent.id);
  EXPECT_EQ((*db->find_run("r1"))->id, agent.id) << "the newer of both";
  EXPECT_FALSE(*db->find_run("r2"));
}

TEST_F(WorkStoreTest, ASessionKeepsTheIdItWasCreatedWith) {
  (void)admitted(new_job("r1"));
  const auto second = admitted(new_job("r2", "agent:main:main", UnixMillis{1'500}));

  EXPECT_EQ(second.session_id, "session-of-r1");
  const auto history = db->history("agent:main:main");
  ASSERT_TRUE(history && history->session);
  EXPECT_EQ(history->session->id, "session-of-r1");
  EXPECT_EQ(history->session->created_at.value, 1'000);
  EXPECT_EQ(history->session->updated_at.value, 1'500);
}

TEST_F(WorkStoreTest, BeginAppendsTheUsersMessageAndReturnsItLast) {
  const auto job = admitted(new_job("r1"));
  const auto begun = db->begin(job.id);
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(begun->job.state, JobState::Running);
  EXPECT_EQ(begun->job.attempt, 1);
  EXPECT_EQ(begun->job.started_at, UnixMillis{2'000});

  ASSERT_EQ(begun->transcript.size(), 1U);
  const auto& message = begun->transcript[0];
  EXPECT_EQ(message.seq, 1);
  EXPECT_EQ(message.id.size(), 12U);
  EXPECT_EQ(message.run_id, "r1");
  EXPECT_EQ(json::serialize(message.body),
            R"({"role":"user","content":[{"type":"text","text":"hello from r1"}],)"
            R"("timestamp":1000,"idempotencyKey":"r1:user"})");
  EXPECT_EQ(db->history("agent:main:main")->session->last_state, "running");
}

TEST_F(WorkStoreTest, DurationsAreOfTheNewestRunsThatBeganAndAreOver) {
  for (int i = 0; i < 3; ++i) {
    const auto job = admitted(new_job("r" + std::to_string(i)));
    if (i != 1) {
      ASSERT_TRUE(db->begin(job.id));  // At 2'000.
    }
    auto outcome = outcome_of(job.id);
    if (i == 1) outcome.state = JobState::Aborted;
    outcome.ended_at = UnixMillis{2'100 + i};
    ASSERT_TRUE(db->finish(outcome));
  }
  ASSERT_TRUE(db->begin(admitted(new_job("running")).id));
  EXPECT_EQ(*db->durations(10), (std::vector{Millis{102}, Millis{100}}));
  EXPECT_EQ(*db->durations(1), std::vector{Millis{102}});
}

TEST_F(WorkStoreTest, OnlyAQueuedJobCanBegin) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id));
  EXPECT_EQ(code_of(db->begin(job.id)), Code::Conflict);
  ASSERT_TRUE(db->finish(outcome_of(job.id)));
  EXPECT_EQ(code_of(db->begin(job.id)), Code::Conflict);
  EXPECT_EQ(code_of(db->begin(JobId{99})), Code::Conflict);
  EXPECT_EQ(db->history("agent:main:main")->total, 2);
}

TEST_F(WorkStoreTest, ASecondAttemptDoesNotRepeatTheUsersMessage) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id, "g1"));
  const Step first{.job = job.id, .number = 1, .attempt = 1, .kind = "model_call", .detail = "echo"};
  ASSERT_TRUE(db->step(first, "done", std::nullopt, {answer("half of it")}));

  const auto queued = db->take_over("g2");
  ASSERT_TRUE(queued);
  ASSERT_EQ(queued->size(), 1U);
  EXPECT_EQ(queued->at(0).state, JobState::Queued);
  EXPECT_FALSE(queued->at(0).started_at);

  const auto begun = db->begin(job.id, "g2");
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->job.attempt, 2);
  ASSERT_EQ(begun->transcript.size(), 1U) << "the user's own must be the last of the prompt";
  EXPECT_EQ(text_of(begun->transcript[0]), "hello from r1");
  EXPECT_EQ(db->history("agent:main:main")->total, 2);
}

TEST_F(WorkStoreTest, ThePromptIsTheNewestPartOfALongTranscript) {
  const auto many = static_cast<std::int64_t>(limits::kPromptMessagesMax);
  const auto first = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(first.id));
  auto outcome = outcome_of(first.id);
  outcome.messages.assign(limits::kPromptMessagesMax, answer("old"));
  ASSERT_TRUE(db->finish(outcome));

  const auto second = admitted(new_job("r2"));
  const auto begun = db->begin(second.id);
  ASSERT_TRUE(begun);
  ASSERT_EQ(begun->transcript.size(), limits::kPromptMessagesMax);
  EXPECT_EQ(begun->transcript.front().seq, 3);
  EXPECT_EQ(begun->transcript.back().seq, many + 2);
  EXPECT_EQ(text_of(begun->transcript.back()), "hello from r2");
}

TEST_F(WorkStoreTest, FinishRecordsResultMessagesAndSession) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id));
  const auto appended = db->finish(outcome_of(job.id));
  ASSERT_TRUE(appended) << appended.error().message;
  ASSERT_EQ(appended->size(), 1U);
  EXPECT_EQ(appended->at(0).seq, 2);
  EXPECT_EQ(appended->at(0).run_id, "r1");
  EXPECT_FALSE(appended->at(0).id.empty());

  reopen();
  const auto found = db->find_run("r1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->state, JobState::Done);
  EXPECT_EQ((*found)->ended_at, UnixMillis{3'000});
  EXPECT_EQ((*found)->result, (json::Object{{"ok", true}}));
  const auto history = db->history("agent:main:main");
  EXPECT_EQ(history->total, 2);
  EXPECT_EQ(text_of(history->messages.at(1)), "fine");
  EXPECT_EQ(history->session->last_state, "done");
  EXPECT_EQ(history->session->model, "builtin/echo");
  EXPECT_EQ(history->session->updated_at.value, 3'000);
}

TEST_F(WorkStoreTest, TheSessionSaysHowItsLastRunEnded) {
  const std::pair<JobState, const char*> cases[] = {
      {JobState::Done, "done"}, {JobState::Failed, "failed"}, {JobState::Aborted, "killed"}};
  for (const auto& [state, word] : cases) {
    const auto job = admitted(new_job(word));
    ASSERT_TRUE(db->begin(job.id));
    auto outcome = outcome_of(job.id, state);
    outcome.model.clear();
    ASSERT_TRUE(db->finish(outcome));
    EXPECT_EQ(db->history("agent:main:main")->session->last_state, word);
    EXPECT_EQ((*db->find_run(word))->state, state);
  }
  EXPECT_EQ(db->history("agent:main:main")->session->model, "") << "no model answered, so none is known";
}

TEST_F(WorkStoreTest, OneJobEndsOnceAndOnlyByItsOwner) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id, "g1"));
  EXPECT_EQ(code_of(db->finish(outcome_of(job.id, JobState::Done, "g2"))), Code::Conflict);
  ASSERT_TRUE(db->finish(outcome_of(job.id, JobState::Done, "g1")));
  EXPECT_EQ(code_of(db->finish(outcome_of(job.id, JobState::Failed, "g1"))), Code::Conflict);
  EXPECT_EQ(code_of(db->finish(outcome_of(JobId{99}))), Code::Conflict);
  EXPECT_EQ((*db->find_run("r1"))->state, JobState::Done);
  EXPECT_EQ(db->history("agent:main:main")->total, 2) << "a refused outcome appends nothing";
}

TEST_F(WorkStoreTest, AbortingAQueuedJobAppendsNothing) {
  const auto job = admitted(new_job("r1"));
  auto outcome = outcome_of(job.id, JobState::Aborted);
  outcome.messages.clear();
  ASSERT_TRUE(db->finish(outcome));
  EXPECT_EQ((*db->find_run("r1"))->state, JobState::Aborted);
  EXPECT_EQ(db->history("agent:main:main")->total, 0);
  EXPECT_EQ(db->history("agent:main:main")->session->last_state, "killed");
  EXPECT_TRUE(db->take_over("g2")->empty());
}

TEST_F(WorkStoreTest, AbortingAQueuedJobLeavesARunningSessionRunning) {
  const auto first = admitted(new_job("r1"));
  const auto second = admitted(new_job("r2"));
  ASSERT_TRUE(db->begin(first.id));
  ASSERT_TRUE(db->finish(outcome_of(second.id, JobState::Aborted)));
  EXPECT_EQ(db->history("agent:main:main")->session->last_state, "running");
}

TEST_F(WorkStoreTest, TakeOverReturnsQueuedWorkInTheOrderItWasAccepted) {
  const auto first = admitted(new_job("r1", "agent:main:b"));
  const auto second = admitted(new_job("r2", "agent:main:a"));
  const auto third = admitted(new_job("r3", "agent:main:c"));
  const auto own = admitted(new_job("r4", "agent:main:d"));
  ASSERT_TRUE(db->begin(second.id, "g1"));
  ASSERT_TRUE(db->begin(own.id, "g2"));
  ASSERT_TRUE(db->finish(outcome_of(third.id, JobState::Aborted)));

  const auto queued = db->take_over("g2");
  ASSERT_TRUE(queued);
  ASSERT_EQ(queued->size(), 2U);
  EXPECT_EQ(queued->at(0).id, first.id);
  EXPECT_EQ(queued->at(1).id, second.id);
  EXPECT_EQ(queued->at(1).attempt, 1);
  EXPECT_EQ(queued->at(0).text, "");
  EXPECT_EQ((*db->find_run("r4"))->state, JobState::Running) << "its own work goes on";
}

TEST_F(WorkStoreTest, AFormerOwnerCanNeitherContinueNorEndItsRun) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id, "g1"));
  ASSERT_TRUE(db->take_over("g2"));
  ASSERT_TRUE(db->begin(job.id, "g2"));

  const Step stale{.job = job.id, .number = 1, .attempt = 1, .kind = "model_call", .detail = "echo"};
  EXPECT_EQ(code_of(db->step(stale, "done", std::nullopt, {answer("late")})), Code::Conflict);
  EXPECT_EQ(code_of(db->finish(outcome_of(job.id, JobState::Done, "g1"))), Code::Conflict);
  EXPECT_EQ(db->history("agent:main:main")->total, 1);
}

TEST_F(WorkStoreTest, AStepMustBeOpenAndItsJobRunning) {
  const auto job = admitted(new_job("r1"));
  const Step first{.job = job.id, .number = 1, .attempt = 1, .kind = "model_call", .detail = "echo"};
  const Step second{.job = job.id, .number = 2, .attempt = 1, .kind = "tool_call", .detail = "time"};
  EXPECT_EQ(code_of(db->step(std::nullopt, "", first)), Code::Conflict) << "still queued";
  ASSERT_TRUE(db->begin(job.id));
  EXPECT_EQ(code_of(db->step(std::nullopt, "", first)), Code::Conflict) << "that number is taken";
  EXPECT_EQ(code_of(db->step(second, "done", std::nullopt)), Code::Conflict) << "never attempted";
  ASSERT_TRUE(db->step(first, "done", second));
  EXPECT_EQ(code_of(db->step(first, "done", std::nullopt)), Code::Conflict) << "ended already";
  const auto nameless = db->step(std::nullopt, "done", std::nullopt);
  ASSERT_FALSE(nameless);
  EXPECT_EQ(nameless.error().code, Code::InvalidRequest);
}

TEST_F(WorkStoreTest, EveryStepEndsWithWhatIsKnownOfIt) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id, "g1"));
  Step one{.job = job.id, .number = 1, .attempt = 1, .kind = "model_call", .detail = "echo"};
  Step two{.job = job.id, .number = 2, .attempt = 1, .kind = "tool_call", .detail = "time"};
  Step three{.job = job.id, .number = 3, .attempt = 1, .kind = "model_call", .detail = "echo"};
  ASSERT_TRUE(db->step(one, "done", two));
  ASSERT_TRUE(db->step(two, "no clock", three));
  EXPECT_EQ(steps_in(file), "1.1 done/done, 1.2 failed/no clock, 1.3 attempted/");
  ASSERT_TRUE(db->take_over("g2"));
  ASSERT_TRUE(db->begin(job.id, "g2"));
  ASSERT_TRUE(db->finish(outcome_of(job.id, JobState::Done, "g2")));
  EXPECT_EQ(steps_in(file), "1.1 done/done, 1.2 failed/no clock, 1.3 interrupted/, 2.1 done/");
}

TEST_F(WorkStoreTest, FinishEndsTheOpenStepInItsOwnSense) {
  const auto failed = admitted(new_job("r1", "agent:main:a"));
  const auto killed = admitted(new_job("r2", "agent:main:b"));
  ASSERT_TRUE(db->begin(failed.id));
  ASSERT_TRUE(db->begin(killed.id));
  ASSERT_TRUE(db->finish(outcome_of(failed.id, JobState::Failed)));
  ASSERT_TRUE(db->finish(outcome_of(killed.id, JobState::Aborted)));
  EXPECT_EQ(steps_in(file), "1.1 failed/, 1.1 interrupted/");
}

TEST_F(WorkStoreTest, StepMessagesAreAppendedWithTheStep) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id));
  const Step one{.job = job.id, .number = 1, .attempt = 1, .kind = "model_call", .detail = "echo"};
  const Step two{.job = job.id, .number = 2, .attempt = 1, .kind = "tool_call", .detail = "time"};
  ASSERT_TRUE(db->step(one, "done", two, {answer("calls a tool"), answer("and another")}));
  const auto history = db->history("agent:main:main");
  EXPECT_EQ(history->total, 3);
  ASSERT_EQ(history->messages.size(), 3U);
  EXPECT_EQ(history->messages[2].seq, 3);
  EXPECT_EQ(history->messages[2].run_id, "r1");
}

}  // namespace
}  // namespace gw::test
