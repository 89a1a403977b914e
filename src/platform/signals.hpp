#pragma once

#include <memory>
#include <optional>

#include "base/result.hpp"

namespace gw::platform {

/// Signals as something to read.
class Signals {
 public:
  virtual ~Signals() = default;
  /// Becomes readable when a signal waits.
  virtual int fd() const = 0;
  /// The number of the next signal; nothing when none waits.
  virtual std::optional<int> next() = 0;
};

/// Those that a keeper acts on: TERM, INT, HUP, USR1, USR2. They are blocked for this process from now on, so
/// make this before any thread. PIPE is ignored.
Result<std::unique_ptr<Signals>> catch_signals();

}  // namespace gw::platform
