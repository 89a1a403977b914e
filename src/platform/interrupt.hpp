#pragma once

#include <memory>

#include "base/result.hpp"
#include "base/time.hpp"

namespace gw::platform {

/// Ctrl-C as something to wait for instead of the end of the process. It ends the process as usual again once
/// this is destroyed.
class Interrupt {
 public:
  virtual ~Interrupt() = default;
  /// Waits for at most `limit`; true once Ctrl-C was pressed, from then on at once.
  virtual bool wait(Millis limit) = 0;
};

/// Make this before any thread. Fails with `Code::Unavailable`.
Result<std::unique_ptr<Interrupt>> catch_interrupt();

}  // namespace gw::platform
