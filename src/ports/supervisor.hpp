#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace gw {

/// The keeper as a serving generation sees it. Its answers arrive as calls of SupervisorEvents.
/// All on the control thread; calls never block and never fail: a lost keeper ends the generation.
class Supervisor {
 public:
  virtual ~Supervisor() = default;
  /// False for a bare process without a keeper: it cannot be replaced.
  virtual bool can_restart() const = 0;
  /// Process id of the keeper: the stable one that operators and clients know.
  virtual int pid() const = 0;
  /// Asks for a successor. Answered by `on_successor_ready` or `on_successor_failed` with the same `attempt`.
  virtual void start_successor(std::int64_t attempt) = 0;
  /// Ends a successor that was asked for and is not wanted any more.
  virtual void drop_successor() = 0;
  /// This generation has stopped accepting and has closed its writer. Answered by `on_retire` or `on_resume`.
  virtual void released() = 0;
  /// One line for the service manager's status display.
  virtual void report_status(const std::string& line) = 0;
};

class SupervisorEvents {
 public:
  virtual ~SupervisorEvents() = default;
  virtual void on_successor_ready(const std::string& version, std::int64_t attempt) = 0;
  /// It could not start, hung or died; `reason` is for people.
  virtual void on_successor_failed(const std::string& reason, std::int64_t attempt) = 0;
  /// The successor died after `released`: serve again.
  virtual void on_resume(const std::string& reason) = 0;
  /// The successor serves: end.
  virtual void on_retire() = 0;
  /// Stop for good.
  virtual void on_stop() = 0;
  /// A restart signal (`SIGUSR1` or `SIGUSR2`) reached the keeper.
  virtual void on_restart_signal(const std::string& signal) = 0;
};

}  // namespace gw
