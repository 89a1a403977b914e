#include "core/restart/machine.hpp"

#include <algorithm>
#include <utility>

namespace gw::restart {

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::Safe:
      return "safe";
    case Mode::Plain:
      return "plain";
    case Mode::Wait:
      return "wait";
    case Mode::Force:
      return "force";
  }
  return "";
}

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::Idle:
      return "idle";
    case Phase::Scheduled:
      return "scheduled";
    case Phase::Open:
      return "waiting";
    case Phase::Fenced:
      return "draining";
    case Phase::Starting:
      return "starting-successor";
    case Phase::HandingOver:
      return "handing-over";
    case Phase::Stopping:
      return "stopping";
  }
  return "";
}

Effects Machine::step(const Event& event, Instant now) {
  effects_.clear();
  std::visit([&](const auto& e) { on(e, now); }, event);
  return std::exchange(effects_, {});
}

void Machine::on(const Requested& event, Instant now) {
  switch (phase_) {
    case Phase::Idle:
      return open_slot(event, now);
    case Phase::Stopping:
      effects_.push_back(Refuse{});
      return;
    default:
      return join(event, now);
  }
}

void Machine::on(const WorkChanged& event, Instant now) {
  running_ = event.running;
  advance(now);
}

void Machine::on(const SuccessorReady& event, Instant) {
  if (phase_ != Phase::Starting || is_for_nobody(event.attempt)) return;
  enter(Phase::HandingOver);
  effects_.push_back(HandOver{running_ > 0});
}

void Machine::on(const SuccessorFailed& event, Instant) {
  if (phase_ != Phase::Starting || is_for_nobody(event.attempt)) return;
  finish(Outcome::Failed, event.reason);
}

void Machine::on(const Resumed& event, Instant) {
  if (phase_ == Phase::HandingOver) finish(Outcome::Failed, event.reason);
}

void Machine::on(const Cancelled&, Instant) {
  if (phase_ == Phase::Idle || phase_ == Phase::HandingOver || phase_ == Phase::Stopping) return;
  if (phase_ == Phase::Starting) effects_.push_back(DropSuccessor{});
  finish(Outcome::Cancelled, "cancelled on request");
}

void Machine::on(const StopAsked&, Instant) {
  if (phase_ == Phase::Stopping) return;
  if (phase_ == Phase::Starting) effects_.push_back(DropSuccessor{});
  if (!std::exchange(is_fenced_, true)) effects_.push_back(Fence{true});
  if (phase_ != Phase::Idle) close_slot(Outcome::Cancelled, "the gateway was stopped");
  enter(Phase::Stopping);
}

void Machine::on(const Tick&, Instant now) {
  if (phase_ == Phase::Starting && now >= ready_by_) {
    effects_.push_back(DropSuccessor{});
    finish(Outcome::Failed, "the successor was not ready in time");
    return;
  }
  advance(now);
}

void Machine::open_slot(const Requested& event, Instant now) {
  id_ = event.id;
  mode_ = event.mode;
  due_ = now + std::max(event.delay, Millis{0});
  Millis cooldown{0};
  if (last_attempt_ && mode_ != Mode::Force) {
    const Instant cool = *last_attempt_ + limits_.cooldown;
    if (cool > due_) cooldown = std::chrono::duration_cast<Millis>(cool - due_);
  }
  due_ += cooldown;
  tighten(event, now);
  effects_.push_back(Answer{id_, false, std::chrono::duration_cast<Millis>(due_ - now), cooldown});
  enter(Phase::Scheduled);
  advance(now);
}

