#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/restart/machine.hpp"
#include "sim/restart_ledger.hpp"
#include "sim/world.hpp"

namespace gw::sim {

/// A gateway with its keeper, its work, its operators and a bad clock, played around one restart::Machine
/// until the generation has handed over, is stopped, or nothing more can happen.
///
/// The fakes keep the driver's part of the bargain: work begins only while the fence is down, effects are
/// carried out in order, and no message of a successor that was dropped reaches the machine while another one
/// starts.
class RestartWorld {
 public:
  RestartWorld(std::uint64_t seed, std::ostream* trace);
  std::optional<std::string> play();

 private:
  enum class Kind {
    Request,
    Work,
    WorkEnds,
    Cancel,
    Stop,
    Timer,
    StrayTick,
    StrayNews,
    ClockJump,
    Ready,
    Dies,
    Released,
    Retires,
    Resumes
  };
  struct Item {
    Kind kind;
    int number = 0;  // Of the work that ends, or of the successor that it is about.
  };
  enum class Successor { None, Starting, Ready, Serving };
  struct Slot {
    std::string id;
    RestartLedger ledger;
    std::optional<Instant> started_at;
    bool is_handing_over = false;

    bool is_pending() const { return !started_at; }
  };
  /// What one event must bring about, and equally what came of it.
  struct Outcomes {
    bool start = false, drop = false, refuse = false, answer = false;
    std::optional<bool> fence, hand_over_cuts;
    std::optional<restart::Outcome> finish;
    bool operator==(const Outcomes&) const = default;
  };

  // The agenda.
  void plan();
  void later(Millis wait, Item item) { agenda_.emplace(now_ + wait, item); }
  void happen(const Item& item);
  void arm_timer();
  void check_end();

  // Operators, work and the keeper.
  void request();
  void on_successor(const Item& item);
  void stray_news();
  void begin_work();
  void cut_work();

  // The machine under test.
  void step(const restart::Event& event);
  Outcomes expected(const restart::Event& event);
  Outcomes seen(const restart::Effects& effects) const;
  void expect_answer(const restart::Requested& request);
  void compare(const Outcomes& want, const Outcomes& got);
  void check_state(bool is_after_tick);
  restart::Phase expected_phase() const;
  std::optional<Instant> expected_wake() const;

  // Effects, carried out on the fakes.
  void apply(const restart::Answer& effect);
  void apply(const restart::Refuse&) {}
  void apply(const restart::Fence& effect);
  void apply(const restart::StartSuccessor&);
  void apply(const restart::DropSuccessor&);
  void apply(const restart::HandOver& effect);
  void apply(const restart::Finished& effect);
  void apply(const restart::PhaseChanged& effect);

  bool expect(bool holds, const char* rule) { return record_.expect(holds, rule, now_); }

  Dice dice_;
  Record record_;
  restart::Limits limits_;
  restart::Machine machine_;

  Instant now_{Millis{1'000}};
  std::multimap<Instant, Item> agenda_;
  std::optional<Instant> timer_;
  bool is_over_ = false;
  bool is_stopping_ = false;

  // Work.
  int ends_percent_ = 100;  // Of the work; the rest runs for ever.
  int waiting_work_ = 0;
  bool has_cut_ = false;  // In the step under way; the machine is told at its end.
  std::set<int> running_work_;
  int work_count_ = 0;
  bool is_fenced_ = false;

  // The keeper.
  Successor successor_ = Successor::None;
  int successor_count_ = 0;
  std::optional<Instant> last_start_;

  // The restart under way and those that are over.
  std::optional<Slot> slot_;
  restart::Phase told_phase_ = restart::Phase::Idle;
  int request_count_ = 0;
  restart::Answer expected_answer_;
  std::set<std::string> begun_, finished_;
};

}  // namespace gw::sim
