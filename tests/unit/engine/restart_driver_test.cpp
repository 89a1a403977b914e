#include "engine/restart_driver.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/restart_fakes.hpp"
#include "unit/engine/engine_bench.hpp"

namespace gw::test {
namespace {

using engine::RestartAnswer;
using engine::RestartRequest;
using restart::Mode;
using restart::Phase;

class RestartDriverTest : public ::testing::Test {
 protected:
  using Answer = std::shared_ptr<std::optional<Result<RestartAnswer>>>;

  RestartDriverTest() { EXPECT_TRUE(bench.start()); }

  void build(bool allow_signal = true) {
    driver = std::make_unique<engine::RestartDriver>(
        engine::RestartDriver::Parts{bench.loop, bench.log, bench.engine, store, supervisor, service,
                                     allow_signal, [this] { ++changes; },
                                     [this](const SessionNote& note) { told.push_back(note); },
                                     [this] { return std::exchange(intent, std::nullopt); }},
        restart::Limits{});
  }

  // What the engine's owner does after each change of its work.
  void run() {
    bench.run();
    driver->on_work_changed();
    bench.run();
  }

  void start_hanging_run(const std::string& id = "busy") {
    bench.models.then(hanging());
    bench.submit(bench.job(id, "s-" + id));
    run();
  }

  Answer ask(Mode mode = Mode::Safe, const std::string& client = "cli", const std::string& session = "") {
    const auto answer = std::make_shared<std::optional<Result<RestartAnswer>>>();
    RestartRequest request;
    request.mode = mode;
    request.requester = {client, "device", "127.0.0.1", "because", session, {}};
    driver->request(std::move(request),
                    [answer](Result<RestartAnswer> given) { *answer = std::move(given); });
    return answer;
  }

  void hand_over() {
    driver->on_successor_ready("9.9.9", supervisor.started);
    run();
    service.finish_stopping();
    run();
  }

  std::vector<SessionNote> told;
  std::optional<RestartRequest> intent;
  EngineBench bench;
  MemoryRestartStore store{bench.loop};
  FakeSupervisor supervisor;
  FakeService service;
  int changes = 0;
  std::unique_ptr<engine::RestartDriver> driver;
};

TEST_F(RestartDriverTest, ARequestIsOnRecordBeforeItIsAnswered) {
  build();
  start_hanging_run();
  const Answer answer = ask();
  EXPECT_FALSE(answer->has_value());
  EXPECT_TRUE(store.records.empty());
  run();
  ASSERT_TRUE(answer->has_value());
  const RestartAnswer& given = (*answer)->value();
  EXPECT_FALSE(given.is_coalesced);
  EXPECT_FALSE(given.preflight.is_safe());
  EXPECT_EQ(given.preflight.embedded_runs, 1U);
  ASSERT_EQ(store.records.size(), 1U);
  EXPECT_EQ(store.records[0].id, given.id);
  EXPECT_EQ(store.records[0].outcome, "");
  EXPECT_EQ(store.records[0].requesters.size(), 1U);
  EXPECT_EQ(driver->phase(), Phase::Open);
}

TEST_F(RestartDriverTest, ALaterRequestJoinsAndItsRequesterIsKept) {
  build();
  start_hanging_run();
  const Answer first = ask();
  const Answer second = ask(Mode::Plain, "another");
  run();
  EXPECT_TRUE((*second)->value().is_coalesced);
  EXPECT_EQ((*second)->value().id, (*first)->value().id);
  ASSERT_EQ(store.records.size(), 1U);
  ASSERT_EQ(store.records[0].requesters.size(), 2U);
  EXPECT_EQ(json::text_or(store.records[0].requesters[1].as_object(), "client"), "another");
  EXPECT_EQ(store.records[0].mode, "plain");
  EXPECT_EQ(driver->status().current->requesters.size(), 2U);
}

TEST_F(RestartDriverTest, RequestersAreNamedUpToALimit) {
  build();
  start_hanging_run();
  for (int i = 0; i < 40; ++i) ask();
  run();
  EXPECT_EQ(store.records[0].requesters.size(), 32U);
}

TEST_F(RestartDriverTest, WithoutAKeeperARestartIsRefused) {
  build();
  supervisor.has_keeper = false;
  const Answer answer = ask();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->error().code, Code::Unavailable);
  EXPECT_EQ(driver->phase(), Phase::Idle);
  run();
  EXPECT_TRUE(store.records.empty());
}

TEST_F(RestartDriverTest, WhileStoppingARestartIsRefused) {
  build();
  driver->on_stop();
  const Answer answer = ask();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->error().code, Code::Unavailable);
  EXPECT_EQ(driver->status().current, std::nullopt);
  EXPECT_EQ(supervisor.started, 0);
}

