#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/limits.hpp"
#include "base/time.hpp"

/// The restart coordinator: decides when a generation hands over to its successor. docs/restart.md has the
/// picture.
///
/// There is one slot. A request while it is taken joins the restart under way and can only make it sooner.
/// Time is the monotonic clock alone. Every deadline is computed once, at the request that sets it.
namespace gw::restart {

struct Limits {
  Millis open_phase = limits::kOpenPhase;      ///< New work still begins for so long; 0: fenced at once.
  Millis deferral = limits::kDeferralLimit;    ///< The longest wait for running work; 0: no limit.
  Millis cooldown = limits::kRestartCooldown;  ///< Between two attempts of this generation.
  Millis successor_start = limits::kSuccessorStartLimit;
};

enum class Mode {
  Safe,   ///< Waits for the first idle instant, then fences, then cuts at the limit.
  Plain,  ///< Fences at once; cuts at the limit.
  Wait,   ///< As Plain with a limit of the caller's own; 0: none.
  Force,  ///< Cuts now.
};

enum class Phase {
  Idle,
  Scheduled,    ///< Waits for its delay or the cooldown.
  Open,         ///< Waits for running work; new work begins as usual.
  Fenced,       ///< Waits for running work; new work is accepted and left for the successor.
  Starting,     ///< The successor starts; fenced.
  HandingOver,  ///< This generation accepts no more.
  Stopping,     ///< A stop came; it wins over everything. Fenced for good.
};

std::string_view name_of(Mode mode);
std::string_view name_of(Phase phase);

// Events.
struct Requested {
  std::string id;  ///< Of this request, should it become the restart.
  Mode mode = Mode::Safe;
  Millis delay{0};
  Millis wait{0};              ///< Mode::Wait only.
  bool skip_deferral = false;  ///< Cuts as Force does, but keeps the cooldown.
};
struct WorkChanged {
  std::size_t running = 0;
};  ///< Work that has begun and is not over.
/// `attempt` is that of the StartSuccessor which it answers: what comes late about one that was dropped is
/// for nobody. 0: the keeper does not say (it is of an older release).
struct SuccessorReady {
  std::int64_t attempt = 0;
};
struct SuccessorFailed {
  std::string reason;
  std::int64_t attempt = 0;
};
struct Resumed {
  std::string reason;
};  ///< The successor died after the hand-over.
struct Cancelled {};
struct StopAsked {};
struct Tick {};
using Event = std::variant<Requested, WorkChanged, SuccessorReady, SuccessorFailed, Resumed, Cancelled,
                           StopAsked, Tick>;

enum class Outcome { Failed, Cancelled };  // A restart that succeeds is told by the successor.

// Effects, to be carried out in order.
struct Answer {    ///< To the request just made.
  std::string id;  ///< Of the restart that it became or joined.
  bool is_coalesced = false;
  Millis delay{0};
  Millis cooldown_applied{0};
};
struct Refuse {};  ///< To the request just made: the gateway is stopping.
struct Fence {
  bool on = true;
};  ///< Whether accepted work may begin.
struct StartSuccessor {
  std::int64_t attempt = 0;  ///< Counted from 1.
};
struct DropSuccessor {};
struct HandOver {
  bool cuts = false;
};  ///< Stop accepting, close the writer, release. `cuts`: work was still running.
struct Finished {
  std::string id;
  Outcome outcome = Outcome::Failed;
  std::string reason;
};
struct PhaseChanged {
  Phase phase = Phase::Idle;
};
using Effect =
    std::variant<Answer, Refuse, Fence, StartSuccessor, DropSuccessor, HandOver, Finished, PhaseChanged>;
using Effects = std::vector<Effect>;

class Machine {
 public:
  explicit Machine(Limits limits) : limits_(limits) {}

  /// For deadlines that are set from now on.
  void set_limits(const Limits& limits) { limits_ = limits; }

  Effects step(const Event& event, Instant now);

  /// When the next Tick is wanted; earlier, later and repeated ones do no harm.
  std::optional<Instant> wake_at() const;

  Phase phase() const { return phase_; }
  /// Of the restart under way; empty while idle.
  const std::string& id() const { return id_; }
  Mode mode() const { return mode_; }
  /// When a successor was last started.
  std::optional<Instant> last_attempt() const { return last_attempt_; }
  /// When running work will be cut; nothing: never, or no restart is under way.
  std::optional<Instant> cut_at() const { return cut_at_; }

 private:
  void on(const Requested& event, Instant now);
  void on(const WorkChanged& event, Instant now);
  void on(const SuccessorReady& event, Instant now);
  void on(const SuccessorFailed& event, Instant now);
  void on(const Resumed& event, Instant now);
  void on(const Cancelled&, Instant now);
  void on(const StopAsked&, Instant now);
  void on(const Tick&, Instant now);

  void open_slot(const Requested& event, Instant now);
  void join(const Requested& event, Instant now);
  void tighten(const Requested& event, Instant now);
  void begin_wait(Instant now);
  void advance(Instant now);
  bool is_for_nobody(std::int64_t attempt) const { return attempt != 0 && attempt != attempt_; }
  void start_successor(Instant now);
  void enter(Phase phase);
  void finish(Outcome outcome, std::string reason);
  void close_slot(Outcome outcome, std::string reason);

  Limits limits_;
  Phase phase_ = Phase::Idle;
  std::size_t running_ = 0;

  // The restart under way.
  std::string id_;
  Mode mode_ = Mode::Safe;
  Instant due_{};                    // End of Scheduled.
  std::optional<Instant> fence_at_;  // End of Open.
  std::optional<Instant> cut_at_;
  Instant ready_by_{};  // The successor's limit, in Starting.
  bool is_fenced_ = false;

  std::optional<Instant> last_attempt_;  // When a successor was last started.
  std::int64_t attempt_ = 0;             ///< Starts of a successor so far.
  Effects effects_;                      // Of the step under way.
};

}  // namespace gw::restart
