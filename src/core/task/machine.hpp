#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

/// What may become of a task: a piece of background work that people list, wait for and cancel.
namespace gw::task {

enum class Status { Queued, Running, Succeeded, Failed, TimedOut, Cancelled, Lost };

/// `queued`, `running`, `succeeded`, `failed`, `timed_out`, `cancelled`, `lost`: as stored and as the command
/// line says it.
std::string_view name_of(Status status);
std::optional<Status> status_of(std::string_view name);

inline bool is_over(Status status) { return status != Status::Queued && status != Status::Running; }

enum class Event {
  Begun,        ///< Its run begins, perhaps not for the first time.
  Interrupted,  ///< Its generation is gone; the run begins again in another one.
  Succeeded,
  Failed,
  TimedOut,
  Cancelled,
  Lost,  ///< Its generation is gone and nothing can continue the run.
};

/// The part of a task's record that changes. created <= started <= ended, also when the clock was set back.
struct State {
  Status status = Status::Queued;
  UnixMillis created_at;
  std::optional<UnixMillis> started_at;  ///< Of the first attempt.
  std::optional<UnixMillis> ended_at;
  UnixMillis last_event_at;
};

State created(UnixMillis at);

/// The state after `event`; nothing when it changes nothing. What is over never becomes active again; only a
/// success may still be corrected to another end, and not to `Lost`.
std::optional<State> after(const State& state, Event event, UnixMillis at);

}  // namespace gw::task