TEST_F(RestartDriverTest, AnIdleGatewayHandsOverAsSoonAsItsSuccessorIsReady) {
  build();
  ask();
  run();
  EXPECT_EQ(supervisor.started, 1);
  EXPECT_TRUE(service.stops.empty());
  driver->on_successor_ready("9.9.9", supervisor.started);
  EXPECT_EQ(service.stops, std::vector{true});
  EXPECT_EQ(supervisor.releases, 0);
  service.finish_stopping();
  EXPECT_EQ(supervisor.releases, 1);
  driver->on_retire();
  EXPECT_EQ(service.exit_code, 0);
}

TEST_F(RestartDriverTest, ARunningJobIsWaitedForAndNewOnesAreLeftToTheSuccessorOnceFenced) {
  build();
  start_hanging_run();
  ask(Mode::Plain);
  run();
  EXPECT_EQ(driver->phase(), Phase::Fenced);
  const auto behind = bench.submit(bench.job("behind"));
  run();
  EXPECT_TRUE((*behind)->value().is_new);
  EXPECT_EQ(bench.state_of("behind"), JobState::Queued);
  EXPECT_EQ(supervisor.started, 0);
  bench.models.answer(0, "x");
  run();
  EXPECT_EQ(supervisor.started, 1);
  hand_over();
  EXPECT_EQ(bench.state_of("behind"), JobState::Queued);
  EXPECT_EQ(store.records[0].cut_runs, 0);
}

TEST_F(RestartDriverTest, CutRunsAreCountedAndTheTimeWaitedIsOnRecord) {
  build();
  start_hanging_run("a");
  start_hanging_run("b");
  ask(Mode::Plain);
  run();
  EXPECT_EQ(driver->status().cut_in, limits::kDeferralLimit);
  bench.loop.advance(limits::kDeferralLimit);
  EXPECT_EQ(supervisor.started, 1);
  hand_over();
  EXPECT_EQ(store.records[0].cut_runs, 2);
  EXPECT_EQ(store.records[0].waited_ms, limits::kDeferralLimit.count());
  EXPECT_EQ(bench.state_of("a"), JobState::Running);
}

TEST_F(RestartDriverTest, AForcedRestartDoesNotWait) {
  build();
  NewJob task = bench.job("task", "s-task", JobKind::Agent);
  task.options = {{"taskId", "t1"}};
  bench.models.then(hanging());
  bench.submit(task);
  run();
  ask(Mode::Force);
  run();
  EXPECT_EQ(supervisor.started, 1);
  EXPECT_EQ(store.records[0].mode, "force");
}

TEST_F(RestartDriverTest, ASuccessorThatFailsToStartLeavesThisGenerationServing) {
  build();
  const Answer answer = ask();
  run();
  bench.submit(bench.job("behind"));
  run();
  EXPECT_EQ(bench.state_of("behind"), JobState::Queued);
  driver->on_successor_failed("bad configuration", supervisor.started);
  run();
  EXPECT_EQ(driver->phase(), Phase::Idle);
  EXPECT_EQ(bench.state_of("behind"), JobState::Done);
  EXPECT_TRUE(service.stops.empty());
  const auto status = driver->status();
  EXPECT_EQ(status.current, std::nullopt);
  ASSERT_EQ(status.recent.size(), 1U);
  EXPECT_EQ(status.recent[0].outcome, "failed");
  EXPECT_EQ(status.recent[0].failure, "bad configuration");
  EXPECT_EQ(store.records[0].outcome, "failed");
  EXPECT_TRUE(store.records[0].ended_at.has_value());
  EXPECT_EQ(store.records[0].id, (*answer)->value().id);
}

