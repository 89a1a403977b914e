#include "core/generations/machine.hpp"

#include <algorithm>
#include <utility>

namespace gw::generations {
namespace {

std::string seconds(Millis wait) { return std::to_string(wait.count() / 1000) + " s"; }

}  // namespace

Effects Machine::step(const Event& event, Instant now) {
  effects_.clear();
  if (is_over_) return {};
  std::visit([&](const auto& e) { on(e, now); }, event);
  if (!is_over_) ask_wake();
  return std::exchange(effects_, {});
}

void Machine::on(const Begin&, Instant now) { spawn(now); }

void Machine::on(const SpawnFailed& e, Instant now) {
  if (Member* member = find(e.id)) member->failure = e.reason;
  on(Ended{e.id, e.reason, 1}, now);
}

void Machine::on(const ReadySaid& e, Instant now) {
  Member* member = find(e.id);
  if (is_stopping_ || candidate_ != e.id || member->state != State::Starting) return;
  member->state = State::Ready;
  member->deadline.reset();
  member->version = e.version;
  if (!floor_) return give_floor_to_candidate(now);
  const Member* holder = find(floor_);
  if (holder->state == State::Serving)
    effects_.push_back(TellSuccessorReady{holder->id, e.version, attempt_});
}

void Machine::on(const FailedSaid& e, Instant now) {
  Member* member = find(e.id);
  if (!member) return;
  member->failure = e.reason;
  member->exit_code = e.exit_code;
  if (candidate_ == e.id && has_served_ && !is_stopping_) return end_candidate(e.reason, now);
  // A holder of the floor keeps it until it is dead; nobody else may serve before.
  if (member->state != State::Leaving) leave(*member, limits_.exit, now);
}

void Machine::on(const SuccessorWanted& e, Instant now) {
  const Member* holder = find(e.id);
  if (is_stopping_ || !has_floor(e.id) || holder->state != State::Serving) return;
  attempt_ = e.attempt;
  const Member* candidate = find(candidate_);
  if (!candidate) {
    end_probation(now);  // Whoever is to be replaced is the one to come back to.
    return spawn(now);
  }
  if (candidate->state == State::Ready)
    effects_.push_back(TellSuccessorReady{e.id, candidate->version, attempt_});
}

void Machine::on(const SuccessorUnwanted& e, Instant now) {
  if (is_stopping_ || !has_floor(e.id)) return;
  Member* candidate = find(candidate_);
  if (!candidate) return;
  candidate_.reset();
  effects_.push_back(TellStop{candidate->id});
  leave(*candidate, limits_.exit, now);
}

void Machine::on(const ReleasedSaid& e, Instant now) {
  Member* holder = find(e.id);
  if (is_stopping_ || !has_floor(e.id) || holder->state != State::Serving) return;
  const Member* candidate = find(candidate_);
  if (!candidate || candidate->state != State::Ready) {
    // The successor went while this word was on its way.
    effects_.push_back(TellResume{e.id, "the successor is no longer there"});
    return;
  }
  forget_crashes_if_steady(*holder, now);
  holder->state = State::Released;
  released_ = e.id;
  released_at_ = now;
  floor_.reset();
  forget_probation();  // An open question was for this one.
  give_floor_to_candidate(now);
}

void Machine::on(const ServingSaid& e, Instant now) {
  Member* member = find(e.id);
  if (is_stopping_ || !has_floor(e.id) || member->state != State::Taking) return;
  member->state = State::Serving;
  member->deadline.reset();
  member->serving_since = now;
  has_served_ = true;
  effects_.push_back(ReportServing{e.id, member->version});
  begin_probation(now);
  if (signal_) effects_.push_back(TellRestartSignal{e.id, *std::exchange(signal_, std::nullopt)});
}

void Machine::on(const HealthySaid& e, Instant now) {
  if (!has_floor(e.id) || !probe_answer_by_) return;
  probe_answer_by_.reset();
  probe_at_ = now + (probation_end_ ? limits_.probe : limits_.watch);
}

void Machine::on(const StatusSaid& e, Instant) {
  if (has_floor(e.id) && !is_stopping_) effects_.push_back(ReportStatus{e.text});
}

void Machine::on(const ChannelLost& e, Instant now) {
  Member* member = find(e.id);
  if (member && member->state != State::Leaving) leave(*member, limits_.exit, now);
}

void Machine::on(const Ended& e, Instant now) {
  const auto at =
      std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.id == e.id; });
  if (at == members_.end()) return;
  Member dead = std::move(*at);
  members_.erase(at);
  if (dead.failure.empty()) {
    dead.failure = e.how;
    dead.exit_code = e.exit_code;
  }
  if (released_ == e.id) {
    released_.reset();
    if (probation_end_) watch_holder(now);  // There is nobody to come back to.
  }
  if (is_stopping_) {
    if (floor_ == e.id) floor_.reset();
    if (members_.empty()) exit(0, {});
  } else if (floor_ == e.id) {
    floor_died(dead, now);
  } else if (candidate_ == e.id) {
    candidate_.reset();
    if (floor_) {
      const Member* holder = find(floor_);
      if (holder->state == State::Serving)
        effects_.push_back(TellSuccessorFailed{holder->id, dead.failure, attempt_});
    } else {
      service_down(dead, now);
    }
  }
}

