#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/schema.hpp"
#include "unit/store/fixture.hpp"

namespace gw::test {
namespace {

using task::Status;

NewJob new_task(const std::string& run_id, const std::string& key = "agent:main:main",
                UnixMillis at = UnixMillis{1'000}) {
  NewJob job = new_job(run_id, key, at);
  job.kind = JobKind::Agent;
  set_task_tag(job.options,
               {.id = "task-" + run_id, .label = "label of " + run_id, .title = "title of " + run_id});
  return job;
}

class TaskStoreTest : public StoreTest {
 protected:
  /// The record, which must be there.
  TaskRecord task(const std::string& name) {
    auto found = db->find_task(name);
    EXPECT_TRUE(found && *found) << name;
    return found && *found ? std::move(**found) : TaskRecord{};
  }
  /// The ids of a list, in its order.
  std::vector<std::string> ids(const TaskQuery& query) {
    std::vector<std::string> names;
    auto page = db->tasks(query);
    EXPECT_TRUE(page) << page.error().message;
    if (page) next = page->next;
    for (const auto& one : page->tasks) names.push_back(one.tag.id);
    return names;
  }
  /// Changes the file behind the store's back.
  void alter(const char* sql) {
    ASSERT_TRUE(db->close());
    auto database = store::Database::open(file, store::Database::Mode::Write);
    ASSERT_TRUE(database);
    const auto done = (*database)->run(sql);
    ASSERT_TRUE(done) << done.error().message;
    database->reset();
    reopen();
  }

  std::optional<TaskPosition> next;
};

using Ids = std::vector<std::string>;

TEST_F(TaskStoreTest, AnAdmittedTaskIsQueuedWithAllThatIsKnownOfIt) {
  const auto job = admitted(new_task("r1"));
  const auto record = task("task-r1");
  EXPECT_EQ(record.tag.runtime, "cli");
  EXPECT_EQ(record.tag.label, "label of r1");
  EXPECT_EQ(record.tag.title, "title of r1");
  EXPECT_EQ(record.job, job.id);
  EXPECT_EQ(record.run_id, "r1");
  EXPECT_EQ(record.session_key, "agent:main:main");
  EXPECT_EQ(record.owner_key, "agent:main:main");
  EXPECT_EQ(record.agent_id, "main");
  EXPECT_EQ(record.generation, "");
  EXPECT_EQ(record.state.status, Status::Queued);
  EXPECT_EQ(record.state.created_at.value, 1'000);
  EXPECT_FALSE(record.state.started_at);
}

TEST_F(TaskStoreTest, AJobWithoutATagIsNoTask) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id));
  ASSERT_TRUE(db->finish(outcome_of(job.id)));
  EXPECT_TRUE(ids({.limit = 10}).empty());
}

TEST_F(TaskStoreTest, ARepeatedRunMakesNoSecondTask) {
  (void)admitted(new_task("r1"));
  auto repeated = new_task("r1");
  repeated.options["taskId"] = "another";
  ASSERT_TRUE(db->admit(repeated));
  EXPECT_EQ(ids({.limit = 10}), (Ids{"task-r1"}));
}

TEST_F(TaskStoreTest, ATaskFollowsItsRun) {
  const auto job = admitted(new_task("r1"));
  ASSERT_TRUE(db->begin(job.id, "g1"));
  auto record = task("task-r1");
  EXPECT_EQ(record.state.status, Status::Running);
  EXPECT_EQ(record.state.started_at, UnixMillis{2'000});
  EXPECT_EQ(record.generation, "g1");

  auto outcome = outcome_of(job.id);
  outcome.result["summary"] = "completed";
  ASSERT_TRUE(db->finish(outcome));
  record = task("task-r1");
  EXPECT_EQ(record.state.status, Status::Succeeded);
  EXPECT_EQ(record.state.ended_at, UnixMillis{3'000});
  EXPECT_EQ(record.state.last_event_at, UnixMillis{3'000});
  EXPECT_EQ(record.summary, "completed");
}

TEST_F(TaskStoreTest, EachEndOfARunIsAnEndOfItsTask) {
  struct Case {
    JobState state;
    bool is_timed_out;
    Status status;
  };
  const Case cases[] = {{JobState::Done, false, Status::Succeeded},
                        {JobState::Failed, false, Status::Failed},
                        {JobState::Aborted, false, Status::Cancelled},
                        {JobState::Aborted, true, Status::TimedOut}};
  int number = 0;
  for (const auto& [state, is_timed_out, status] : cases) {
    const auto name = "r" + std::to_string(++number);
    const auto job = admitted(new_task(name));
    ASSERT_TRUE(db->begin(job.id));
    auto outcome = outcome_of(job.id, state);
    outcome.is_timed_out = is_timed_out;
    ASSERT_TRUE(db->finish(outcome));
    EXPECT_EQ(task("task-" + name).state.status, status);
  }
}

TEST_F(TaskStoreTest, ARefusedOutcomeLeavesTheTaskAsItWas) {
  const auto job = admitted(new_task("r1"));
  ASSERT_TRUE(db->begin(job.id, "g1"));
  EXPECT_EQ(code_of(db->finish(outcome_of(job.id, JobState::Done, "g2"))), Code::Conflict);
  EXPECT_EQ(task("task-r1").state.status, Status::Running);
}

TEST_F(TaskStoreTest, ATakenOverTaskWaitsAndThenRunsUnderItsNewGeneration) {
  const auto job = admitted(new_task("r1"));
  ASSERT_TRUE(db->begin(job.id, "g1"));
  ASSERT_TRUE(db->take_over("g2"));
  EXPECT_EQ(task("task-r1").state.status, Status::Queued);
  EXPECT_EQ(task("task-r1").generation, "");
  ASSERT_TRUE(db->begin(job.id, "g2", UnixMillis{5'000}));
  EXPECT_EQ(task("task-r1").state.status, Status::Running);
  EXPECT_EQ(task("task-r1").generation, "g2");
  EXPECT_EQ(task("task-r1").state.started_at, UnixMillis{2'000});
}

TEST_F(TaskStoreTest, ATakeOverLeavesTasksOfTheSameGenerationAlone) {
  const auto job = admitted(new_task("r1"));
  ASSERT_TRUE(db->begin(job.id, "g1"));
  ASSERT_TRUE(db->take_over("g1"));
  EXPECT_EQ(task("task-r1").state.status, Status::Running);
}

TEST_F(TaskStoreTest, ATaskThatNothingGoesOnWithIsLostAtOnce) {
  for (const char* name : {"gone", "queued", "open"}) (void)admitted(new_task(name, "agent:main:x"));
  const auto open = db->find_job(JobKind::Agent, "open");
  ASSERT_TRUE(db->begin((*open)->id, "g1"));
  // Of another runtime, without a job; and two whose job is no more.
  alter(R"(
    INSERT INTO task (id, runtime, run_id, session_key, owner_key, agent_id, label, title, status,
                      generation, created_at_ms, last_event_at_ms)
    VALUES ('child', 'subagent', 'c1', 'agent:main:c', 'agent:main:main', 'main', '', 'a child', 'running',
            'g1', 1, 2);
    UPDATE task SET status = 'running', generation = 'g1' WHERE id = 'task-gone';
    DELETE FROM job WHERE run_id IN ('gone', 'queued');
  )");
  ASSERT_TRUE(db->take_over("g2"));
  for (const char* name : {"child", "task-gone", "task-queued"}) {
    EXPECT_EQ(task(name).state.status, Status::Lost) << name;
    EXPECT_EQ(task(name).summary, "backing session missing");
    EXPECT_EQ(task(name).generation, "g2");
    EXPECT_TRUE(task(name).state.ended_at);
  }
  EXPECT_EQ(task("task-open").state.status, Status::Queued);
  EXPECT_EQ(task("child").tag.runtime, "subagent");
}

TEST_F(TaskStoreTest, AListShowsTheLatestEventFirstPageByPage) {
  std::vector<Job> jobs;
  for (int i = 1; i <= 5; ++i) {
    jobs.push_back(admitted(new_task("r" + std::to_string(i), "agent:main:" + std::to_string(i))));
  }
  ASSERT_TRUE(db->begin(jobs[1].id));
  ASSERT_TRUE(db->begin(jobs[3].id));
  ASSERT_TRUE(db->finish(outcome_of(jobs[3].id)));

  EXPECT_EQ(ids({.limit = 2}), (Ids{"task-r4", "task-r2"}));
  ASSERT_TRUE(next);
  EXPECT_EQ(ids({.limit = 2, .after = next}), (Ids{"task-r5", "task-r3"}));
  ASSERT_TRUE(next);
  EXPECT_EQ(ids({.limit = 2, .after = next}), (Ids{"task-r1"}));
  EXPECT_FALSE(next);
}

TEST_F(TaskStoreTest, AListCanBeNarrowed) {
  const auto a = admitted(new_task("a", "agent:main:a"));
  const auto b = admitted(new_task("b", "agent:main:b"));
  auto other = new_task("c", "agent:main:b", UnixMillis{1'500});
  other.agent_id = "other";
  other.options["runtime"] = "cron";
  (void)admitted(other);
  ASSERT_TRUE(db->begin(a.id));

  EXPECT_EQ(ids({.statuses = {Status::Queued}, .limit = 10}), (Ids{"task-c", "task-b"}));
  EXPECT_EQ(ids({.statuses = {Status::Running, Status::Failed}, .limit = 10}), (Ids{"task-a"}));
  EXPECT_EQ(ids({.session_key = "agent:main:b", .limit = 10}), (Ids{"task-c", "task-b"}));
  EXPECT_EQ(ids({.statuses = {Status::Running}, .session_key = "agent:main:b", .limit = 10}), Ids{});
  EXPECT_EQ(ids({.agent_id = "other", .limit = 10}), (Ids{"task-c"}));
  EXPECT_EQ(ids({.runtime = "cli", .limit = 10}), (Ids{"task-a", "task-b"}));
}

TEST_F(TaskStoreTest, ATaskIsFoundByIdRunAndSession) {
  (void)admitted(new_task("r1"));
  (void)admitted(new_task("r2", "agent:main:main", UnixMillis{1'001}));
  EXPECT_EQ(task("task-r1").run_id, "r1");
  EXPECT_EQ(task("r1").run_id, "r1");
  EXPECT_EQ(task("agent:main:main").run_id, "r2") << "the latest of the session";
  EXPECT_FALSE(*db->find_task("nothing"));
}

TEST_F(TaskStoreTest, EndedTasksGoWithTheirJobsAndActiveOnesStay) {
  const auto old = admitted(new_task("old"));
  const auto fresh = admitted(new_task("fresh"));
  (void)admitted(new_task("waiting"));
  for (const auto& job : {old, fresh}) ASSERT_TRUE(db->begin(job.id));
  auto outcome = outcome_of(old.id, JobState::Failed);
  outcome.ended_at = UnixMillis{9'999};
  ASSERT_TRUE(db->finish(outcome));
  outcome = outcome_of(fresh.id);
  outcome.ended_at = UnixMillis{10'000};
  ASSERT_TRUE(db->finish(outcome));

  EXPECT_FALSE(*db->prune(UnixMillis{10'000}));
  EXPECT_FALSE(*db->find_task("task-old"));
  EXPECT_EQ(ids({.limit = 10}), (Ids{"task-fresh", "task-waiting"}));
}

TEST_F(TaskStoreTest, OnePruneDeletesABoundedNumber) {
  alter(R"(
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO task (id, runtime, run_id, session_key, owner_key, agent_id, label, title, status,
                      created_at_ms, ended_at_ms, last_event_at_ms)
    SELECT 't' || i, 'acp', 'r', 's', 's', 'main', '', '', 'lost', 1, 1, 1 FROM n
  )");
  EXPECT_TRUE(*db->prune(UnixMillis{10}));
  EXPECT_EQ(ids({.limit = 500}).size(), 44U);
  EXPECT_FALSE(*db->prune(UnixMillis{10}));
  EXPECT_TRUE(ids({.limit = 500}).empty());
}

// A file of the first schema, with tasks that had no record of their own.
TEST_F(TaskStoreTest, TasksOfTheFirstSchemaGetTheirRecords) {
  db.reset();
  std::filesystem::remove(file);
  {
    std::ofstream created(file);
  }
  {
    auto database = store::Database::open(file, store::Database::Mode::Write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(store::migrate(**database, store::migrations().first(1)));
    const auto filled = (*database)->run(R"(
      INSERT INTO session (key, id, agent_id, created_at_ms, updated_at_ms) VALUES ('s', 'i', 'main', 1, 1);
      INSERT INTO job (kind, run_id, session_key, agent_id, state, owner, text, options, accepted_at_ms,
                       started_at_ms, ended_at_ms, result) VALUES
        ('chat', 'r0', 's', 'main', 'queued', '', 'x', '{}', 1, NULL, NULL, NULL),
        ('agent', 'r1', 's', 'main', 'queued', '', 'x', '{"taskId":"t1","title":"one"}', 1, NULL, NULL, NULL),
        ('agent', 'r2', 's', 'main', 'running', 'g1', 'x', '{"taskId":"t2"}', 1, 2, NULL, NULL),
        ('agent', 'r3', 's', 'main', 'done', 'g1', 'x', '{"taskId":"t3"}', 1, 2, 3, '{"summary":"completed"}'),
        ('agent', 'r4', 's', 'main', 'aborted', 'g1', 'x', '{"taskId":"t4"}', 1, 2, 4, '{"stopReason":"rpc"}'),
        ('agent', 'r5', 's', 'main', 'aborted', 'g1', 'x', '{"taskId":"t5"}', 1, 2, 5, '{}'),
        ('agent', 'r6', 's', 'main', 'failed', 'g1', 'x', '{', 1, 2, 6, '{}')
    )");
    ASSERT_TRUE(filled) << filled.error().message;
  }
  reopen();
  EXPECT_EQ(ids({.limit = 10}), (Ids{"t5", "t4", "t3", "t2", "t1"}));
  EXPECT_EQ(task("t1").tag.title, "one");
  EXPECT_EQ(task("t1").state.status, Status::Queued);
  EXPECT_EQ(task("t2").state.status, Status::Running);
  EXPECT_EQ(task("t2").generation, "g1");
  EXPECT_EQ(task("t3").state.status, Status::Succeeded);
  EXPECT_EQ(task("t3").summary, "completed");
  EXPECT_EQ(task("t4").state.status, Status::Cancelled);
  EXPECT_EQ(task("t5").state.status, Status::TimedOut);

  ASSERT_TRUE(db->take_over("g2"));
  EXPECT_EQ(task("t2").state.status, Status::Queued);
}

}  // namespace
}  // namespace gw::test
