#include <string>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "unit/store/fixture.hpp"

namespace gw::test {
namespace {

using WorkReadingTest = StoreTest;
using WorkLimitsTest = StoreTest;

TEST_F(WorkReadingTest, HistoryIsPagedFromTheEnd) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id));
  auto outcome = outcome_of(job.id);
  outcome.messages.assign(9, answer("x"));
  ASSERT_TRUE(db->finish(outcome));
  (void)admitted(new_job("r2"));
  (void)admitted(new_job("r3"));

  const auto newest = db->history("agent:main:main", 0, 4);
  ASSERT_EQ(newest->messages.size(), 4U);
  EXPECT_EQ(newest->messages.front().seq, 7);
  EXPECT_EQ(newest->messages.back().seq, 10);
  EXPECT_EQ(newest->total, 10);
  ASSERT_EQ(newest->queued.size(), 2U);
  EXPECT_EQ(newest->queued[0].run_id, "r2");
  EXPECT_EQ(newest->queued[1].text, "hello from r3");
  const auto before = db->history("agent:main:main", 3, 4);
  ASSERT_EQ(before->messages.size(), 2U);
  EXPECT_EQ(before->messages.front().seq, 1);
  EXPECT_TRUE(db->history("agent:main:main", 1, 4)->messages.empty());
}

TEST_F(WorkReadingTest, SessionsAreListedLatestFirstAndSearched) {
  (void)admitted(new_job("r1", "agent:main:alpha", UnixMillis{10}));
  (void)admitted(new_job("r2", "agent:main:beta_1", UnixMillis{20}));
  (void)admitted(new_job("r3", "agent:main:betaX1", UnixMillis{30}));
  (void)admitted(new_job("r4", "agent:main:alpha", UnixMillis{40}));

  const auto all = db->sessions(10);
  ASSERT_EQ(all->sessions.size(), 3U);
  EXPECT_EQ(all->sessions[0].key, "agent:main:alpha");
  EXPECT_EQ(all->sessions[2].key, "agent:main:beta_1");
  EXPECT_EQ(all->total, 3);
  const auto second = db->sessions(1, 1);
  ASSERT_EQ(second->sessions.size(), 1U);
  EXPECT_EQ(second->sessions[0].key, "agent:main:betaX1");
  EXPECT_EQ(second->total, 3);
  const auto found = db->sessions(10, 0, "BETA_");
  ASSERT_EQ(found->sessions.size(), 1U) << "an underscore stands for itself";
  EXPECT_EQ(found->sessions[0].key, "agent:main:beta_1");
  EXPECT_EQ(found->total, 1);
  EXPECT_EQ(db->sessions(10, 0, "100%")->total, 0);
}

TEST_F(WorkLimitsTest, ASessionTakesOnlySoManyQueuedMessages) {
  std::size_t taken = 0;
  std::size_t answered = 0;
  const auto count = limits::kQueuedJobsPerSessionMax + 1;
  Result<Admission> last = Admission{};
  for (std::size_t i = 0; i < count; ++i) {
    db->store.admit(new_job("r" + std::to_string(i)), [&](Result<Admission> result) {
      ++answered;
      if (result) ++taken;
      last = std::move(result);
    });
  }
  ASSERT_TRUE(loop.run_until([&] { return answered == count; }));
  EXPECT_EQ(taken, limits::kQueuedJobsPerSessionMax);
  EXPECT_EQ(code_of(last), Code::Unavailable);
  EXPECT_TRUE(db->admit(new_job("elsewhere", "agent:main:other"))) << "other sessions are not concerned";
  const auto known = db->admit(new_job("r0"));
  EXPECT_TRUE(known && !known->is_new) << "a repeat is answered though the queue is full";
}

TEST_F(WorkLimitsTest, TheQueueIsBoundedAndEveryWayOutOfItMakesRoom) {
  std::size_t answered = 0;
  for (std::size_t i = 0; i < limits::kQueuedJobsMax; ++i) {
    db->store.admit(new_job("r" + std::to_string(i), "agent:main:" + std::to_string(i % 20)),
                    [&](const Result<Admission>& result) { answered += result ? 1 : 0; });
    if (i % 1'000 == 999) {
      ASSERT_TRUE(loop.run_until([&] { return answered == i + 1; }));
    }
  }
  const auto key = std::string("agent:main:fresh");
  const auto is_full = [&](const std::string& run) {
    const auto admission = db->admit(new_job(run, key));
    return !admission && admission.error().code == Code::Unavailable;
  };
  EXPECT_TRUE(is_full("a1"));
  EXPECT_FALSE(db->history(key)->session) << "a refusal leaves no session behind";
  ASSERT_TRUE(db->begin(JobId{1}));
  (void)admitted(new_job("a1", key));
  EXPECT_TRUE(is_full("a2"));
  ASSERT_TRUE(db->finish(outcome_of(JobId{2}, JobState::Aborted)));
  (void)admitted(new_job("a2", key));
  EXPECT_TRUE(is_full("a3"));
  ASSERT_TRUE(db->finish(outcome_of(JobId{1})));
  EXPECT_TRUE(is_full("a3")) << "a running job had left the queue before";
  ASSERT_TRUE(db->begin(JobId{3}));
  ASSERT_TRUE(db->take_over("g2"));
  EXPECT_TRUE(is_full("a3")) << "the requeued one took the room";
  auto refused = outcome_of(JobId{4}, JobState::Aborted);
  refused.messages = {answer("\xff")};
  EXPECT_FALSE(db->finish(refused));
  EXPECT_TRUE(is_full("a3")) << "what was undone made no room";
  reopen();
  EXPECT_TRUE(is_full("a3"));
}

