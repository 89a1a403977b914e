#pragma once

#include <optional>

#include "base/time.hpp"

namespace gw::retry {

/// How long a failed attempt waits before the next: `first` after the first failure, then twice as long each
/// time, never more than `longest`. Defaults: OpenClaw's waits of 2, 4 and 8 s between four model calls.
struct Policy {
  Millis first{2'000};
  Millis longest{30'000};
  int attempts_max = 4;
  double spread = 0.1;  ///< Moves a wait by up to this share either way.
};

/// The wait after failed attempt `attempt` (counted from 1); nothing when it was the last one. `at_least` is
/// what the other side asked for (`Retry-After`); it is kept even where it is longer than `longest`, up to
/// `kRetryAfterMax`. The caller draws `dice` from [0, 1), so a test can choose it.
std::optional<Millis> wait_after(int attempt, const Policy& policy, double dice,
                                 std::optional<Millis> at_least = {});

/// A server that asks for more than this is treated as one that will not answer.
inline constexpr Millis kRetryAfterMax{120'000};

}  // namespace gw::retry
