#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/generations/machine.hpp"
#include "sim/system_generation.hpp"

namespace gw::sim {

/// The whole gateway around the product's own machines: the keeper with its generations, their queues, runs
/// and restarts, one store, and clients that repeat what was not answered. Processes are suspended and
/// killed at any point, the disk refuses, the clock jumps. After that the world is left alone, and everything
/// that was accepted has to end.
class SystemWorld {
 public:
  SystemWorld(std::uint64_t seed, std::ostream* trace);
  std::optional<std::string> play();

  /// What happened in worlds, to see that they are not idle.
  struct Reached {
    int items = 0;
    int taken_again = 0;  ///< Items that were cut or whose process died.
    int restarted = 0, failed = 0, cancelled = 0;
    int resumes = 0;  ///< Predecessors that served again.
    int keepers = 0;
  };
  void add_to(Reached& reached) const;

 private:
  /// A process as the keeper knows it, and the two directions of their channel.
  struct Child {
    std::unique_ptr<Generation> generation;
    Instant heard_until{}, told_until{};
    bool is_ended = false;
  };

  // The supervisor and the keeper.
  void boot();
  void feed(const generations::Event& event);
  void apply(const generations::Spawn& e);
  void apply(const generations::TellTake& e);
  void apply(const generations::TellSuccessorReady& e);
  void apply(const generations::TellSuccessorFailed& e);
  void apply(const generations::TellResume& e);
  void apply(const generations::TellRetire& e);
  void apply(const generations::TellStop& e);
  void apply(const generations::TellRestartSignal& e);
  void apply(const generations::Kill& e);
  void apply(const generations::Exit& e);
  void apply(const generations::WakeAt& e);
  void apply(const generations::TellProbe& e);
  template <typename Other>
  void apply(const Other&) {}  // Reports for people.

  void start(Child& child);
  void say(Child& child, generations::Event event);
  template <typename Act>
  void tell(generations::Id id, Act act);
  Child* find(generations::Id id);
  void kill(Child& child);
  void maybe_fault(Child& child, int percent);
  void stop();

  // Clients.
  void plan();
  void submit(int key, int session, int rounds);
  void ask_restart();
  void ask_cancel();
  Generation* acceptor();

  // Chaos and rules.
  void disturb();
  void calm_down();
  void check();
  void check_end();

  Stage stage_;
  Store store_;
  Outside outside_;
  Generation::Limits limits_;
  generations::Limits keeper_limits_;
  std::unique_ptr<generations::Machine> keeper_;
  int keepers_ = 0;
  int resumes_ = 0;
  bool is_stopping_ = false;
  std::vector<std::unique_ptr<Child>> children_;  // Of all keepers, in the order of their start.
  std::size_t first_child_ = 0;                   // Of the keeper that lives.
  int keys_ = 0;
  std::set<int> acknowledged_;
  std::set<std::string> restarts_;  // Acknowledged.
  Instant no_acceptor_since_{};
};

}  // namespace gw::sim
