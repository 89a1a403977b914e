#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "core/run/machine.hpp"
#include "engine/run_observer.hpp"
#include "engine/run_result.hpp"
#include "ports/loop.hpp"
#include "ports/model_client.hpp"
#include "ports/work_store.hpp"

namespace gw::engine {

/// What every run works with. All of it outlives the runs.
struct RunContext {
  Loop& loop;
  Log& log;
  WorkStore& store;
  ModelClient& models;
  RunObserver& observer;
  std::function<double()> dice;  ///< From [0, 1).
  std::string owner;             ///< The generation, as the store knows it.
};

/// How long an operation that the database refused waits before it is tried again.
inline constexpr Millis kStoreRetryWait{1'000};

/// Carries out what run::Machine decides for one job: records each step before it is taken, calls the model,
/// and commits the outcome. Destroying it ends the model call and leaves the job running in the store.
/// Lives on the control thread.
class RunDriver final : public ModelSink {
 public:
  /// Called once: with the outcome when it is committed and the observer was told, with nullptr when the job
  /// turned out to belong to another generation. The driver may be destroyed from inside it.
  using OnOver = Callback<const RunEnd*>;

  /// `models` is for all calls of this run, whatever is configured meanwhile.
  RunDriver(RunContext& context, std::shared_ptr<ModelClient> models, Begun begun, Step first_step,
            run::Limits limits, OnOver on_over);
  ~RunDriver() override;

  void begin();
  /// Ends the run with what it has; `reason` becomes the stop reason (`rpc`).
  void abort(std::string reason);
  const RunInfo& info() const { return info_; }

 private:
  void on_text(std::string_view delta) override;
  void on_thinking(std::string_view delta) override;
  void on_answer(ModelAnswer answer) override;
  void on_failure(ModelFailure failure) override;

  void step(const run::Event& event);
  void apply(const run::CallModel& effect);
  void apply(const run::RunTools&);
  void apply(const run::DropCall&);
  void apply(const run::End& effect);
  void arm_timer();
  void start_call();
  void record_next_step(std::string outcome, std::vector<Message> rows, Callback<> then);
  void commit(Outcome outcome, RunEnd end);
  template <typename Work>
  auto guarded(Work work);

  RunContext& context_;
  const std::shared_ptr<ModelClient> models_;
  RunInfo info_;
  run::Machine machine_;
  Step step_;
  std::vector<ModelMessage> prompt_;
  RunContent content_;               // Of the model call under way.
  std::int64_t calls_answered_ = 0;  // Of this attempt,
  ModelUsage used_;                  // and what they used.
  std::unique_ptr<ModelCall> call_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Timer> store_retry_;
  OnOver on_over_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);  // For completions that arrive late.
};

}  // namespace gw::engine
