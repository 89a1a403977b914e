#include <array>
#include <utility>

#include <gtest/gtest.h>

#include "core/task/machine.hpp"

namespace gw::task {
namespace {

constexpr std::array kStatuses{Status::Queued,   Status::Running,   Status::Succeeded, Status::Failed,
                               Status::TimedOut, Status::Cancelled, Status::Lost};
constexpr std::array kEvents{Event::Begun,    Event::Interrupted, Event::Succeeded, Event::Failed,
                             Event::TimedOut, Event::Cancelled,   Event::Lost};

UnixMillis at(std::int64_t ms) { return UnixMillis{ms}; }

/// A task that came to `status` in the ordinary way: created at 100, begun at 200, over at 300.
State state_in(Status status) {
  State state = created(at(100));
  if (status == Status::Queued) return state;
  state = *after(state, Event::Begun, at(200));
  constexpr std::array kEnds{Event::Succeeded, Event::Failed, Event::TimedOut, Event::Cancelled, Event::Lost};
  if (status == Status::Running) return state;
  return *after(state, kEnds.at(static_cast<std::size_t>(status) - 2), at(300));
}

TEST(TaskMachineTest, EveryEventInEveryStatus) {
  // One row per status, one letter per event in the order of kEvents; `.`: nothing changes.
  constexpr std::array<const char*, 7> kTable{
      "r.sftcl",  // queued
      ".qsftcl",  // running
      "...ftc.",  // succeeded
      ".......",  // failed
      ".......",  // timed out
      ".......",  // cancelled
      ".......",  // lost
  };
  constexpr std::array<char, 7> kLetters{'q', 'r', 's', 'f', 't', 'c', 'l'};
  for (const Status from : kStatuses) {
    const State state = state_in(from);
    ASSERT_EQ(state.status, from);
    for (const Event event : kEvents) {
      const auto next = after(state, event, at(400));
      const char letter = next ? kLetters.at(static_cast<std::size_t>(next->status)) : '.';
      EXPECT_EQ(letter, kTable.at(static_cast<std::size_t>(from))[static_cast<std::size_t>(event)])
          << name_of(from) << ", event " << static_cast<int>(event);
    }
  }
}

TEST(TaskMachineTest, TimesFollowTheEvents) {
  const State done = state_in(Status::Succeeded);
  EXPECT_EQ(done.created_at, at(100));
  EXPECT_EQ(done.started_at, at(200));
  EXPECT_EQ(done.ended_at, at(300));
  EXPECT_EQ(done.last_event_at, at(300));
}

TEST(TaskMachineTest, AnotherAttemptKeepsTheFirstStart) {
  State state = *after(state_in(Status::Running), Event::Interrupted, at(300));
  EXPECT_FALSE(state.ended_at);
  state = *after(state, Event::Begun, at(400));
  EXPECT_EQ(state.started_at, at(200));
  EXPECT_EQ(state.last_event_at, at(400));
}

TEST(TaskMachineTest, WhatNeverBeganHasNoStart) {
  const auto cancelled = after(created(at(100)), Event::Cancelled, at(150));
  ASSERT_TRUE(cancelled);
  EXPECT_FALSE(cancelled->started_at);
  EXPECT_EQ(cancelled->ended_at, at(150));
}

TEST(TaskMachineTest, AClockThatWasSetBackDoesNotTurnTheOrderAround) {
  State state = *after(created(at(100)), Event::Begun, at(50));
  EXPECT_EQ(state.started_at, at(100));
  state = *after(state, Event::Failed, at(20));
  EXPECT_EQ(state.ended_at, at(100));
}

TEST(TaskMachineTest, NamesAreReadBack) {
  for (const Status status : kStatuses) EXPECT_EQ(status_of(name_of(status)), status);
  EXPECT_FALSE(status_of("completed"));
  EXPECT_FALSE(status_of(""));
}

}  // namespace
}  // namespace gw::task