void Machine::on(const StopSignal&, Instant now) {
  if (is_stopping_ || members_.empty()) {
    for (Member& member : members_) kill(member);
    return exit(0, {});
  }
  is_stopping_ = true;
  spawn_at_.reset();
  candidate_.reset();
  released_.reset();
  forget_probation();
  effects_.push_back(ReportStatus{"stopping"});
  for (Member& member : members_) {
    effects_.push_back(TellStop{member.id});
    leave(member, limits_.stop, now);
  }
}

// One that comes while nobody serves is for the generation that is about to: it may be older than what the
// signal is meant to bring.
void Machine::on(const RestartSignal& e, Instant) {
  if (is_stopping_) return;
  const Member* holder = find(floor_);
  if (!holder || holder->state != State::Serving) {
    signal_ = e.name;
    return;
  }
  effects_.push_back(TellRestartSignal{holder->id, e.name});
}

void Machine::on(const Tick&, Instant now) {
  if (spawn_at_ && *spawn_at_ <= now) spawn(now);
  if (probation_end_ && *probation_end_ <= now) end_probation(now);
  probe_if_due(now);
  for (std::size_t i = 0; i < members_.size() && !is_over_; ++i) {
    if (members_[i].deadline && *members_[i].deadline <= now) overdue(members_[i], now);
  }
}

void Machine::overdue(Member& member, Instant now) {
  member.deadline.reset();
  if (member.is_killed) {  // Only while stopping: SIGKILL did not end it.
    return exit(0, "generation " + std::to_string(member.id.value) + " outlives SIGKILL; left behind");
  }
  if (member.state == State::Starting) member.failure = "not ready within " + seconds(limits_.start);
  if (member.state == State::Leaving && member.failure.empty()) member.failure = "stopped answering";
  if (member.state == State::Taking)
    member.failure = "did not begin to serve within " + seconds(limits_.take);
  if (candidate_ == member.id && has_served_) return end_candidate(std::string(member.failure), now);
  kill(member);
  if (is_stopping_) member.deadline = now + limits_.kill;
}

Machine::Member* Machine::find(std::optional<Id> id) {
  if (!id) return nullptr;
  const auto at =
      std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.id == *id; });
  return at == members_.end() ? nullptr : &*at;
}

void Machine::spawn(Instant now) {
  spawn_at_.reset();
  Member member;
  member.id = Id{next_id_++};
  member.deadline = now + limits_.start;
  candidate_ = member.id;
  effects_.push_back(Spawn{member.id, floor_.has_value()});
  members_.push_back(std::move(member));
}

void Machine::give_floor_to_candidate(Instant now) {
  Member* member = find(candidate_);
  member->state = State::Taking;
  member->deadline = now + limits_.take;
  floor_ = std::exchange(candidate_, std::nullopt);
  effects_.push_back(TellTake{member->id, released_at_});
}

/// A successor that cannot be: it never served, so it may be killed at once and forgotten.
void Machine::end_candidate(const std::string& reason, Instant now) {
  Member dead = *find(candidate_);
  dead.failure = reason;
  kill(*find(candidate_));
  find(candidate_)->state = State::Leaving;
  candidate_.reset();
  if (!floor_) return service_down(dead, now);
  const Member* holder = find(floor_);
  if (holder->state == State::Serving) effects_.push_back(TellSuccessorFailed{holder->id, reason, attempt_});
}

