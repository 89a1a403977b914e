#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.hpp"
#include "base/time.hpp"

/// Which generation serves: the one decision of the keeper. docs/architecture.md draws the hand-over.
///
/// At most one generation holds the *floor*: it was told to serve and has neither said Released nor died.
/// A second one may stand by. After a hand-over the predecessor stays, released, until its successor has
/// served through its probation: should that one die, hang or give up, the predecessor serves again. Whoever
/// serves is asked after its health as long as it does; one that hangs is killed and replaced. All others are
/// on their way out.
namespace gw::generations {

struct Limits {
  Millis start = limits::kSuccessorStartLimit;  ///< From spawn to ready.
  Millis take{10'000};                          ///< From Take to serving.
  Millis retire{15'000};                        ///< From Retire to exit: answers still being written out.
  Millis probation =
      limits::kProbation;       ///< A successor that fails so soon gives the floor back to its predecessor.
  Millis probe{1'000};          ///< Between two questions after its health, during probation.
  Millis probe_answer{5'000};   ///< From a question to its answer.
  Millis watch{20'000};         ///< Between two questions after the probation.
  Millis watch_answer{30'000};  ///< From such a question to its answer: a slow disk is no hang.
  Millis stop{20'000};          ///< From Stop to exit; below the 30 s that service managers give.
  Millis exit{1'000};           ///< From its last word, or a lost channel, to exit.
  Millis kill{2'000};           ///< From SIGKILL to its end, while stopping.
  Millis backoff_first{50};     ///< Before the second spawn in a row after a crash; the first waits 0.
  Millis backoff_longest{5'000};
  Millis steady{60'000};  ///< Serving for so long forgets earlier crashes.
};

/// Generations are counted from 1 and never reuse a number.
struct Id {
  std::int64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

// Events. A message from a generation that has no say any more is harmless.
struct Begin {};  ///< Once, first.
struct SpawnFailed {
  Id id;
  std::string reason;
};
struct ReadySaid {
  Id id;
  std::string version;
};
struct FailedSaid {
  Id id;
  std::string reason;
  int exit_code = 1;
};
struct SuccessorWanted {
  Id id;
  std::int64_t attempt = 0;  ///< Said again with the answer.
};
struct SuccessorUnwanted {
  Id id;
};
struct ReleasedSaid {
  Id id;
};
struct ServingSaid {
  Id id;
};
struct HealthySaid {
  Id id;
};  ///< The answer to TellProbe.
struct StatusSaid {
  Id id;
  std::string text;
};
struct ChannelLost {
  Id id;
};  ///< It can no longer be spoken to; its exit usually follows.
struct Ended {
  Id id;
  std::string how;  ///< `exited with code 3`, `was killed by SIGSEGV`.
  int exit_code = 1;
};
struct StopSignal {};
struct RestartSignal {
  std::string name;
};
struct Tick {};
using Event =
    std::variant<Begin, SpawnFailed, ReadySaid, FailedSaid, SuccessorWanted, SuccessorUnwanted, ReleasedSaid,
                 ServingSaid, HealthySaid, StatusSaid, ChannelLost, Ended, StopSignal, RestartSignal, Tick>;

// Effects, to be carried out in order.
struct Spawn {
  Id id;
  bool is_standby = false;  ///< Another generation lives beside it.
};
struct TellTake {
  Id id;
  Instant released_at;  ///< When the predecessor stopped serving; the epoch when there was none.
};
struct TellSuccessorReady {
  Id id;
  std::string version;
  std::int64_t attempt = 0;
};
struct TellSuccessorFailed {
  Id id;
  std::string reason;
  std::int64_t attempt = 0;
};
struct TellResume {
  Id id;
  std::string reason;
};
struct TellRetire {
  Id id;
};
struct TellProbe {
  Id id;
};
struct TellStop {
  Id id;
};
struct TellRestartSignal {
  Id id;
  std::string name;
};
struct Kill {
  Id id;
};  ///< SIGKILL.
struct ReportServing {
  Id id;
  std::string version;
};  ///< The service is up.
struct ReportCrash {
  Id id;
  std::string how;
  Millis wait{0};  ///< Until the next spawn; 0 also when a successor stands by.
};
struct ReportStatus {
  std::string text;
};
struct Exit {
  int code = 0;
  std::string message;  ///< Why, unless it is a clean stop.
};
struct WakeAt {
  Instant when;
};  ///< Asks for a Tick; last of its step. A step without one cancels the one before.
using Effect =
    std::variant<Spawn, TellTake, TellSuccessorReady, TellSuccessorFailed, TellResume, TellRetire, TellProbe,
                 TellStop, TellRestartSignal, Kill, ReportServing, ReportCrash, ReportStatus, Exit, WakeAt>;
using Effects = std::vector<Effect>;

class Machine {
 public:
  explicit Machine(const Limits& limits = {}) : limits_(limits) {}

  Effects step(const Event& event, Instant now);

  /// From the next hand-over on.
  void set_probation(Millis probation) { limits_.probation = probation; }

  /// Who was told to serve and has neither released nor died; nothing in between.
  std::optional<Id> floor() const { return floor_; }

 private:
  enum class State {
    Starting,
    Ready,
    Taking,  ///< Told to take, not serving yet.
    Serving,
    Released,  ///< Waits for its successor to serve and to pass its probation.
    Leaving,   ///< Told to end, or failed.
  };
  struct Member {
    Id id;
    State state = State::Starting;
    std::optional<Instant> deadline;  ///< What then happens depends on the state.
    Instant serving_since{};
    std::string version;
    std::string failure;  ///< What it said, or what we found, before its end.
    int exit_code = 1;
    bool is_killed = false;
  };

  void on(const Begin&, Instant now);
  void on(const SpawnFailed& e, Instant now);
  void on(const ReadySaid& e, Instant now);
  void on(const FailedSaid& e, Instant now);
  void on(const SuccessorWanted& e, Instant now);
  void on(const SuccessorUnwanted& e, Instant now);
  void on(const ReleasedSaid& e, Instant now);
  void on(const ServingSaid& e, Instant now);
  void on(const HealthySaid& e, Instant now);
  void on(const StatusSaid& e, Instant now);
  void on(const ChannelLost& e, Instant now);
  void on(const Ended& e, Instant now);
  void on(const StopSignal&, Instant now);
  void on(const RestartSignal& e, Instant now);
  void on(const Tick&, Instant now);

  Member* find(std::optional<Id> id);
  bool has_floor(Id id) const { return floor_ == id; }
  void spawn(Instant now);
  void give_floor_to_candidate(Instant now);
  void end_candidate(const std::string& reason, Instant now);
  void begin_probation(Instant now);
  void end_probation(Instant now);
  void forget_probation();
  void watch_holder(Instant now);
  void probe_if_due(Instant now);
  void floor_died(const Member& dead, Instant now);
  void service_down(const Member& dead, Instant now);
  void forget_crashes_if_steady(const Member& member, Instant now);
  void leave(Member& member, Millis grace, Instant now);
  void kill(Member& member);
  void overdue(Member& member, Instant now);
  void exit(int code, std::string message);
  void ask_wake();

  Limits limits_;
  std::vector<Member> members_;
  std::optional<Id> floor_;
  std::optional<Id> candidate_;  ///< Starting or ready.
  std::optional<Id> released_;   ///< Gave the floor up and can take it back.
  Instant released_at_{};        ///< When the floor became free.
  std::optional<Instant> probation_end_;
  std::optional<Instant> probe_at_;         ///< The next question; nothing while one is open.
  std::optional<Instant> probe_answer_by_;  ///< Of the open question.
  std::optional<std::string> signal_;       ///< A restart signal that came while nobody served.
  std::optional<Instant> spawn_at_;
  std::int64_t next_id_ = 1;
  std::int64_t attempt_ = 0;  ///< That the candidate was wanted for.
  int crashes_ = 0;           ///< In a row.
  bool has_served_ = false;
  bool is_stopping_ = false;
  bool is_over_ = false;
  Effects effects_;
};

}  // namespace gw::generations