TEST_F(WorkLimitsTest, PruneDeletesEndedJobsInBoundedBatchesAndKeepsTranscripts) {
  constexpr int kJobs = 300;
  int answered = 0;
  const std::int64_t first = admitted(new_job("r0")).id.value;
  for (int i = 1; i < kJobs; ++i) db->store.admit(new_job("r" + std::to_string(i)), [](const auto&) {});
  for (int i = 0; i < kJobs; ++i) {
    auto outcome = outcome_of(JobId{first + i}, JobState::Aborted);
    outcome.ended_at = UnixMillis{1'000 + i};
    outcome.messages.clear();
    db->store.finish(outcome, [&](const auto& result) { answered += result ? 1 : 0; });
  }
  const auto kept = admitted(new_job("queued"));
  ASSERT_TRUE(db->begin(kept.id));
  ASSERT_EQ(answered, kJobs);

  EXPECT_TRUE(*db->prune(UnixMillis{1'290})) << "one call is not enough";
  EXPECT_FALSE(*db->prune(UnixMillis{1'290}));
  EXPECT_FALSE(*db->find_run("r289"));
  EXPECT_TRUE(*db->find_run("r290")) << "ended at the bound, not before it";
  EXPECT_TRUE(*db->find_run("queued"));
  EXPECT_EQ(db->history("agent:main:main")->total, 1);
}

TEST_F(WorkLimitsTest, PruneTakesTheStepsAlong) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id));
  ASSERT_TRUE(db->finish(outcome_of(job.id)));
  ASSERT_FALSE(*db->prune(UnixMillis{9'000}));
  EXPECT_EQ(steps_in(file), "");
  EXPECT_EQ(db->history("agent:main:main")->total, 2);
  EXPECT_GT(admitted(new_job("r2")).id, job.id) << "ids are never used twice";
}

json::Object nested(std::size_t levels) {
  json::Value value = json::Object{};
  for (std::size_t i = 1; i < levels; ++i) value = json::Object{{"a", std::move(value)}};
  return value.as_object();
}

TEST_F(WorkLimitsTest, WhatCouldNotBeReadBackIsRefused) {
  auto deep = new_job("r1");
  deep.options = nested(limits::kJsonDepthMax + 1);
  EXPECT_EQ(db->admit(deep).error().code, Code::InvalidRequest);
  auto broken = new_job("r1");
  broken.text = "\xff";
  EXPECT_EQ(db->admit(broken).error().code, Code::InvalidRequest);
  deep.options = nested(limits::kJsonDepthMax);
  const auto job = admitted(deep);
  EXPECT_EQ((*db->find_run("r1"))->options, deep.options);

  ASSERT_TRUE(db->begin(job.id));
  auto outcome = outcome_of(job.id);
  outcome.messages.push_back(answer("\xff"));
  EXPECT_EQ(db->finish(outcome).error().code, Code::InvalidRequest);
  auto result = outcome_of(job.id);
  result.result = nested(limits::kJsonDepthMax + 1);
  EXPECT_EQ(db->finish(result).error().code, Code::InvalidRequest);
  EXPECT_EQ((*db->find_run("r1"))->state, JobState::Running) << "as before";
  EXPECT_EQ(db->history("agent:main:main")->total, 1);
}

TEST_F(WorkReadingTest, VeryLongTranscriptsAreReadInParts) {
  const auto job = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(job.id));
  auto outcome = outcome_of(job.id);
  outcome.messages.assign(12, answer(std::string(limits::kAnswerBytesMax, 'x')));
  ASSERT_TRUE(db->finish(outcome));
  const auto history = db->history("agent:main:main");
  ASSERT_TRUE(history);
  EXPECT_LT(history->messages.size(), 12U);
  EXPECT_GE(history->messages.size(), 8U);
  EXPECT_EQ(history->messages.back().seq, 13);
  EXPECT_EQ(history->total, 13);
}

TEST_F(WorkLimitsTest, OneFailingOperationDoesNotSpoilItsGroup) {
  const auto job = admitted(new_job("r1"));
  std::string seen;
  const auto note = [&seen](const auto& result) { seen += result ? 'y' : 'n'; };
  auto bad = new_job("bad");
  bad.text = "\xff";
  db->store.admit(new_job("r2"), note);
  db->store.admit(bad, note);
  db->store.finish(outcome_of(job.id, JobState::Done), note);
  db->store.finish(outcome_of(job.id, JobState::Done), note);
  db->store.admit(new_job("r3"), note);
  ASSERT_TRUE(loop.run_until([&] { return seen.size() == 5; }));
  EXPECT_EQ(seen, "ynyny");
  EXPECT_TRUE(*db->find_run("r2"));
  EXPECT_FALSE(*db->find_run("bad"));
  EXPECT_TRUE(*db->find_run("r3"));
}

}  // namespace
}  // namespace gw::test
