#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "core/queue/lanes.hpp"
#include "core/run/machine.hpp"
#include "sim/system_process.hpp"

namespace gw::sim {

/// What a run works with; all of it outlives the runs.
struct WorkContext {
  Stage& stage;
  Store& store;
  Outside& outside;
  Process& process;
};

/// run::Machine, driven as engine::RunDriver does: a step is recorded, then taken; a run that was cut goes on
/// after the last step with a recorded outcome.
class Run {
 public:
  /// `item`: as it was begun. `over` is called once, unless the run is destroyed first.
  Run(WorkContext context, Item item, run::Limits limits, std::function<void()> over);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void begin() { step(run::Begin{}); }
  void abort() { step(run::AbortAsked{}); }

 private:
  void step(const run::Event& event);
  void apply(const run::CallModel& effect);
  void apply(const run::RunTools&);
  void apply(const run::DropCall&) { stop_taking(); }
  void apply(const run::End& effect);
  void arm_timer();
  void take_step();
  void step_taken();
  void stop_taking();
  void record(bool is_done, std::function<void()> then);
  void commit(ItemState state);
  std::function<void()> guarded(std::function<void()> act);

  WorkContext context_;
  Item item_;
  run::Machine machine_;
  std::function<void()> over_;
  int position_ = 0;  // The step under way.
  int takings_ = 0;   // Tells an answer that is no longer wanted.
  bool is_taking_ = false;
  std::optional<Instant> timer_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

/// queue::Lanes and the runs of one generation, driven as engine::WorkEngine does.
class Work {
 public:
  struct Hooks {
    std::function<void()> changed;    // The number of running items changed.
    std::function<bool()> may_begin;  // What the restart under way allows; asked to check the fence.
  };
  Work(WorkContext context, int concurrent_max, run::Limits limits, Hooks hooks);

  /// `done(false)`: the queue could not be taken over.
  void start(std::function<void(bool)> done);
  /// `done(false)`: not accepted.
  void submit(int key, int session, int rounds, std::function<void(bool)> done);
  void abort(int session);
  void fence(bool on);
  void cut();
  std::size_t running() const { return lanes_.running(); }

 private:
  struct Entry {
    int session = 0;
    bool is_abort_wanted = false;  // While it is being begun.
    std::unique_ptr<Run> run;
  };

  void enqueue(int item);
  void pump_later();
  void pump();
  void begin(int item);
  void on_begun(int item, Verdict verdict, const Item& begun);
  void over(int item);
  void report_change();

  WorkContext context_;
  int concurrent_max_;
  run::Limits limits_;
  Hooks hooks_;
  queue::Lanes lanes_;
  std::map<int, Entry> entries_;
  int owner_ = 0;
  int times_served_ = 0;
  bool is_started_ = false;
  bool is_cut_ = false;
};

}  // namespace gw::sim