TEST_F(RestartDriverTest, ASuccessorThatHangsIsDroppedAtItsLimit) {
  build();
  ask();
  run();
  bench.loop.advance(limits::kSuccessorStartLimit);
  run();
  EXPECT_EQ(supervisor.dropped, 1);
  EXPECT_EQ(driver->phase(), Phase::Idle);
  EXPECT_EQ(store.records[0].outcome, "failed");
}

TEST_F(RestartDriverTest, ASuccessorThatDiesAfterTheHandOverMakesThisGenerationServeAgain) {
  build();
  start_hanging_run();
  ask(Mode::Force);
  run();
  hand_over();
  driver->on_resume("the successor was killed by SIGSEGV");
  EXPECT_EQ(service.times_served_again, 1);
  EXPECT_EQ(store.records[0].outcome, "");  // The database is not ours yet.
  ASSERT_TRUE(bench.start());
  driver->begin_serving(std::nullopt);
  run();
  EXPECT_EQ(driver->phase(), Phase::Idle);
  EXPECT_EQ(bench.state_of("busy"), JobState::Done);
  EXPECT_EQ(store.records[0].outcome, "failed");
  EXPECT_EQ(store.records[0].failure, "the successor was killed by SIGSEGV");
}

TEST_F(RestartDriverTest, AResumeEndsWhatTheSuccessorWasAskedFor) {
  build();
  ask();
  run();
  hand_over();
  store.records.push_front(RestartRecord{.id = "asked-of-the-successor"});
  driver->on_resume("the successor was killed by SIGSEGV");
  driver->begin_serving(std::nullopt);
  run();
  ASSERT_EQ(store.records.size(), 2U);
  EXPECT_EQ(store.records[0].outcome, "failed");
  EXPECT_EQ(store.records[0].failure,
            "the generation that was asked for it ended: the successor was killed by SIGSEGV");
  EXPECT_EQ(store.records[1].failure, "the successor was killed by SIGSEGV");
}

TEST_F(RestartDriverTest, ARestartAfterAResumeDoesNotWaitForWorkThatWasCut) {
  build();
  start_hanging_run();
  ask(Mode::Force);
  run();
  hand_over();
  driver->on_resume("the successor was killed by SIGSEGV");
  driver->begin_serving(std::nullopt);
  run();
  ask(Mode::Force);
  run();
  EXPECT_EQ(supervisor.started, 2);
  driver->on_successor_ready("9.9.9", supervisor.started);
  run();
  EXPECT_EQ(store.records[0].cut_runs, 0);
}

TEST_F(RestartDriverTest, AStopAfterAFailedHandOverLeavesTheRestartFailed) {
  build();
  ask();
  run();
  hand_over();
  driver->on_resume("the successor was killed by SIGSEGV");
  driver->on_stop();
  run();
  EXPECT_EQ(store.records[0].outcome, "failed");
  EXPECT_EQ(store.records[0].failure, "the successor was killed by SIGSEGV");
  EXPECT_EQ(driver->phase(), Phase::Stopping);
}

TEST_F(RestartDriverTest, AStopWinsOverARestartThatIsDueAtThatMoment) {
  build();
  RestartRequest later;
  later.delay = Millis{100};
  driver->request(std::move(later), [](const Result<RestartAnswer>&) {});
  run();
  bench.loop.jump(Millis{200});
  driver->on_stop();
  run();
  EXPECT_EQ(supervisor.started, 0);
  EXPECT_EQ(driver->phase(), Phase::Stopping);
}

TEST_F(RestartDriverTest, AStopWinsDuringADrain) {
  build();
  start_hanging_run();
  ask(Mode::Plain);
  run();
  driver->on_stop();
  EXPECT_EQ(driver->phase(), Phase::Stopping);
  EXPECT_EQ(service.stops, std::vector{false});
  EXPECT_TRUE(bench.models.calls[0]->is_dropped);
  EXPECT_EQ(service.exit_code, std::nullopt);
  service.finish_stopping();
  EXPECT_EQ(service.exit_code, 0);
  run();
  EXPECT_EQ(store.records[0].outcome, "cancelled");
  EXPECT_EQ(supervisor.started, 0);
  EXPECT_EQ(bench.state_of("busy"), JobState::Running);  // Begins again in whoever serves next.
}

