// The people and the bad luck of a SystemWorld, and the rules that hold for all of it.

#include <algorithm>

#include "sim/system_world.hpp"

namespace gw::sim {

namespace {

constexpr Millis kClientTimeout{60};
// Between two processes that accept, when nothing goes wrong: the first closes its writer behind what was
// written before; Released, Take and the opening of the next follow, or a start after the longest backoff.
constexpr Millis kGapMax{200};

}  // namespace

Generation* SystemWorld::acceptor() {
  for (auto& child : children_) {
    if (child->generation->is_accepting()) return child->generation.get();
  }
  return nullptr;
}

/// Sends it until it is acknowledged, always under the same key.
void SystemWorld::submit(int key, int session, int rounds) {
  if (acknowledged_.contains(key)) return;
  const auto again = [this, key, session, rounds] { submit(key, session, rounds); };
  Generation* to = acceptor();
  if (!to) return stage_.after(stage_.dice.millis(1, 5), again);  // It waits in the listening socket.
  stage_.after(kClientTimeout, again);
  to->process.later(stage_.dice.millis(0, 3), [this, to, over = to->connections(), key, session, rounds] {
    if (over != to->connections()) return;
    to->work.submit(key, session, rounds, [this, key](bool accepted) {
      if (accepted) acknowledged_.insert(key);
    });
  });
}

void SystemWorld::ask_restart() {
  Dice& dice = stage_.dice;
  restart::Requested request{.id = {}};
  request.mode = dice.chance(50) ? restart::Mode::Safe : static_cast<restart::Mode>(dice.below(4));
  if (dice.chance(30)) request.delay = dice.millis(-5, 80);
  if (request.mode == restart::Mode::Wait && dice.chance(80)) request.wait = dice.millis(0, 200);
  request.skip_deferral = dice.chance(10);
  Generation* to = acceptor();
  if (!to) return;
  to->process.later(dice.millis(0, 3), [this, to, over = to->connections(), request] {
    if (over != to->connections()) return;
    to->request(request, [this](const std::string& id) {
      if (!id.empty()) restarts_.insert(id);
    });
  });
}

// It may come when the hand-over has begun and the connection is not closed yet.
void SystemWorld::ask_cancel() {
  Generation* to = acceptor();
  if (!to) return;
  to->process.later(stage_.dice.millis(0, 3), [to, over = to->connections()] {
    if (over == to->connections()) to->cancel();
  });
}

void SystemWorld::disturb() {
  Dice& dice = stage_.dice;
  if (dice.chance(15)) {
    stage_.now += dice.chance(20) ? dice.millis(1, 3'600'000) : dice.millis(1, 300);
    stage_.trace("the clock jumps");
    return stage_.disturb();
  }
  for (std::size_t i = first_child_; i < children_.size(); ++i) {
    if (children_[i]->generation->process.is_alive() && dice.chance(50))
      return maybe_fault(*children_[i], 100);
  }
}

// From here on nothing goes wrong. Who hangs before it ever served is left to the keeper.
void SystemWorld::calm_down() {
  stage_.trace("quiet");
  stage_.is_quiet = true;
  stage_.disturb();
  for (auto& child : children_) {
    if (child->generation->has_served()) child->generation->process.go_on();
  }
  if (!keeper_) boot();
}

void SystemWorld::check() {
  int acceptors = 0;
  bool has_hung = false;
  for (std::size_t i = first_child_; i < children_.size(); ++i) {
    Generation& generation = *children_[i]->generation;
    if (!generation.process.is_alive()) continue;
    if (generation.is_accepting()) ++acceptors;
    has_hung = has_hung || generation.process.is_suspended();
    generation.check_limits();
  }
  stage_.expect(acceptors <= 1, "one generation serves at a time");
  if (acceptors > 0 || has_hung || is_stopping_ || !keeper_) no_acceptor_since_ = stage_.now;
  stage_.expect(stage_.now - std::max(no_acceptor_since_, stage_.disturbed_at) <= kGapMax,
                "whoever connects is soon accepted");
}

void SystemWorld::check_end() {
  if (stage_.record.broken()) return;
  for (int key = 1; key <= keys_; ++key) {
    stage_.expect(acknowledged_.contains(key), "everything that was submitted is accepted");
  }
  for (const Item& item : store_.items()) {
    stage_.expect(is_over(item.state), "everything that was accepted ends");
  }
  for (const std::string& id : restarts_) {
    const auto outcome = store_.outcome(id);
    stage_.expect(outcome && !outcome->empty(), "every restart that was asked for has an outcome");
  }
  for (const auto& child : children_) {
    if (!child->generation->process.is_alive()) continue;
    stage_.expect(child->generation->is_accepting(), "only the generation that serves is left");
    stage_.expect(child->generation->is_idle(), "every restart ends");
  }
  stage_.expect(acceptor() != nullptr, "the service comes back");
}

void SystemWorld::add_to(Reached& reached) const {
  reached.items += static_cast<int>(store_.items().size());
  for (const Item& item : store_.items()) reached.taken_again += item.attempt > 1 ? 1 : 0;
  for (const std::string& id : restarts_) {
    const std::string outcome = store_.outcome(id).value_or("");
    if (outcome == "restarted") ++reached.restarted;
    if (outcome == "failed") ++reached.failed;
    if (outcome == "cancelled") ++reached.cancelled;
  }
  reached.resumes += resumes_;
  reached.keepers += keepers_;
}

}  // namespace gw::sim
