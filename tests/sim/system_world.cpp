#include "sim/system_world.hpp"

#include <algorithm>
#include <utility>

namespace gw::sim {

namespace gen = generations;

namespace {

constexpr int kChaosMs = 1'200;
constexpr int kTurnsMax = 60'000;
constexpr int kReadyMostMs = 15;
// Longer than every wait of the keeper for a process that hangs.
constexpr Millis kHangMax{180};
// The keeper watches for ever; after so long without a disturbance it is let go, so that a world can end.
constexpr Millis kWatchedMost{400};

Generation::Limits draw_limits(Dice& dice) {
  return {
      .restart = {.open_phase = dice.chance(20) ? Millis{0} : dice.millis(1, 60),
                  .deferral = dice.chance(15) ? Millis{0} : dice.millis(1, 150),
                  .cooldown = dice.chance(20) ? Millis{0} : dice.millis(1, 120),
                  .successor_start = dice.millis(40, 80)},
      .run = {.retry = {.first = dice.millis(1, 5), .longest = Millis{10}, .attempts_max = 3, .spread = 0.2},
              .tool_rounds_max = 1 + dice.below(5),
              .timeout = dice.millis(50, 400)},
      .concurrent_max = 1 + dice.below(3),
      .probation = dice.chance(20) ? Millis{0} : dice.millis(1, 60)};
}

gen::Limits keeper_limits_of(const Generation::Limits& limits) {
  return {.start = Millis{50},
          .take = Millis{40},
          .retire = Millis{30},
          .probation = limits.probation,
          .probe = Millis{5},
          .probe_answer = Millis{25},
          .watch = Millis{40},
          .watch_answer = Millis{60},
          .stop = Millis{80},
          .exit = Millis{10},
          .kill = Millis{10},
          .backoff_first = Millis{2},
          .backoff_longest = Millis{20},
          .steady = Millis{100}};
}

}  // namespace

SystemWorld::SystemWorld(std::uint64_t seed, std::ostream* trace)
    : stage_(seed, trace),
      store_(stage_),
      outside_(stage_, store_),
      limits_(draw_limits(stage_.dice)),
      keeper_limits_(keeper_limits_of(limits_)) {}

std::optional<std::string> SystemWorld::play() {
  plan();
  int turns = 0;
  while (!stage_.record.broken() && stage_.turn()) {
    check();
    if (!stage_.expect(++turns < kTurnsMax, "the world comes to rest")) break;
  }
  check_end();
  return stage_.record.broken();
}

void SystemWorld::plan() {
  Dice& dice = stage_.dice;
  boot();
  const int sessions = 1 + dice.below(4);
  const auto scatter = [&](int most, const auto& act) {
    for (int i = dice.below(most + 1); i > 0; --i) stage_.after(dice.millis(0, kChaosMs), act);
  };
  scatter(dice.chance(50) ? 6 : 25,
          [this, sessions] { submit(++keys_, stage_.dice.below(sessions), stage_.dice.below(4)); });
  scatter(8, [this] { ask_restart(); });
  scatter(2, [this] { ask_cancel(); });
  scatter(2, [this, sessions] {
    if (Generation* one = acceptor()) one->work.abort(stage_.dice.below(sessions));
  });
  scatter(2, [this] { feed(gen::RestartSignal{"SIGUSR2"}); });
  if (dice.chance(25)) scatter(2, [this] { stop(); });
  if (dice.chance(60)) scatter(6, [this] { disturb(); });
  stage_.after(Millis{kChaosMs}, [this] { calm_down(); });
}

void SystemWorld::boot() {
  if (keeper_) return;
  stage_.trace("keeper ", ++keepers_);
  stage_.disturb();
  keeper_ = std::make_unique<gen::Machine>(keeper_limits_);
  is_stopping_ = false;
  first_child_ = children_.size();
  feed(gen::Begin{});
}

void SystemWorld::stop() {
  if (!keeper_) return;
  stage_.trace("stop");
  is_stopping_ = true;
  feed(gen::StopSignal{});
}

void SystemWorld::feed(const gen::Event& event) {
  if (!keeper_) return;
  for (const gen::Effect& effect : keeper_->step(event, stage_.now)) {
    std::visit([&](const auto& e) { apply(e); }, effect);
    if (!keeper_) return;
  }
}

SystemWorld::Child* SystemWorld::find(gen::Id id) {
  const std::size_t at = first_child_ + static_cast<std::size_t>(id.value) - 1;
  return at < children_.size() ? children_[at].get() : nullptr;
}

// The channel keeps its order, and what a process said is read before its end is seen.
void SystemWorld::say(Child& child, gen::Event event) {
  child.heard_until = std::max(child.heard_until, stage_.now + stage_.dice.millis(0, 3));
  stage_.after(child.heard_until - stage_.now, [this, keeper = keepers_, event = std::move(event)] {
    if (keeper == keepers_) feed(event);
  });
}

template <typename Act>
void SystemWorld::tell(gen::Id id, Act act) {
  Child* child = find(id);
  if (!child || !child->generation->process.is_alive()) return;
  child->told_until = std::max(child->told_until, stage_.now + stage_.dice.millis(0, 3));
  Generation& generation = *child->generation;
  generation.process.later(child->told_until - stage_.now, [&generation, act] { act(generation); });
}

void SystemWorld::apply(const gen::Spawn& e) {
  stage_.expect(!is_stopping_, "nothing is spawned after a stop");
  auto child = std::make_unique<Child>();
  Child& born = *child;
  const int number = static_cast<int>(children_.size()) + 1;
  child->generation = std::make_unique<Generation>(
      stage_, store_, outside_, number, e.id, limits_,
      Generation::Hooks{[this, &born](gen::Event event) { say(born, std::move(event)); },
                        [this, &born] { kill(born); }});
  children_.push_back(std::move(child));
  stage_.trace("p", number, " is spawned as generation ", e.id.value);
  if (stage_.has_fault(3)) {
    born.generation->process.die();
    return stage_.after(Millis{0}, [this, id = e.id, keeper = keepers_] {
      if (keeper == keepers_) feed(gen::SpawnFailed{id, "no process"});
    });
  }
  start(born);
}

void SystemWorld::start(Child& child) {
  Generation& generation = *child.generation;
  if (stage_.has_fault(4)) generation.process.suspend();  // Hangs.
  const bool has_bad_config = stage_.has_fault(4);
  generation.process.later(stage_.dice.millis(1, kReadyMostMs), [this, &child, has_bad_config] {
    const gen::Id id = child.generation->id;
    if (!has_bad_config) return say(child, gen::ReadySaid{id, "1"});
    stage_.disturb();
    say(child, gen::FailedSaid{id, "bad configuration", 1});
    child.generation->process.later(stage_.dice.millis(0, 3), [this, &child] { kill(child); });
  });
  maybe_fault(child, 4);
}

/// Soon something happens to it, at a point that hurts.
void SystemWorld::maybe_fault(Child& child, int percent) {
  if (!stage_.has_fault(percent)) return;
  const bool is_suspended = stage_.dice.chance(30);
  stage_.after(stage_.dice.millis(0, 12), [this, &child, is_suspended] {
    if (stage_.is_quiet) return;
    if (!is_suspended) return kill(child);
    child.generation->process.suspend();
    if (stage_.dice.chance(60)) {
      stage_.after(stage_.dice.millis(1, 60), [&child] { child.generation->process.go_on(); });
    }
  });
}

void SystemWorld::kill(Child& child) {
  if (std::exchange(child.is_ended, true)) return;
  Generation& generation = *child.generation;
  generation.process.die();
  const auto soon = [&](gen::Event event) {
    child.heard_until = std::max(child.heard_until, stage_.now + stage_.dice.millis(0, 2));
    stage_.after(child.heard_until - stage_.now, [this, keeper = keepers_, event = std::move(event)] {
      if (keeper == keepers_) feed(event);
    });
  };
  if (stage_.dice.chance(40)) soon(gen::ChannelLost{generation.id});
  soon(gen::Ended{generation.id, "ended", 1});
}

void SystemWorld::apply(const gen::TellTake& e) {
  tell(e.id, [](Generation& g) { g.on_take(); });
  if (Child* child = find(e.id)) maybe_fault(*child, 12);
}

void SystemWorld::apply(const gen::TellSuccessorReady& e) {
  tell(e.id, [attempt = e.attempt](Generation& g) { g.on_successor_ready(attempt); });
  if (Child* child = find(e.id)) maybe_fault(*child, 6);
}

void SystemWorld::apply(const gen::TellSuccessorFailed& e) {
  tell(e.id, [attempt = e.attempt](Generation& g) { g.on_successor_failed(attempt); });
}

void SystemWorld::apply(const gen::TellResume& e) {
  ++resumes_;
  tell(e.id, [](Generation& g) { g.on_resume(); });
  if (Child* child = find(e.id)) maybe_fault(*child, 6);
}

void SystemWorld::apply(const gen::TellRetire& e) {
  Child* child = find(e.id);
  tell(e.id, [this, child](Generation& g) {
    stage_.expect(!g.is_accepting(), "a generation that serves is not retired");
    if (!stage_.has_fault(5))
      return g.process.later(stage_.dice.millis(0, 20), [this, child] { kill(*child); });
    g.process.suspend();
  });
}

void SystemWorld::apply(const gen::TellProbe& e) {
  Child* child = find(e.id);
  tell(e.id, [this, child](Generation& g) { say(*child, gen::HealthySaid{g.id}); });
}

void SystemWorld::apply(const gen::TellStop& e) {
  tell(e.id, [](Generation& g) { g.on_stop(); });
  if (Child* child = find(e.id)) maybe_fault(*child, 6);
}

void SystemWorld::apply(const gen::TellRestartSignal& e) {
  tell(e.id, [](Generation& g) { g.request({.id = {}}, [](const std::string&) {}); });
}

void SystemWorld::apply(const gen::Kill& e) {
  Child* child = find(e.id);
  if (!child) return;
  const Process& process = child->generation->process;
  const bool serves_well = child->generation->is_accepting() && !process.is_suspended();
  // News of the end of a suspension may still be on its way.
  stage_.expect(!serves_well || is_stopping_ || stage_.now - stage_.disturbed_at <= kHangMax,
                "a generation that serves well is not killed");
  stage_.after(stage_.dice.millis(0, 3), [this, child] { kill(*child); });
}

void SystemWorld::apply(const gen::Exit&) {
  stage_.trace("the keeper ends");
  for (std::size_t i = first_child_; i < children_.size(); ++i) {
    children_[i]->is_ended = true;
    children_[i]->generation->process.die();
  }
  keeper_.reset();
  stage_.disturb();
  stage_.after(stage_.dice.millis(5, 30), [this] { boot(); });
}

void SystemWorld::apply(const gen::WakeAt& e) {
  if (stage_.is_quiet && stage_.now > stage_.disturbed_at + kWatchedMost) return;
  const Millis late = stage_.dice.chance(80) ? Millis{0} : stage_.dice.millis(1, 5);
  stage_.after(std::max(e.when - stage_.now, Millis{0}) + late, [this, keeper = keepers_] {
    if (keeper == keepers_) feed(gen::Tick{});
  });
}

}  // namespace gw::sim