TEST_F(RestartDriverTest, AStopWhileTheSuccessorStartsDropsIt) {
  build();
  ask();
  run();
  driver->on_stop();
  EXPECT_EQ(supervisor.dropped, 1);
  driver->on_successor_ready("9.9.9", supervisor.started);
  EXPECT_EQ(service.stops, std::vector{false});
}

TEST_F(RestartDriverTest, AStopDuringAHandOverReleasesNothing) {
  build();
  ask();
  run();
  driver->on_successor_ready("9.9.9", supervisor.started);
  driver->on_stop();
  service.finish_stopping();
  EXPECT_EQ(supervisor.releases, 0);
  EXPECT_EQ(service.exit_code, 0);
}

TEST_F(RestartDriverTest, ASecondStopChangesNothing) {
  build();
  driver->on_stop();
  driver->on_stop();
  EXPECT_EQ(service.stops.size(), 1U);
}

TEST_F(RestartDriverTest, AResumeAfterAStopServesNothing) {
  build();
  ask();
  run();
  hand_over();
  driver->on_stop();
  driver->on_resume("too late");
  EXPECT_EQ(service.times_served_again, 0);
}

TEST_F(RestartDriverTest, ARestartSignalIsIgnoredWhereRestartsAreNotAllowed) {
  build(false);
  driver->on_restart_signal("SIGUSR1");
  run();
  EXPECT_EQ(driver->phase(), Phase::Idle);
  EXPECT_TRUE(store.records.empty());
}

TEST_F(RestartDriverTest, ARestartSignalIsASafeRestartOnRecord) {
  build();
  driver->on_restart_signal("SIGUSR1");
  run();
  ASSERT_EQ(store.records.size(), 1U);
  EXPECT_EQ(store.records[0].mode, "safe");
  EXPECT_EQ(store.records[0].reason, "SIGUSR1");
}

