#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/time.hpp"

namespace gw::restart {

/// How long running work will still take, as far as earlier work can tell.
struct Estimate {
  std::optional<Millis> remaining;  ///< Nothing: unknown, too few earlier runs took as long as one does now.
  std::size_t samples = 0;          ///< Behind the run that has the fewest; all of them when nothing runs.
  auto operator<=>(const Estimate&) const = default;
};

/// A run of age `a` is expected to end as the median did of those in `durations` that took longer than `a`.
/// All of them have ended when the last has. `ages`: of the running work; `durations`: of runs that are over,
/// in any order.
Estimate estimate(std::span<const Millis> ages, std::span<const Millis> durations);

}  // namespace gw::restart
