#include "sim/restart_world.hpp"

#include <algorithm>

namespace gw::sim {

using restart::Mode;

namespace {

constexpr int kHorizonMs = 600;  // Everything that the world itself starts, starts within it.
constexpr int kStepsMax = 5'000;

restart::Limits draw_limits(Dice& dice) {
  return {.open_phase = dice.chance(20) ? Millis{0} : dice.millis(1, 60),
          .deferral = dice.chance(15) ? Millis{0} : dice.millis(1, 150),
          .cooldown = dice.chance(20) ? Millis{0} : dice.millis(1, 120),
          .successor_start = dice.millis(1, 40)};
}

std::string describe(const restart::Event& event) {
  constexpr const char* kNames[] = {"requested", "work changed", "successor ready", "successor failed",
                                    "resumed",   "cancelled",    "stop asked",      "tick"};
  std::string text = kNames[event.index()];
  if (const auto* r = std::get_if<restart::Requested>(&event)) {
    text += " " + r->id + " " + std::string(name_of(r->mode)) + " delay " + std::to_string(r->delay.count()) +
            " wait " + std::to_string(r->wait.count()) + (r->skip_deferral ? " skip" : "");
  }
  if (const auto* w = std::get_if<restart::WorkChanged>(&event)) text += " " + std::to_string(w->running);
  return text;
}

}  // namespace

RestartWorld::RestartWorld(std::uint64_t seed, std::ostream* trace)
    : dice_(seed), record_(trace), limits_(draw_limits(dice_)), machine_(limits_) {}

std::optional<std::string> RestartWorld::play() {
  plan();
  int steps = 0;
  while (!agenda_.empty() && !is_over_ && !record_.broken()) {
    const auto next = agenda_.begin();
    const Item item = next->second;
    now_ = std::max(now_, next->first);
    agenda_.erase(next);
    happen(item);
    if (!expect(++steps < kStepsMax, "play always ends")) break;
  }
  check_end();
  return record_.broken();
}

void RestartWorld::plan() {
  ends_percent_ = dice_.chance(50) ? 100 : dice_.below(101);
  const auto scatter = [&](Kind kind, int most) {
    for (int i = dice_.below(most + 1); i > 0; --i) later(dice_.millis(0, kHorizonMs), {kind});
  };
  later(dice_.millis(0, kHorizonMs), {Kind::Request});
  scatter(Kind::Request, dice_.chance(50) ? 3 : 9);
  scatter(Kind::Work, dice_.chance(50) ? 4 : 30);
  scatter(Kind::Cancel, dice_.chance(30) ? 3 : 0);
  scatter(Kind::Stop, dice_.chance(25) ? 2 : 0);
  scatter(Kind::StrayTick, 10);
  scatter(Kind::StrayNews, 4);
  scatter(Kind::ClockJump, dice_.chance(25) ? 3 : 0);
}

void RestartWorld::happen(const Item& item) {
  switch (item.kind) {
    case Kind::Request:
      return request();
    case Kind::Work:
      ++waiting_work_;
      return begin_work();
    case Kind::WorkEnds:
      if (running_work_.erase(item.number) > 0) step(restart::WorkChanged{running_work_.size()});
      return;
    case Kind::Cancel:
      return step(restart::Cancelled{});
    case Kind::Stop:
      return step(restart::StopAsked{});
    case Kind::Timer:
      step(restart::Tick{});
      if (dice_.chance(20)) step(restart::Tick{});
      return;
    case Kind::StrayTick:
      return step(restart::Tick{});
    case Kind::StrayNews:
      return stray_news();
    case Kind::ClockJump:
      now_ += dice_.chance(20) ? dice_.millis(1, 3'600'000) : dice_.millis(1, 300);
      return;
    default:
      return on_successor(item);
  }
}

void RestartWorld::request() {
  restart::Requested request{.id = "r" + std::to_string(++request_count_)};
  request.mode = static_cast<Mode>(dice_.below(4));
  if (dice_.chance(60)) request.mode = Mode::Safe;
  if (dice_.chance(40)) request.delay = dice_.millis(-5, 80);
  if (request.mode == Mode::Wait && dice_.chance(80)) request.wait = dice_.millis(0, 200);
  request.skip_deferral = dice_.chance(10);
  step(request);
}

/// What the keeper still had to say about a successor that is gone. It must not matter.
void RestartWorld::stray_news() {
  if (successor_ != Successor::None || (slot_ && slot_->is_handing_over)) return;
  switch (dice_.below(3)) {
    case 0:
      return step(restart::SuccessorReady{});
    case 1:
      return step(restart::SuccessorFailed{"late"});
    default:
      return step(restart::Resumed{"late"});
  }
}

void RestartWorld::on_successor(const Item& item) {
  if (item.number != successor_count_) return;  // It was dropped since.
  switch (item.kind) {
    case Kind::Ready:
      if (successor_ != Successor::Starting) return;
      successor_ = Successor::Ready;
      return step(restart::SuccessorReady{});
    case Kind::Dies:
      if (successor_ == Successor::None) return;
      if (std::exchange(successor_, Successor::None) == Successor::Serving) {
        return step(restart::Resumed{"the successor died while it served"});
      }
      return step(restart::SuccessorFailed{"the successor died"});
    case Kind::Released:
      if (is_stopping_) return;
      if (successor_ == Successor::None) return later(dice_.millis(0, 5), {Kind::Resumes, item.number});
      successor_ = Successor::Serving;
      if (dice_.chance(30)) return later(dice_.millis(0, 20), {Kind::Dies, item.number});
      return later(dice_.millis(0, 20), {Kind::Retires, item.number});
    case Kind::Resumes:
      return step(restart::Resumed{"the successor died before it served"});
    case Kind::Retires:
      is_over_ = true;
      return;
    default:
      return;
  }
}

void RestartWorld::begin_work() {
  if (is_fenced_ || waiting_work_ == 0) return;
  for (; waiting_work_ > 0; --waiting_work_) {
    const int number = ++work_count_;
    running_work_.insert(number);
    if (dice_.chance(ends_percent_)) later(dice_.millis(1, 80), {Kind::WorkEnds, number});
  }
  step(restart::WorkChanged{running_work_.size()});
}

/// Cut work waits again: for the successor, or for this generation should it resume.
void RestartWorld::cut_work() {
  waiting_work_ += static_cast<int>(running_work_.size());
  running_work_.clear();
}

void RestartWorld::arm_timer() {
  const auto wake = machine_.wake_at();
  if (wake == timer_) return;
  timer_ = wake;
  if (!wake) return;
  const Millis lateness = dice_.chance(70) ? Millis{0} : dice_.millis(1, 50);
  agenda_.emplace(std::max(*wake, now_) + lateness, Item{Kind::Timer});
}

void RestartWorld::step(const restart::Event& event) {
  if (record_.broken()) return;
  if (record_.is_traced()) record_.trace(now_, describe(event));
  if (const auto* requested = std::get_if<restart::Requested>(&event)) expect_answer(*requested);
  const Outcomes want = expected(event);
  const restart::Effects effects = machine_.step(event, now_);
  compare(want, seen(effects));
  if (std::holds_alternative<restart::StopAsked>(event)) is_stopping_ = true;
  for (const restart::Effect& effect : effects) {
    std::visit([&](const auto& e) { apply(e); }, effect);
    if (record_.broken()) return;
  }
  check_state(std::holds_alternative<restart::Tick>(event));
  arm_timer();
  if (std::exchange(has_cut_, false)) step(restart::WorkChanged{0});
  begin_work();
}

void RestartWorld::apply(const restart::Answer& effect) {
  begun_.insert(effect.id);
  expect(effect.id == expected_answer_.id, "an answer names the restart that its request belongs to");
  expect(effect.is_coalesced == expected_answer_.is_coalesced,
         "a request is coalesced exactly when it changes nothing of the restart under way");
  expect(effect.delay == expected_answer_.delay, "an answer tells the time that is left");
  expect(effect.cooldown_applied == expected_answer_.cooldown_applied, "an answer tells its cooldown");
}

void RestartWorld::apply(const restart::Fence& effect) {
  record_.trace(now_, effect.on ? "  fence up" : "  fence down");
  expect(effect.on != is_fenced_, "the fence is moved only to where it is not");
  expect(effect.on || !is_stopping_, "nothing begins after a stop");
  expect(effect.on || !slot_, "the fence comes down only after the restart has ended");
  is_fenced_ = effect.on;
}

void RestartWorld::apply(const restart::StartSuccessor&) {
  record_.trace(now_, "  start a successor");
  if (!expect(slot_.has_value(), "a successor starts only for a restart")) return;
  expect(!is_stopping_, "nothing starts after a stop");
  expect(is_fenced_, "the fence is up before a successor starts");
  expect(successor_ == Successor::None, "there is at most one successor at a time");
  expect(!last_start_ || slot_->ledger.is_forced() || now_ - *last_start_ >= limits_.cooldown,
         "the cooldown lies between two attempts");
  slot_->started_at = last_start_ = now_;
  successor_ = Successor::Starting;
  const int number = ++successor_count_;
  if (dice_.chance(65)) {
    later(dice_.millis(0, 45), {Kind::Ready, number});
    if (dice_.chance(20)) later(dice_.millis(0, 60), {Kind::Dies, number});
  } else if (dice_.chance(60)) {
    later(dice_.millis(0, 45), {Kind::Dies, number});
  }  // Else it hangs.
}

void RestartWorld::apply(const restart::DropSuccessor&) {
  record_.trace(now_, "  drop the successor");
  expect(successor_ != Successor::None, "only a successor that exists is dropped");
  successor_ = Successor::None;
  ++successor_count_;
}

void RestartWorld::apply(const restart::HandOver& effect) {
  record_.trace(now_, effect.cuts ? "  hand over, cutting" : "  hand over");
  if (!expect(slot_ && slot_->started_at, "a hand-over belongs to a restart")) return;
  expect(!is_stopping_, "nothing is handed over after a stop");
  expect(is_fenced_, "the fence is up at a hand-over");
  expect(successor_ == Successor::Ready, "a hand-over needs a successor that is ready");
  expect(effect.cuts == !running_work_.empty(), "a hand-over tells whether it cuts");
  const auto cut_at = slot_->ledger.cut_at();
  expect(running_work_.empty() || (cut_at && *slot_->started_at >= *cut_at),
         "work is cut only after its limit");
  slot_->is_handing_over = true;
  has_cut_ = !running_work_.empty();
  cut_work();
  later(dice_.millis(0, 15), {Kind::Released, successor_count_});
}

void RestartWorld::apply(const restart::Finished& effect) {
  record_.trace(now_, "  finished " + effect.id + ": " + effect.reason);
  if (!expect(slot_.has_value(), "only a restart under way finishes")) return;
  expect(effect.id == slot_->id, "the restart that finishes is the one under way");
  expect(finished_.insert(effect.id).second, "a restart finishes once");
  expect(!effect.reason.empty(), "a restart that ends badly says why");
  slot_.reset();
}

void RestartWorld::apply(const restart::PhaseChanged& effect) {
  record_.trace(now_, "  phase " + std::string(name_of(effect.phase)));
  expect(effect.phase != told_phase_, "a change of phase changes the phase");
  told_phase_ = effect.phase;
}

}  // namespace gw::sim
