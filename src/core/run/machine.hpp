#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.hpp"
#include "base/time.hpp"
#include "core/retry/policy.hpp"

/// One agent run: model calls, their retries, rounds of tool calls, abort and time limit. Decides; carries
/// out nothing.
namespace gw::run {

struct Limits {
  retry::Policy retry;
  int tool_rounds_max = limits::kToolRoundsMax;
  Millis timeout = limits::kRunTimeout;  ///< Of the whole run; 0: none.
};

// Events.
struct Begin {};
struct Answered {
  bool has_tool_calls = false;
};
struct CallFailed {
  bool is_retryable = false;
  std::optional<Millis> retry_after;
  double dice = 0.5;  ///< From [0, 1).
};
struct ToolsDone {};
struct AbortAsked {};
struct Tick {};
using Event = std::variant<Begin, Answered, CallFailed, ToolsDone, AbortAsked, Tick>;

enum class Ending { Answered, Failed, Aborted, TimedOut, TooManyToolRounds };

// Effects, to be carried out in order.
struct CallModel {
  bool is_retry = false;
};
struct RunTools {};
struct DropCall {};  ///< Ends the model call under way.
struct End {
  Ending ending;
};  ///< The last effect of a run.
using Effect = std::variant<CallModel, RunTools, DropCall, End>;
using Effects = std::vector<Effect>;

class Machine {
 public:
  explicit Machine(Limits limits) : limits_(limits) {}

  Effects step(const Event& event, Instant now);
  bool is_over() const { return phase_ == Phase::Over; }
  /// When the next Tick is wanted; earlier, later and repeated ones do no harm.
  std::optional<Instant> wake_at() const;

 private:
  enum class Phase { New, Calling, Waiting, Tools, Over };

  Effects on(const Begin&, Instant now);
  Effects on(const Answered& event, Instant now);
  Effects on(const CallFailed& event, Instant now);
  Effects on(const ToolsDone&, Instant now);
  Effects on(const AbortAsked&, Instant now);
  Effects on(const Tick&, Instant now);
  Effects end(Ending ending);

  Limits limits_;
  Phase phase_ = Phase::New;
  int attempt_ = 0;  // Of the current model call, from 1.
  int tool_rounds_ = 0;
  Instant retry_at_{};
  std::optional<Instant> deadline_;
};

}  // namespace gw::run