TEST_F(RestartDriverTest, WhatIsLeftBesideASignalSaysWhichRestartIsMeant) {
  build();
  intent = RestartRequest{.mode = restart::Mode::Wait, .wait = Millis{5'000}};
  driver->on_restart_signal("SIGUSR1");
  run();
  ASSERT_EQ(store.records.size(), 1U);
  EXPECT_EQ(store.records[0].mode, "wait");
  EXPECT_EQ(store.records[0].reason, "SIGUSR1");
}

TEST_F(RestartDriverTest, WhatIsLeftBesideASignalThatIsNotAllowedIsTakenAway) {
  build(false);
  intent = RestartRequest{.mode = restart::Mode::Force};
  driver->on_restart_signal("SIGUSR1");
  run();
  EXPECT_FALSE(intent.has_value());
  EXPECT_TRUE(store.records.empty());
}

TEST_F(RestartDriverTest, ARestartSignalWithoutAKeeperIsRefusedQuietly) {
  build();
  supervisor.has_keeper = false;
  driver->on_restart_signal("SIGUSR2");
  EXPECT_EQ(driver->phase(), Phase::Idle);
}

TEST_F(RestartDriverTest, TheSuccessorCompletesTheOpenRecordWithItsGap) {
  store.records = {{.id = "open", .mode = "safe", .waited_ms = 5}, {.id = "old", .outcome = "failed"}};
  build();
  const Instant released_at = bench.loop.now() - Millis{8};
  driver->begin_serving(released_at);
  EXPECT_EQ(driver->last_gap(), std::nullopt);
  run();
  EXPECT_EQ(store.records[0].outcome, "restarted");
  EXPECT_EQ(store.records[0].gap_ms, 8);
  EXPECT_NE(store.records[0].to_version, "");
  EXPECT_TRUE(store.records[0].ended_at.has_value());
  EXPECT_EQ(store.records[1].outcome, "failed");
  EXPECT_EQ(driver->last_gap(), Millis{8});
  EXPECT_EQ(driver->status().recent.size(), 2U);
}

TEST_F(RestartDriverTest, TheSuccessorRecordsHowManyRunsItTookUpAgain) {
  build();
  start_hanging_run("a");
  start_hanging_run("b");
  bench.submit(bench.job("never begun", "s-a"));
  run();
  bench.engine.cut();
  ASSERT_TRUE(bench.start());
  store.records = {{.id = "open", .mode = "force", .cut_runs = 2}};
  build();
  driver->begin_serving(std::nullopt);
  run();
  EXPECT_EQ(store.records[0].resumed_runs, 2);
}

TEST_F(RestartDriverTest, TheEstimateFollowsFromTheRunsThatAreOver) {
  build();
  for (int i = 0; i < 5; ++i) {
    const std::string id = "done-" + std::to_string(i);
    start_hanging_run(id);
    bench.loop.advance(Millis{1'000});
    bench.models.answer(static_cast<std::size_t>(i), "x");
    run();
  }
  EXPECT_EQ(driver->status().estimate, (restart::Estimate{Millis{0}, 5}));
  start_hanging_run();
  bench.loop.advance(Millis{400});
  EXPECT_EQ(driver->status().estimate, (restart::Estimate{Millis{600}, 5}));
  bench.loop.advance(Millis{600});
  EXPECT_EQ(driver->status().estimate, (restart::Estimate{std::nullopt, 0}));
}

TEST_F(RestartDriverTest, ANewGenerationKnowsHowLongEarlierRunsTook) {
  for (int i = 0; i < 5; ++i) bench.submit(bench.job("done-" + std::to_string(i)));
  bench.run();
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.engine.estimate().samples, 5U);
}

TEST_F(RestartDriverTest, AHistoryThatCannotBeReadDoesNotKeepAnybodyFromServing) {
  store.is_failing = true;
  build();
  driver->begin_serving(std::nullopt);
  run();
  EXPECT_TRUE(driver->status().recent.empty());
  EXPECT_EQ(driver->phase(), Phase::Idle);
}

TEST_F(RestartDriverTest, AStoreThatCannotSaveDoesNotPreventARestart) {
  build();
  store.is_failing = true;
  const Answer answer = ask();
  run();
  EXPECT_TRUE((*answer)->has_value());
  hand_over();
  EXPECT_EQ(supervisor.releases, 1);
  EXPECT_TRUE(store.records.empty());
}

TEST_F(RestartDriverTest, ACancelledRestartIsOnRecordAndTheFenceIsDown) {
  build();
  EXPECT_FALSE(driver->cancel());
  start_hanging_run();
  ask(Mode::Plain);
  run();
  EXPECT_TRUE(driver->cancel());
  bench.submit(bench.job("behind"));
  run();
  EXPECT_EQ(bench.state_of("behind"), JobState::Done);
  EXPECT_EQ(store.records[0].outcome, "cancelled");
  EXPECT_EQ(driver->status().recent[0].outcome, "cancelled");
}

TEST_F(RestartDriverTest, AHandOverCannotBeCancelled) {
  build();
  ask();
  run();
  driver->on_successor_ready("9.9.9", supervisor.started);
  EXPECT_FALSE(driver->cancel());
  service.finish_stopping();
  EXPECT_EQ(supervisor.releases, 1);
}

TEST_F(RestartDriverTest, EachPhaseIsReportedToTheKeeperAndTheClientsOnce) {
  build();
  start_hanging_run();
  ask(Mode::Plain);
  run();
  EXPECT_EQ(supervisor.status, std::vector<std::string>{"restart: draining"});
  EXPECT_EQ(changes, 1);
  bench.models.answer(0, "x");
  run();
  EXPECT_EQ(supervisor.status.back(), "restart: starting-successor");
  EXPECT_EQ(changes, 2);
}

TEST_F(RestartDriverTest, EverySessionThatAskedIsToldTheOutcomeOnce) {
  build();
  start_hanging_run();
  ask(Mode::Safe, "chat", "agent:main:a");
  ask(Mode::Safe, "chat", "agent:main:a");
  ask(Mode::Safe, "chat", "agent:main:b");
  ask(Mode::Safe, "cli");
  run();
  EXPECT_TRUE(told.empty());
  EXPECT_TRUE(driver->cancel());
  run();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].session_key, "agent:main:a");
  EXPECT_EQ(told[1].session_key, "agent:main:b");
  EXPECT_NE(told[0].text.find("cancelled"), std::string::npos);
}

TEST_F(RestartDriverTest, AnOutcomeThatIsNotOnRecordIsNotTold) {
  build();
  start_hanging_run();
  ask(Mode::Safe, "chat", "agent:main:a");
  run();
  store.is_failing = true;
  EXPECT_TRUE(driver->cancel());
  run();
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace gw::test
