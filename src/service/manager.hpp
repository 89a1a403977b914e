#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/definition.hpp"
#include "service/drift.hpp"

namespace gw::service {

/// Why a service manager did not do what was asked.
struct Problem {
  enum class Kind {
    NoManager,     ///< Its program is not there, or the system was not started with it.
    NoUserBus,     ///< No session of this user that it could be reached through.
    NoPermission,  ///< Not as this user.
    NotInstalled,
    NotOurs,  ///< The definition belongs to somebody else.
    Failed,   ///< It tried; `text` holds its own words.
  };
  Kind kind = Kind::Failed;
  std::string text;
  std::string next_step{};  ///< What to do about it, where it depends on more than the kind.
};

template <typename T>
using Outcome = std::expected<T, Problem>;

/// What the manager knows of the service. Numbers that it does not know are absent.
struct State {
  bool is_installed = false;
  bool is_enabled = false;   ///< Starts by itself: enabled, loaded or registered, as the manager says it.
  std::string active_state;  ///< `active`, `activating`, `failed`, …
  std::string sub_state;
  std::optional<int> pid;
  std::optional<int> last_exit_status;
  std::optional<int> last_exit_reason;  ///< CLD_EXITED (1), CLD_KILLED (2), …
  std::string result;
  std::string kill_mode;
  std::string status_text;
  std::optional<std::int64_t> restarts;
  std::optional<std::int64_t> start_limit_burst;
  std::optional<std::int64_t> tasks;
  std::optional<std::int64_t> memory_bytes;
  std::string last_run_time;    ///< Task Scheduler: as Windows words it.
  std::string last_run_result;  ///< Task Scheduler: its number.
  bool needs_reload = false;
  std::optional<DriftIssue>
      fault;                   ///< Why a definition that is there cannot be used; it is not installed then.
  std::filesystem::path file;  ///< Of the definition; empty: none.
  std::vector<std::filesystem::path> drop_ins;
  std::optional<Definition> definition;  ///< As the files say.

  bool is_running() const { return active_state == "active" || active_state == "reloading"; }
  /// Neither a process nor one to come: a service that waits for its next start after a failure is not
  /// stopped.
  bool is_stopped() const { return !pid && !is_running() && active_state != "activating"; }
};

/// One service of one manager. Every call blocks until the manager has answered, or a limit has passed.
class Manager {
 public:
  virtual ~Manager() = default;

  virtual platform::ServiceSystem system() const = 0;
  virtual std::string label() const = 0;  ///< `systemd user`.
  virtual std::string unit() const = 0;   ///< `openclaw-gateway.service`, `ai.openclaw.gateway`.
  virtual Scope scope() const = 0;

  virtual Outcome<State> state() = 0;
  /// How the installed definition differs from that; its fault alone when it has one.
  virtual std::vector<DriftIssue> drift_from(const State& state, const Definition& wanted) = 0;
  /// Writes the definition, enables it, and starts it, or restarts it when it runs.
  virtual Outcome<void> install(const Definition& definition) = 0;
  virtual Outcome<void> uninstall() = 0;
  virtual Outcome<void> start() = 0;
  virtual Outcome<void> stop() = 0;
  /// Whether it starts by itself from now on; neither starts nor stops it.
  virtual Outcome<void> set_enabled(bool is_enabled) = 0;
  /// False when the service ends with the last session of its user; nothing when that is not known, or when
  /// the manager has no other kind.
  virtual std::optional<bool> outlives_sessions() = 0;
  /// Makes it outlive them, where that is a thing of its own.
  virtual Outcome<void> outlive_sessions() {
    return std::unexpected(Problem{Problem::Kind::Failed, "this service manager has no such thing"});
  }
};

}  // namespace gw::service
