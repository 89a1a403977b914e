#include "core/task/machine.hpp"

#include <algorithm>
#include <array>

namespace gw::task {
namespace {

constexpr std::array<std::string_view, 7> kNames{"queued",    "running",   "succeeded", "failed",
                                                 "timed_out", "cancelled", "lost"};

Status target_of(Event event) {
  switch (event) {
    case Event::Begun:
      return Status::Running;
    case Event::Interrupted:
      return Status::Queued;
    case Event::Succeeded:
      return Status::Succeeded;
    case Event::Failed:
      return Status::Failed;
    case Event::TimedOut:
      return Status::TimedOut;
    case Event::Cancelled:
      return Status::Cancelled;
    case Event::Lost:
      return Status::Lost;
  }
  return Status::Lost;
}

bool may_become(Status from, Status to) {
  if (from == to) return false;
  if (!is_over(from)) return true;
  return from == Status::Succeeded && is_over(to) && to != Status::Lost;
}

}  // namespace

std::string_view name_of(Status status) { return kNames[static_cast<std::size_t>(status)]; }

std::optional<Status> status_of(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Status>(found - kNames.begin());
}

State created(UnixMillis at) {
  return {.status = Status::Queued, .created_at = at, .started_at = {}, .ended_at = {}, .last_event_at = at};
}

std::optional<State> after(const State& state, Event event, UnixMillis at) {
  const Status target = target_of(event);
  if (!may_become(state.status, target)) return std::nullopt;
  State next = state;
  next.status = target;
  next.last_event_at = std::max(at, state.last_event_at);
  if (target == Status::Running && !next.started_at) next.started_at = next.last_event_at;
  if (is_over(target)) next.ended_at = next.last_event_at;
  return next;
}

}  // namespace gw::task
