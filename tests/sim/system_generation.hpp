#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/generations/machine.hpp"
#include "core/restart/machine.hpp"
#include "sim/restart_ledger.hpp"
#include "sim/system_work.hpp"

namespace gw::sim {

/// One generation of the gateway: restart::Machine and its work, driven as engine::RestartDriver and
/// gateway::Generation do. Checks what its restarts owe to those who asked for them.
class Generation {
 public:
  struct Limits {
    restart::Limits restart;
    run::Limits run;
    int concurrent_max = 1;
    Millis probation{0};
  };
  struct Hooks {
    std::function<void(generations::Event)> say;  // To the keeper.
    std::function<void()> exit;
  };
  Generation(Stage& stage, Store& store, Outside& outside, int process_number, generations::Id id,
             const Limits& limits, Hooks hooks);

  // What the keeper says.
  void on_take() { serve(); }
  void on_successor_ready(std::int64_t attempt);
  void on_successor_failed(std::int64_t attempt);
  void on_resume();
  void on_stop();

  // What operators ask. `done` gets the restart's id once the request is on record; empty: refused.
  void request(restart::Requested request, std::function<void(std::string)> done);
  void cancel() { step(restart::Cancelled{}); }

  bool is_accepting() const { return process.is_alive() && is_accepting_; }
  /// Changes when all its connections are closed.
  int connections() const { return connections_; }
  bool has_served() const { return has_served_; }
  bool is_idle() const { return machine_.phase() == restart::Phase::Idle; }
  /// Nothing waits longer than it may.
  void check_limits();

  const generations::Id id;
  Process process;
  Work work;

 private:
  void serve();
  void accept();
  void begin_serving();
  void stop_serving(std::function<void()> done);
  void fail_to_serve();
  void exit_later();
  bool may_begin() const;
  void finish_record(const std::string& id, const std::string& outcome);

  void step(const restart::Event& event);
  void catch_up();
  void carry_out(const restart::Event& event);
  void arm_timer();
  void apply(const restart::Answer& effect);
  void apply(const restart::Refuse&) {}
  void apply(const restart::Fence& effect) { work.fence(effect.on); }
  void apply(const restart::StartSuccessor& effect);
  void apply(const restart::DropSuccessor&);
  void apply(const restart::HandOver& effect);
  void apply(const restart::Finished& effect);
  void apply(const restart::PhaseChanged& effect);

  Stage& stage_;
  Store& store_;
  Limits limits_;
  Hooks hooks_;
  restart::Machine machine_;
  bool is_accepting_ = false;
  bool has_served_ = false;
  int connections_ = 0;
  bool is_draining_ = false;
  bool is_stopping_ = false;
  bool has_released_ = false;
  bool is_resuming_ = false;
  std::optional<Instant> timer_;

  // The restart under way, as its requests want it.
  std::string slot_;
  std::optional<RestartLedger> ledger_;
  std::optional<std::string> answer_;
  std::set<std::string> handed_over_;
  int requests_ = 0;
  std::int64_t attempt_ = 0;        // Successors started.
  std::int64_t ready_attempt_ = 0;  // The one that the keeper called ready last.
  std::optional<Instant> last_start_;
  Instant phase_since_{};
  Instant busy_until_{};  // Work ran last.
};

}  // namespace gw::sim
