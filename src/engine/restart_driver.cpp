#include "engine/restart_driver.hpp"

#include <algorithm>
#include <utility>

#include "base/uuid.hpp"
#include "base/version.hpp"
#include "engine/restart_notes.hpp"
#include "engine/task_line.hpp"

namespace gw::engine {
namespace {

constexpr std::size_t kRecentMax = 20;         // Kept in memory for `gateway.restart.status`.
constexpr Millis kWaitReportInterval{30'000};  // Between two lines about a wait, as OpenClaw has it.
constexpr std::size_t kRequestersMax = 32;     // Kept by name in one record; more are only counted.

bool waits(restart::Phase phase) { return phase == restart::Phase::Open || phase == restart::Phase::Fenced; }

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

json::Object to_json(const Requester& requester, UnixMillis at) {
  json::Object object{{"client", requester.client},
                      {"device", requester.device},
                      {"address", requester.address},
                      {"reason", requester.reason},
                      {"atMs", at.value}};
  if (!requester.session_key.empty()) object["sessionKey"] = requester.session_key;
  return object;
}

}  // namespace

RestartDriver::RestartDriver(Parts parts, restart::Limits limits)
    : parts_(std::move(parts)), machine_(limits) {}

void RestartDriver::reconfigure(bool allow_signal, const restart::Limits& limits) {
  parts_.allow_signal = allow_signal;
  machine_.set_limits(limits);
}

void RestartDriver::begin_serving(std::optional<Instant> released_at) {
  if (resume_reason_) return serve_after_resume(*std::exchange(resume_reason_, std::nullopt));
  const Instant now = parts_.loop.now();
  parts_.store.recent(kRecentMax, "", [this, released_at, now](Result<std::vector<RestartRecord>> records) {
    if (!records) {
      parts_.log.error("restart", "could not read the restart history", {{"error", records.error().message}});
      return;
    }
    recent_ = *std::move(records);
    for (RestartRecord& record : recent_) {
      if (!record.outcome.empty()) continue;
      record.outcome = "restarted";
      record.to_version = kVersion;
      record.ended_at = parts_.loop.wall_now();
      record.resumed_runs = static_cast<std::int64_t>(parts_.engine.resumed());
      if (released_at) record.gap_ms = std::chrono::duration_cast<Millis>(now - *released_at).count();
      finish(record);
      parts_.log.info("restart", "restart completed",
                      {{"id", record.id}, {"waitedMs", record.waited_ms}, {"gapMs", record.gap_ms}});
    }
    parts_.changed();
  });
}

// What the successor was asked for while it served died with it; whoever asked is told.
void RestartDriver::serve_after_resume(const std::string& reason) {
  const std::string own = machine_.id();
  step(restart::Resumed{reason});
  parts_.store.recent(kRecentMax, "", [this, own, reason](Result<std::vector<RestartRecord>> records) {
    if (!records) {
      parts_.log.error("restart", "could not read the restart history", {{"error", records.error().message}});
      return;
    }
    for (RestartRecord& record : *records) {
      const bool is_ours = record.id == own || (current_ && record.id == current_->id);
      if (is_ours || !record.outcome.empty()) continue;
      record.outcome = "failed";
      record.failure = "the generation that was asked for it ended: " + reason;
      record.ended_at = parts_.loop.wall_now();
      parts_.log.error("restart", "restart failed", {{"id", record.id}, {"reason", record.failure}});
      remember(record);
      finish(std::move(record));
    }
    parts_.changed();
  });
}

Preflight RestartDriver::preflight() const {
  return {parts_.engine.running() + parts_.engine.waiting(), parts_.engine.running(),
          parts_.engine.running_tasks()};
}

void RestartDriver::request(RestartRequest request, Completion<RestartAnswer> done) {
  if (!parts_.supervisor.can_restart()) {
    return done(
        fail(Code::Unavailable,
             "this gateway runs without a keeper and cannot be replaced; stop it and start it again"));
  }
  RestartAnswer answer;
  answer.preflight = preflight();
  RestartRecord record = new_record(request);
  const json::Object requester = to_json(request.requester, record.requested_at);

  last_answer_.reset();
  const restart::Phase phase_before = machine_.phase();
  const bool was_idle = phase_before == restart::Phase::Idle;
  std::optional<Millis> delay_before;
  if (const auto wake = machine_.wake_at()) {
    delay_before = std::chrono::duration_cast<Millis>(*wake - parts_.loop.now());
  }
  if (was_idle) {
    current_ = record;
    requested_at_ = parts_.loop.now();
  }
  step(restart::Requested{.id = record.id,
                          .mode = request.mode,
                          .delay = request.delay,
                          .wait = request.wait,
                          .skip_deferral = request.skip_deferral});
  if (!last_answer_) {
    current_.reset();
    return done(fail(Code::Unavailable, "the gateway is stopping"));
  }
  answer.id = last_answer_->id;
  answer.is_coalesced = last_answer_->is_coalesced;
  answer.delay = last_answer_->delay;
  answer.cooldown_applied = last_answer_->cooldown_applied;
  if (!was_idle) {
    log_joined(request, phase_before, delay_before);
    if (current_) current_->mode = restart::name_of(machine_.mode());
  }
  if (!current_) return done(std::move(answer));  // It ended within this very step.
  if (current_->requesters.size() < kRequestersMax) current_->requesters.push_back(requester);
  save(*current_,
       [done = std::move(done), answer = std::move(answer)]() mutable { done(std::move(answer)); });
}

void RestartDriver::log_joined(const RestartRequest& request, restart::Phase before,
                               std::optional<Millis> delay_before) {
  const Requester& who = request.requester;
  const std::string reason = who.reason.empty() ? "unspecified" : who.reason;
  if (last_answer_->is_coalesced) {
    const bool is_late = before == restart::Phase::Starting || before == restart::Phase::HandingOver;
    parts_.log.warn("restart",
                    std::string("restart request coalesced (") +
                        (is_late ? "already in-flight" : "already scheduled") + ")",
                    {{"reason", reason},
                     {"pendingReason", current_ ? current_->reason : "unspecified"},
                     {"actor", who.client},
                     {"device", who.device},
                     {"ip", who.address},
                     {"changedPaths", joined(who.changed_paths)}});
  } else if (waits(before)) {
    parts_.log.warn("restart", "restart request bypassed active deferral", {{"reason", reason}});
  } else {
    parts_.log.warn("restart", "restart request rescheduled earlier",
                    {{"reason", reason},
                     {"oldDelayMs", delay_before.value_or(Millis{0}).count()},
                     {"newDelayMs", last_answer_->delay.count()}});
  }
}

RestartRecord RestartDriver::new_record(const RestartRequest& request) const {
  RestartRecord record;
  record.id = random_uuid();
  record.mode = restart::name_of(request.mode);
  record.reason = request.requester.reason;
  record.requested_at = parts_.loop.wall_now();
  record.from_version = kVersion;
  return record;
}

std::optional<Millis> RestartDriver::last_gap() const {
  for (const RestartRecord& record : recent_) {
    if (record.outcome == "restarted" && record.gap_ms > 0) return Millis{record.gap_ms};
  }
  return std::nullopt;
}

bool RestartDriver::cancel() {
  const std::string id = machine_.id();
  step(restart::Cancelled{});
  return !id.empty() && machine_.id() != id;
}

RestartStatus RestartDriver::status() const {
  RestartStatus status{machine_.phase(), current_, std::nullopt, recent_, parts_.engine.estimate()};
  if (const auto cut = machine_.cut_at()) {
    status.cut_in = std::max(Millis{0}, std::chrono::duration_cast<Millis>(*cut - parts_.loop.now()));
  }
  return status;
}

void RestartDriver::history(std::size_t limit, std::string before,
                            Completion<std::vector<RestartRecord>> done) const {
  parts_.store.recent(limit, std::move(before), std::move(done));
}

void RestartDriver::on_work_changed() { step(restart::WorkChanged{parts_.engine.running()}); }

void RestartDriver::on_successor_ready(const std::string& version, std::int64_t attempt) {
  parts_.log.info("restart", "successor is ready", {{"version", version}});
  step(restart::SuccessorReady{attempt});
}

void RestartDriver::on_successor_failed(const std::string& reason, std::int64_t attempt) {
  step(restart::SuccessorFailed{reason, attempt});
}

void RestartDriver::on_resume(const std::string& reason) {
  if (is_stopping_) return;
  has_released_ = false;
  parts_.log.error("restart", "the successor failed after the hand-over; serving again",
                   {{"reason", reason}});
  resume_reason_ =
      reason;  // Told to the machine once the database is ours again: the failure is to be recorded.
  parts_.service.serve_again();
}

void RestartDriver::on_retire() { parts_.service.exit(0); }

void RestartDriver::on_stop() {
  if (std::exchange(is_stopping_, true)) return;
  if (has_released_) return parts_.service.exit(0);
  // The hand-over had failed before the stop came: that is what became of the restart.
  if (resume_reason_) step(restart::Resumed{*std::exchange(resume_reason_, std::nullopt)});
  step(restart::StopAsked{});
  parts_.engine.cut();
  parts_.service.stop_serving(false, [this] { parts_.service.exit(0); });
}

void RestartDriver::on_restart_signal(const std::string& signal) {
  // Taken in any case, so that it never belongs to a later signal.
  const auto intent = parts_.take_signal_intent ? parts_.take_signal_intent() : std::nullopt;
  if (!parts_.allow_signal) {
    parts_.log.warn("gateway", signal + " restart ignored (not authorized; commands.restart=false).");
    return;
  }
  parts_.log.info("gateway", "received " + signal + "; restarting");
  RestartRequest signalled = intent.value_or(RestartRequest{});
  signalled.requester.client = "signal";
  signalled.requester.reason = signal;
  request(std::move(signalled), [this](Result<RestartAnswer> answer) {
    if (!answer)
      parts_.log.error("restart", "restart by signal refused", {{"error", answer.error().message}});
  });
}

void RestartDriver::step(const restart::Event& event) {
  // The engine tells of a change in a turn of its own; what is decided before that must know of it. Nothing
  // is decided before a stop.
  if (!is_stopping_) carry_out(restart::WorkChanged{parts_.engine.running()});
  if (!std::holds_alternative<restart::WorkChanged>(event)) carry_out(event);
  arm_timer();
  // Once a step, whatever phases it went through.
  if (std::exchange(told_phase_, machine_.phase()) == machine_.phase()) return;
  if (!waits(machine_.phase())) report_timer_.reset();
  parts_.supervisor.report_status("restart: " + std::string(restart::name_of(machine_.phase())));
  parts_.changed();
}

void RestartDriver::carry_out(const restart::Event& event) {
  for (const restart::Effect& effect : machine_.step(event, parts_.loop.now())) {
    std::visit([&](const auto& e) { apply(e); }, effect);
  }
}

void RestartDriver::arm_timer() {
  timer_.reset();
  const auto wake = machine_.wake_at();
  if (!wake) return;
  const Millis delay = std::chrono::duration_cast<Millis>(*wake - parts_.loop.now());
  timer_ = parts_.loop.after(std::max(delay, Millis{0}), [this] { step(restart::Tick{}); });
}

void RestartDriver::apply(const restart::Answer& effect) { last_answer_ = effect; }

void RestartDriver::apply(const restart::Refuse&) {}

void RestartDriver::apply(const restart::Fence& effect) { parts_.engine.fence(effect.on); }

void RestartDriver::apply(const restart::StartSuccessor& effect) {
  if (parts_.engine.running() == 0) {
    parts_.log.info("gateway", "all active work drained");
  } else if (machine_.cut_at() && *machine_.cut_at() <= requested_at_) {
    for (const RunningTask& task : parts_.engine.running_tasks()) {
      parts_.log.warn("gateway", "restart blocked by active background task run(s): " + task_line(task));
    }
    parts_.log.warn("gateway", "forced restart requested; skipping active work drain");
  } else {
    parts_.log.warn("gateway", "drain timeout reached; proceeding with restart",
                    {{"running", parts_.engine.running()}});
  }
  parts_.supervisor.start_successor(effect.attempt);
}

void RestartDriver::apply(const restart::DropSuccessor&) { parts_.supervisor.drop_successor(); }

// The record is on disk before anything is given up: the successor finishes it.
void RestartDriver::apply(const restart::HandOver& effect) {
  if (current_) {
    current_->waited_ms = std::chrono::duration_cast<Millis>(parts_.loop.now() - requested_at_).count();
    current_->cut_runs = static_cast<std::int64_t>(effect.cuts ? parts_.engine.running() : 0);
    save(*current_, [] {});
  }
  parts_.log.info("gateway", "restart mode: full process restart (successor first)");
  parts_.engine.cut();
  parts_.service.stop_serving(true, [this] {
    if (is_stopping_) return;
    has_released_ = true;
    parts_.supervisor.released();
  });
}

void RestartDriver::apply(const restart::Finished& effect) {
  if (!current_ || current_->id != effect.id) return;
  RestartRecord record = *std::exchange(current_, std::nullopt);
  record.outcome = effect.outcome == restart::Outcome::Failed ? "failed" : "cancelled";
  record.failure = effect.reason;
  record.ended_at = parts_.loop.wall_now();
  record.waited_ms = std::chrono::duration_cast<Millis>(parts_.loop.now() - requested_at_).count();
  parts_.log.write(effect.outcome == restart::Outcome::Failed ? LogLevel::Error : LogLevel::Info, "restart",
                   "restart " + record.outcome, {{"id", record.id}, {"reason", effect.reason}});
  remember(record);
  finish(std::move(record));
}

void RestartDriver::remember(const RestartRecord& record) {
  recent_.insert(recent_.begin(), record);
  if (recent_.size() > kRecentMax) recent_.pop_back();
}

// Whoever asked from a session is told there, in the same transaction that ends the record.
void RestartDriver::finish(RestartRecord record) {
  std::vector<SessionNote> notes = notes_for(record, parts_.loop.wall_now());
  const std::string id = record.id;
  parts_.store.finish(std::move(record), notes, [this, id, notes](Result<void> saved) {
    if (!saved) {
      return parts_.log.error("restart", "could not record a restart",
                              {{"id", id}, {"error", saved.error().message}});
    }
    for (const SessionNote& note : notes) parts_.tell(note);
  });
}

void RestartDriver::apply(const restart::PhaseChanged& effect) {
  if (!waits(effect.phase)) return;
  log_wait(effect.phase == restart::Phase::Open ? "draining " : "still draining ");
  report_wait_later();
}

void RestartDriver::report_wait_later() {
  report_timer_ = parts_.loop.after(kWaitReportInterval, [this] {
    log_wait("still draining ");
    report_wait_later();
  });
}

void RestartDriver::log_wait(std::string_view verb) {
  if (parts_.engine.running() == 0) return;
  const auto status = this->status();
  const std::string limit = status.cut_in ? "with timeout " + std::to_string(status.cut_in->count()) + "ms"
                                          : std::string("without a timeout");
  parts_.log.info("gateway", std::string(verb) + std::to_string(parts_.engine.running_tasks().size()) +
                                 " active task(s) and " + std::to_string(parts_.engine.running()) +
                                 " active embedded run(s) before restart " + limit);
}

// A database that refuses must not keep an operator from restarting: the restart goes on without its record.
void RestartDriver::save(const RestartRecord& record, Callback<> then) {
  parts_.store.save(record, [this, id = record.id, then = std::move(then)](Result<void> saved) mutable {
    if (!saved)
      parts_.log.error("restart", "could not record a restart",
                       {{"id", id}, {"error", saved.error().message}});
    then();
  });
}

}  // namespace gw::engine
