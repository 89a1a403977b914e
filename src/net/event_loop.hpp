#pragma once

#include <functional>
#include <memory>

#include "ports/loop.hpp"

namespace gw {

/// Readiness of one descriptor, told on the control thread until this object is destroyed. It never closes
/// the descriptor and must be destroyed before the descriptor is closed. Destroying it inside its own calls
/// is allowed.
class Watch {
 public:
  virtual ~Watch() = default;
  /// Calls `ready` once, later, as soon as the descriptor can be written. One call may be pending at a time.
  virtual void when_writable(std::function<void()> ready) = 0;
  /// No further calls for readability.
  virtual void stop_reading() = 0;
};

/// The control thread. Everything made with it (timers, watches, listeners) must be destroyed before it.
class EventLoop final : public Loop {
 public:
  EventLoop();
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Serves on the calling thread, which is the control thread meanwhile, until `stop`. May be called again.
  void run();
  /// Ends `run` after the callback in progress, or the next `run` at once. May be called on any thread.
  void stop();

  Instant now() const override;
  UnixMillis wall_now() const override;
  void post(Callback<> work) override;
  [[nodiscard]] std::unique_ptr<Timer> after(Millis delay, Callback<> work) override;

  /// Calls `readable` each time `fd` has something to read, an end or an error, again and again while it is
  /// left there. A descriptor may have one watch only. Null when the system cannot watch it. Call on the
  /// control thread, or before `run`.
  [[nodiscard]] std::unique_ptr<Watch> watch_readable(int fd, std::function<void()> readable);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gw
