#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "core/restart/crash_loop.hpp"
#include "engine/work_engine.hpp"
#include "ports/boot_store.hpp"
#include "ports/loop.hpp"

namespace gw::engine {

/// Keeps the record of starts, and holds interrupted runs back in a gateway that keeps crashing: whatever
/// crashes it must not keep operators out. New work runs. Lives on the control thread.
class CrashGuard {
 public:
  CrashGuard(Loop& loop, Log& log, WorkEngine& engine, BootStore& store, restart::CrashLoopLimits limits)
      : loop_(loop), log_(log), engine_(engine), store_(store), limits_(limits) {}

  /// For the next start that is recorded.
  void reconfigure(restart::CrashLoopLimits limits) { limits_ = limits; }

  /// Before the engine starts. A database that refuses is logged, and nothing is held back.
  void begin(Boot boot);
  /// The generation ends well: `stopped` or `handed-over`.
  void end(const std::string& outcome);

  struct Held {
    std::size_t unclean_starts = 0;
    Millis time_left{0};
  };
  /// Nothing: nothing is held back.
  std::optional<Held> held() const;

 private:
  void hold(std::size_t unclean_starts, Millis time);
  void release();

  Loop& loop_;
  Log& log_;
  WorkEngine& engine_;
  BootStore& store_;
  restart::CrashLoopLimits limits_;
  std::string boot_id_;
  std::size_t unclean_starts_ = 0;
  Instant until_{};
  std::unique_ptr<Timer> timer_;  // Set while held.
};

}  // namespace gw::engine