// A request while another is under way: it can bring the restart forward, never put it off.
void Machine::join(const Requested& event, Instant now) {
  const Instant asked_for = now + std::max(event.delay, Millis{0});
  Answer answer{id_, true, Millis{0}, Millis{0}};
  if (phase_ == Phase::Scheduled) {
    Instant wanted = asked_for;
    if (last_attempt_ && event.mode != Mode::Force) {
      wanted = std::max(wanted, *last_attempt_ + limits_.cooldown);
    }
    answer.cooldown_applied = wanted - asked_for;
    if (wanted < due_) {
      due_ = wanted;
      answer.is_coalesced = false;
    }
    answer.delay = std::max(due_ - now, Millis{0});
  }
  const auto cut_before = cut_at_;
  tighten(event, now);
  const bool cuts = event.mode == Mode::Force || event.skip_deferral;
  const bool waits = phase_ == Phase::Open || phase_ == Phase::Fenced;
  if (cuts && cut_at_ != cut_before && (waits || phase_ == Phase::Scheduled)) {
    answer.is_coalesced = false;
    if (waits) answer.delay = std::max(*cut_at_ - now, Millis{0});
  }
  if (phase_ == Phase::Open && event.mode != Mode::Safe) fence_at_ = std::min(*fence_at_, asked_for);
  effects_.push_back(std::move(answer));
  advance(now);
}

// Sets or shortens the limit after which running work is cut.
void Machine::tighten(const Requested& event, Instant now) {
  const Instant from = std::max(due_, now + std::max(event.delay, Millis{0}));
  std::optional<Instant> cut;
  if (event.mode == Mode::Force || event.skip_deferral) {
    cut = from;
  } else {
    const Millis limit = event.mode == Mode::Wait ? event.wait : limits_.deferral;
    if (limit > Millis{0}) cut = from + limit;
  }
  if (cut && (!cut_at_ || *cut < *cut_at_)) cut_at_ = cut;
  mode_ = std::max(mode_, event.mode);
}

void Machine::begin_wait(Instant now) {
  fence_at_ = mode_ == Mode::Safe ? std::max(due_, now) + limits_.open_phase : now;
  enter(Phase::Open);
}

// Goes through every phase whose condition holds.
void Machine::advance(Instant now) {
  if (phase_ == Phase::Scheduled && now >= due_) begin_wait(now);
  const bool waits = phase_ == Phase::Open || phase_ == Phase::Fenced;
  if (waits && (running_ == 0 || (cut_at_ && now >= *cut_at_))) return start_successor(now);
  if (phase_ == Phase::Open && now >= *fence_at_) {
    is_fenced_ = true;
    effects_.push_back(Fence{true});
    enter(Phase::Fenced);
  }
}

void Machine::start_successor(Instant now) {
  if (!std::exchange(is_fenced_, true)) effects_.push_back(Fence{true});
  last_attempt_ = now;
  ready_by_ = now + limits_.successor_start;
  effects_.push_back(StartSuccessor{++attempt_});
  enter(Phase::Starting);
}

void Machine::enter(Phase phase) {
  phase_ = phase;
  effects_.push_back(PhaseChanged{phase});
}

void Machine::finish(Outcome outcome, std::string reason) {
  close_slot(outcome, std::move(reason));
  enter(Phase::Idle);
  if (std::exchange(is_fenced_, false)) effects_.push_back(Fence{false});
}

void Machine::close_slot(Outcome outcome, std::string reason) {
  effects_.push_back(Finished{std::exchange(id_, {}), outcome, std::move(reason)});
  cut_at_.reset();
  fence_at_.reset();
  mode_ = Mode::Safe;
}

std::optional<Instant> Machine::wake_at() const {
  std::optional<Instant> wake;
  const auto consider = [&](std::optional<Instant> at) {
    if (at && (!wake || *at < *wake)) wake = at;
  };
  switch (phase_) {
    case Phase::Scheduled:
      consider(due_);
      break;
    case Phase::Open:
      consider(fence_at_);
      consider(cut_at_);
      break;
    case Phase::Fenced:
      consider(cut_at_);
      break;
    case Phase::Starting:
      consider(ready_by_);
      break;
    default:
      break;
  }
  return wake;
}

}  // namespace gw::restart
