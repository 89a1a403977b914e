// run::Machine with a fake model, fake tools, an impatient person and a bad clock.

#include <algorithm>
#include <map>
#include <string>
#include <variant>

#include "core/run/machine.hpp"
#include "sim/world.hpp"

namespace gw::sim {
namespace {

class RunWorld {
 public:
  RunWorld(std::uint64_t seed, std::ostream* trace)
      : dice_(seed), record_(trace), limits_(draw_limits(dice_)), machine_(limits_) {
    ends_percent_ = dice_.chance(80) ? 100 : dice_.below(100);
    retry_percent_ = dice_.below(101);
    tools_percent_ = dice_.below(101);
    fail_percent_ = dice_.below(90);
  }

  std::optional<std::string> play() {
    if (dice_.chance(30)) later(dice_.millis(0, 400), {Kind::Abort});
    for (int i = dice_.below(6); i > 0; --i) later(dice_.millis(0, 500), {Kind::Tick});
    for (int i = dice_.below(4); i > 0; --i) later(dice_.millis(0, 500), {Kind::Stray});
    if (dice_.chance(20)) later(dice_.millis(0, 300), {Kind::ClockJump});
    step(run::Begin{});
    int steps = 0;
    while (!agenda_.empty() && !record_.broken()) {
      const auto next = agenda_.begin();
      const Item item = next->second;
      now_ = std::max(now_, next->first);
      agenda_.erase(next);
      happen(item);
      if (!expect(++steps < 1'000, "play always ends")) break;
    }
    const bool hangs_for_ever = limits_.timeout == Millis{0} && (has_call_ || has_tools_) && has_hung_;
    expect(ending_.has_value() || hangs_for_ever, "a run ends unless it has no limit and the model hangs");
    return record_.broken();
  }

 private:
  enum class Kind { Answer, ToolsEnd, Abort, Tick, Stray, ClockJump };
  struct Item {
    Kind kind;
    int number = 0;  // Of the model call or the round of tools.
  };

  static run::Limits draw_limits(Dice& dice) {
    return {.retry = {.first = dice.millis(1, 20),
                      .longest = dice.millis(1, 60),
                      .attempts_max = 1 + dice.below(5),
                      .spread = dice.chance(50) ? 0.0 : 0.3},
            .tool_rounds_max = 1 + dice.below(5),
            .timeout = dice.chance(30) ? Millis{0} : dice.millis(1, 400)};
  }

  bool expect(bool holds, const char* rule) { return record_.expect(holds, rule, now_); }
  void later(Millis wait, Item item) { agenda_.emplace(now_ + wait, item); }

  void happen(const Item& item) {
    switch (item.kind) {
      case Kind::Answer:
        if (has_call_ && item.number == work_) answer();
        return;
      case Kind::ToolsEnd:
        if (!has_tools_ || item.number != work_) return;
        has_tools_ = false;
        return step(run::ToolsDone{});
      case Kind::Abort:
        return step(run::AbortAsked{});
      case Kind::Tick:
        step(run::Tick{});
        if (dice_.chance(20)) step(run::Tick{});
        return;
      case Kind::Stray:
        return stray();
      case Kind::ClockJump:
        now_ += dice_.millis(1, 2'000);
        return;
    }
  }

  void answer() {
    has_call_ = false;
    if (dice_.chance(fail_percent_)) {
      run::CallFailed failed{.is_retryable = dice_.chance(retry_percent_), .dice = dice_.share()};
      if (dice_.chance(20)) failed.retry_after = dice_.chance(10) ? Millis{200'000} : dice_.millis(0, 80);
      waiting_after_ = failed;
      failed_at_ = now_;
      return step(failed);
    }
    step(run::Answered{dice_.chance(tools_percent_)});
  }

  /// News of something that is not under way. It must not matter.
  void stray() {
    const auto ignored = [&](const run::Event& event) {
      expect(machine_.step(event, now_).empty(), "news of what is not under way is ignored");
    };
    ignored(run::Begin{});
    if (!has_tools_) ignored(run::ToolsDone{});
    if (has_call_) return;
    ignored(run::Answered{.has_tool_calls = dice_.chance(50)});
    ignored(run::CallFailed{.is_retryable = dice_.chance(50)});
  }

  void step(const run::Event& event) {
    if (record_.broken()) return;
    constexpr const char* kNames[] = {"begin", "answered", "call failed", "tools done", "abort", "tick"};
    if (record_.is_traced()) record_.trace(now_, kNames[event.index()]);
    if (std::holds_alternative<run::Begin>(event) && calls_ == 0 && limits_.timeout > Millis{0}) {
      deadline_ = now_ + limits_.timeout;
    }
    const bool was_over = ending_.has_value();
    const bool was_busy = has_call_ || has_tools_;
    const run::Effects effects = machine_.step(event, now_);
    expect(!was_over || effects.empty(), "nothing happens after the end");
    for (const run::Effect& effect : effects) {
      std::visit([&](const auto& e) { apply(e, event); }, effect);
    }
    if (std::holds_alternative<run::Tick>(event)) check_tick(was_over, was_busy);
    if (std::holds_alternative<run::AbortAsked>(event)) expect(ending_.has_value(), "an abort ends the run");
    check_state();
    const auto wake = machine_.wake_at();
    if (wake && wake != timer_) {
      agenda_.emplace(std::max(*wake, now_) + (dice_.chance(70) ? Millis{0} : dice_.millis(1, 30)),
                      Item{Kind::Tick});
    }
    timer_ = wake;
  }

  void check_tick(bool was_over, bool was_busy) {
    if (was_over) return;
    if (deadline_ && now_ >= *deadline_) {
      expect(ending_ == run::Ending::TimedOut, "a run does not go on after its limit");
    } else {
      expect(!ending_, "a tick ends a run only at its limit");
      const bool is_waiting = !was_busy && waiting_after_.has_value();
      if (is_waiting && retry_at() && now_ >= *retry_at())
        expect(has_call_, "a wait that is over ends in a call");
    }
  }

  void check_state() {
    expect(machine_.is_over() == ending_.has_value(), "a run is over when it has ended");
    const auto wake = machine_.wake_at();
    expect(!ending_ || !wake, "a run that is over wants no tick");
    if (ending_) return;
    expect(has_call_ || has_tools_ || wake, "a run that goes on has something to wait for");
    expect(!deadline_ || (wake && *wake <= *deadline_), "a tick is wanted no later than the limit");
    const bool waits = !has_call_ && !has_tools_;
    expect(!waits || !retry_at() || *wake <= *retry_at(), "a tick is wanted no later than the next attempt");
  }

  std::optional<Instant> retry_at() const {
    const auto wait =
        retry::wait_after(attempt_, limits_.retry, waiting_after_->dice, waiting_after_->retry_after);
    return wait ? std::optional(failed_at_ + *wait) : std::nullopt;
  }

  void apply(const run::CallModel& effect, const run::Event& event) {
    record_.trace(now_, effect.is_retry ? "  call the model again" : "  call the model");
    expect(!has_call_ && !has_tools_, "a run does one thing at a time");
    if (effect.is_retry) {
      if (!expect(waiting_after_.has_value(), "a retry follows a failure")) return;
      expect(waiting_after_->is_retryable, "only a failure that may get better is tried again");
      const auto earliest = retry_at();
      expect(earliest && now_ >= *earliest, "an attempt is made after its wait, not earlier");
      ++attempt_;
    } else {
      expect(!std::holds_alternative<run::Tick>(event), "only a retry is begun by the clock");
      attempt_ = 1;
      ++calls_;
    }
    expect(attempt_ <= limits_.retry.attempts_max, "a call has no more attempts than allowed");
    expect(calls_ <= limits_.tool_rounds_max, "a run has no more model calls than allowed");
    waiting_after_.reset();
    has_call_ = true;
    begin({Kind::Answer});
  }

  void apply(const run::RunTools&, const run::Event& event) {
    record_.trace(now_, "  run tools");
    const auto* answered = std::get_if<run::Answered>(&event);
    expect(answered && answered->has_tool_calls, "tools run because the model asked for them");
    expect(!has_call_ && !has_tools_, "a run does one thing at a time");
    has_tools_ = true;
    begin({Kind::ToolsEnd});
  }

  void apply(const run::DropCall&, const run::Event&) {
    record_.trace(now_, "  drop the call");
    expect(has_call_, "only a call under way is dropped");
    has_call_ = false;
  }

  void apply(const run::End& effect, const run::Event& event) {
    record_.trace(now_, "  end " + std::to_string(static_cast<int>(effect.ending)));
    expect(!ending_, "a run ends once");
    expect(!has_call_, "no call outlives its run");
    ending_ = effect.ending;
    const auto* answered = std::get_if<run::Answered>(&event);
    switch (effect.ending) {
      case run::Ending::Answered:
        expect(answered && !answered->has_tool_calls, "a run is answered by an answer without tool calls");
        break;
      case run::Ending::Failed:
        expect(waiting_after_ && (!waiting_after_->is_retryable || !retry_at()),
               "a run fails when nothing is left to try");
        break;
      case run::Ending::Aborted:
        expect(std::holds_alternative<run::AbortAsked>(event), "a run is aborted on request only");
        break;
      case run::Ending::TimedOut:
        expect(deadline_ && now_ >= *deadline_, "a run has all of its time");
        break;
      case run::Ending::TooManyToolRounds:
        expect(answered && answered->has_tool_calls && calls_ == limits_.tool_rounds_max,
               "tool calls end a run only when all its model calls are used");
        break;
    }
    has_tools_ = false;
  }

  /// Whatever was just begun answers after a while, or never.
  void begin(Item item) {
    item.number = ++work_;
    has_hung_ = !dice_.chance(ends_percent_);
    if (!has_hung_) later(dice_.millis(0, 60), item);
  }

  Dice dice_;
  Record record_;
  run::Limits limits_;
  run::Machine machine_;
  Instant now_{Millis{1'000}};
  std::multimap<Instant, Item> agenda_;
  std::optional<Instant> timer_;
  int ends_percent_ = 100;
  int retry_percent_ = 0;
  int tools_percent_ = 0;
  int fail_percent_ = 0;

  int work_ = 0;  // Model calls and rounds of tools begun.
  bool has_call_ = false;
  bool has_tools_ = false;
  bool has_hung_ = false;
  int calls_ = 0;    // Without retries.
  int attempt_ = 0;  // Of the last call.
  Instant failed_at_{};
  std::optional<run::CallFailed> waiting_after_;
  std::optional<Instant> deadline_;
  std::optional<run::Ending> ending_;
};

TEST(RunSim, EveryRunKeepsItsLimitsAndEnds) {
  play(20'000, [](std::uint64_t seed, std::ostream* trace) { return RunWorld(seed, trace).play(); });
}

}  // namespace
}  // namespace gw::sim
