#pragma once

#include <memory>

#include "base/callback.hpp"
#include "base/time.hpp"

namespace gw {

/// A pending wake-up. Destroying it cancels the call; on the control thread that is certain.
class Timer {
 public:
  virtual ~Timer() = default;
};

/// The control thread as everything above the sockets sees it: one thread, a queue of work and a clock.
class Loop {
 public:
  virtual ~Loop() = default;

  virtual Instant now() const = 0;
  virtual UnixMillis wall_now() const = 0;

  /// Runs `work` on the control thread, later, in the order of the calls. May be called on any thread.
  virtual void post(Callback<> work) = 0;

  /// Runs `work` on the control thread once `delay` has passed, unless the timer is destroyed before.
  /// Call on the control thread.
  [[nodiscard]] virtual std::unique_ptr<Timer> after(Millis delay, Callback<> work) = 0;
};

}  // namespace gw