void Machine::begin_probation(Instant now) {
  if (!find(released_)) return watch_holder(now);
  probation_end_ = now + limits_.probation;
  probe_at_ = now + limits_.probe;
  if (limits_.probation == Millis{0}) end_probation(now);
}

void Machine::end_probation(Instant now) {
  watch_holder(now);
  if (Member* old = find(released_)) {
    effects_.push_back(TellRetire{old->id});
    leave(*old, limits_.retire, now);
  }
}

void Machine::forget_probation() {
  probation_end_.reset();
  probe_at_.reset();
  probe_answer_by_.reset();
}

/// From now on it is only watched for a hang.
void Machine::watch_holder(Instant now) {
  forget_probation();
  probe_at_ = now + limits_.watch;
}

void Machine::probe_if_due(Instant now) {
  Member* holder = find(floor_);
  if (!holder || holder->state != State::Serving || is_stopping_) return;
  if (probe_answer_by_ && *probe_answer_by_ <= now) {
    probe_answer_by_.reset();
    holder->failure = probation_end_
                          ? "did not answer within " + seconds(limits_.probe_answer) + " during its probation"
                          : "did not answer within " + seconds(limits_.watch_answer);
    return kill(*holder);
  }
  if (!probe_at_ || *probe_at_ > now) return;
  probe_at_.reset();
  probe_answer_by_ = now + (probation_end_ ? limits_.probe_answer : limits_.watch_answer);
  effects_.push_back(TellProbe{holder->id});
}

void Machine::floor_died(const Member& dead, Instant now) {
  floor_.reset();
  forget_probation();
  if (Member* old = find(released_)) {  // It died before its probation was over: the old one is still there.
    floor_ = std::exchange(released_, std::nullopt);
    old->state = State::Serving;
    watch_holder(now);
    effects_.push_back(TellResume{old->id, dead.failure});
    return;
  }
  forget_crashes_if_steady(dead, now);
  if (dead.serving_since != Instant{}) released_at_ = now;
  if (!candidate_) return service_down(dead, now);
  effects_.push_back(ReportCrash{dead.id, dead.failure, Millis{0}});
  if (find(candidate_)->state == State::Ready) give_floor_to_candidate(now);
}

/// Nobody serves and nobody is about to.
void Machine::service_down(const Member& dead, Instant now) {
  if (!has_served_) {
    for (Member& member : members_) kill(member);
    return exit(dead.exit_code == 0 ? 1 : dead.exit_code, dead.failure);
  }
  ++crashes_;
  Millis wait{0};
  for (int i = 1; i < crashes_ && wait < limits_.backoff_longest; ++i) {
    wait = std::min(limits_.backoff_longest, i == 1 ? limits_.backoff_first : wait * 2);
  }
  effects_.push_back(ReportCrash{dead.id, dead.failure, wait});
  if (wait == Millis{0}) return spawn(now);
  spawn_at_ = now + wait;
}

void Machine::forget_crashes_if_steady(const Member& member, Instant now) {
  if (member.serving_since != Instant{} && now - member.serving_since >= limits_.steady) crashes_ = 0;
}

void Machine::leave(Member& member, Millis grace, Instant now) {
  member.deadline = now + grace;
  member.state = State::Leaving;
  if (released_ == member.id) released_.reset();
}

void Machine::kill(Member& member) {
  if (!std::exchange(member.is_killed, true)) effects_.push_back(Kill{member.id});
  member.deadline.reset();
}

void Machine::exit(int code, std::string message) {
  is_over_ = true;
  effects_.push_back(Exit{code, std::move(message)});
}

void Machine::ask_wake() {
  std::optional<Instant> next = spawn_at_;
  for (const auto& at : {probation_end_, probe_at_, probe_answer_by_}) {
    if (at && (!next || *at < *next)) next = at;
  }
  for (const Member& member : members_) {
    if (member.deadline && (!next || *member.deadline < *next)) next = member.deadline;
  }
  if (next) effects_.push_back(WakeAt{*next});
}

}  // namespace gw::generations
