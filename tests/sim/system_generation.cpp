#include "sim/system_generation.hpp"

#include <algorithm>
#include <utility>

namespace gw::sim {

using restart::Phase;

namespace {

constexpr Millis kTimerLateness{5};
constexpr Millis kSlack{kTimerLateness + Millis{3}};
// From the beginning of a hand-over to a successor that takes, without its probation: the writer is closed
// behind everything written before, then three messages and the successor's own opening.
constexpr Millis kHandOverMax{250};

}  // namespace

Generation::Generation(Stage& stage, Store& store, Outside& outside, int process_number,
                       generations::Id generation, const Limits& limits, Hooks hooks)
    : id(generation),
      process(stage, store, outside, process_number),
      work({stage, store, outside, process}, limits.concurrent_max, limits.run,
           {[this] { step(restart::WorkChanged{work.running()}); }, [this] { return may_begin(); }}),
      stage_(stage),
      store_(store),
      limits_(limits),
      hooks_(std::move(hooks)),
      machine_(limits.restart) {}

bool Generation::may_begin() const {
  const Phase phase = machine_.phase();
  return phase == Phase::Idle || phase == Phase::Scheduled || phase == Phase::Open;
}

void Generation::serve() {
  is_draining_ = false;
  process.open_writer([this] {
    work.start([this](bool started) {
      if (!started) return fail_to_serve();
      accept();
    });
  });
}

void Generation::accept() {
  if (is_draining_) return;
  is_accepting_ = has_served_ = true;
  stage_.trace("p", process.number, " serves");
  hooks_.say(generations::ServingSaid{id});
  begin_serving();
}

void Generation::begin_serving() {
  const std::string own = slot_;
  const bool resumes = std::exchange(is_resuming_, false);
  if (resumes) step(restart::Resumed{"the successor failed"});
  for (const std::string& open : store_.open_restarts()) {
    if (open != own) finish_record(open, resumes ? "failed" : "restarted");
  }
}

void Generation::fail_to_serve() {
  if (is_draining_) return;
  hooks_.say(generations::FailedSaid{id, "cannot serve", 1});
  exit_later();
}

void Generation::stop_serving(std::function<void()> done) {
  is_accepting_ = false;
  is_draining_ = true;
  process.close_writer([this, done = std::move(done)] {
    ++connections_;
    done();
  });
}

void Generation::exit_later() { process.later(stage_.dice.millis(0, 4), hooks_.exit); }

void Generation::on_successor_ready(std::int64_t attempt) {
  ready_attempt_ = attempt;
  step(restart::SuccessorReady{attempt});
}

void Generation::on_successor_failed(std::int64_t attempt) {
  step(restart::SuccessorFailed{"the successor failed", attempt});
}

void Generation::on_resume() {
  if (is_stopping_) return;
  has_released_ = false;
  is_resuming_ = true;
  serve();
}

void Generation::on_stop() {
  if (std::exchange(is_stopping_, true)) return;
  if (has_released_) return exit_later();
  if (std::exchange(is_resuming_, false)) step(restart::Resumed{"the successor failed"});
  step(restart::StopAsked{});
  work.cut();
  stop_serving([this] { exit_later(); });
}

void Generation::request(restart::Requested request, std::function<void(std::string)> done) {
  request.id = "p" + std::to_string(process.number) + "r" + std::to_string(++requests_);
  catch_up();  // What was decided before this request does not know of it.
  const bool was_idle = is_idle();
  if (was_idle) {
    slot_ = request.id;
    ledger_.emplace(limits_.restart, last_start_);
  }
  if (ledger_) ledger_->add(request, stage_.now);
  answer_.reset();
  stage_.trace("p", process.number, " is asked for a restart ", request.id, " ", name_of(request.mode),
               " delay ", request.delay.count(), " wait ", request.wait.count(),
               request.skip_deferral ? " skip" : "");
  step(request);
  stage_.expect(answer_.has_value() == !is_stopping_, "a request is answered unless the gateway stops");
  if (!answer_) return done({});
  const std::string joined = *answer_;
  if (slot_ != joined) return done(joined);  // It ended within this very step.
  process.write(
      [this, joined] {
        store_.save_restart(joined);
        return Verdict::Ok;
      },
      [done = std::move(done), joined](Verdict) { done(joined); }, false);
}

void Generation::finish_record(const std::string& restart, const std::string& outcome) {
  stage_.trace("p", process.number, " restart ", restart, " ", outcome);
  process.write(
      [this, restart, outcome] {
        store_.finish_restart(restart, outcome);
        return Verdict::Ok;
      },
      [](Verdict) {}, false);
}

void Generation::step(const restart::Event& event) {
  catch_up();
  if (!std::holds_alternative<restart::WorkChanged>(event)) carry_out(event);
  if (!std::holds_alternative<restart::Cancelled>(event) &&
      !std::holds_alternative<restart::StopAsked>(event)) {
    stage_.expect(slot_.empty() == is_idle() || is_stopping_, "a restart is under way or there is none");
  }
  arm_timer();
}

void Generation::catch_up() {
  if (!is_stopping_) carry_out(restart::WorkChanged{work.running()});
}

void Generation::carry_out(const restart::Event& event) {
  for (const restart::Effect& effect : machine_.step(event, stage_.now)) {
    std::visit([&](const auto& e) { apply(e); }, effect);
  }
}

void Generation::arm_timer() {
  const auto wake = machine_.wake_at();
  if (wake == std::exchange(timer_, wake) || !wake) return;
  const Millis late = stage_.dice.chance(70) ? Millis{0} : stage_.dice.millis(1, 5);
  process.later(std::max(*wake - stage_.now, Millis{0}) + late, [this] { step(restart::Tick{}); });
}

void Generation::apply(const restart::Answer& effect) {
  stage_.expect(!answer_, "a request is answered once");
  stage_.expect(effect.id == slot_, "a request belongs to the one restart under way");
  answer_ = effect.id;
}

void Generation::apply(const restart::StartSuccessor& effect) {
  stage_.trace("p", process.number, " starts a successor");
  if (!stage_.expect(ledger_.has_value(), "a successor starts for a restart")) return;
  stage_.expect(!is_stopping_, "nothing starts after a stop");
  stage_.expect(stage_.now >= ledger_->due(), "a restart does not begin before it is due");
  const auto cut_at = ledger_->cut_at();
  stage_.expect(work.running() == 0 || (cut_at && stage_.now >= *cut_at),
                "running work is waited for until the limit");
  stage_.expect(!last_start_ || ledger_->is_forced() || stage_.now - *last_start_ >= limits_.restart.cooldown,
                "the cooldown lies between two starts");
  last_start_ = stage_.now;
  attempt_ = effect.attempt;
  hooks_.say(generations::SuccessorWanted{id, effect.attempt});
}

void Generation::apply(const restart::DropSuccessor&) { hooks_.say(generations::SuccessorUnwanted{id}); }

void Generation::apply(const restart::HandOver&) {
  stage_.trace("p", process.number, " hands over");
  stage_.expect(!is_stopping_, "nothing is handed over after a stop");
  stage_.expect(ready_attempt_ == attempt_, "a hand-over is to the successor that was started for it");
  stage_.expect(handed_over_.insert(slot_).second, "a restart happens once");
  if (!slot_.empty()) {
    process.write(
        [this, restart = slot_] {
          store_.save_restart(restart);
          return Verdict::Ok;
        },
        [](Verdict) {}, false);
  }
  work.cut();
  stop_serving([this] {
    if (is_stopping_) return;
    has_released_ = true;
    hooks_.say(generations::ReleasedSaid{id});
  });
}

void Generation::apply(const restart::Finished& effect) {
  stage_.expect(effect.id == slot_, "the restart that ends is the one under way");
  const bool has_failed = effect.outcome == restart::Outcome::Failed;
  stage_.expect(!has_failed || stage_.disturbed_at >= last_start_.value_or(Instant{}),
                "a restart fails only when something went wrong");
  finish_record(effect.id, has_failed ? "failed" : "cancelled");
  slot_.clear();
  ledger_.reset();
}

void Generation::apply(const restart::PhaseChanged& effect) {
  stage_.trace("p", process.number, " ", name_of(effect.phase));
  phase_since_ = stage_.now;
  if (effect.phase == Phase::Open && ledger_) ledger_->begin_waiting(stage_.now);
}

void Generation::check_limits() {
  if (!process.is_alive() || process.is_suspended()) return;
  if (work.running() > 0) busy_until_ = stage_.now;
  const auto in_time = [&](Instant limit, const char* rule, Millis longest = Millis{0}) {
    stage_.expect(stage_.now <= std::max(limit, stage_.disturbed_at) + longest + kSlack, rule);
  };
  switch (machine_.phase()) {
    case Phase::Scheduled:
      return in_time(ledger_->due(), "a restart that is due begins to wait");
    case Phase::Open:
    case Phase::Fenced:
      in_time(std::max(busy_until_, phase_since_), "a restart begins when no work runs");
      if (machine_.phase() == Phase::Open) in_time(ledger_->fence_at(), "the open phase ends");
      if (const auto cut_at = ledger_->cut_at()) in_time(*cut_at, "a restart does not wait past its limit");
      return;
    case Phase::Starting:
      return in_time(phase_since_, "a successor is not waited for for ever", limits_.restart.successor_start);
    case Phase::HandingOver:
      return in_time(phase_since_, "a hand-over ends", kHandOverMax + limits_.probation);
    default:
      return;
  }
}

}  // namespace gw::sim
