#include "core/retry/policy.hpp"

#include <algorithm>
#include <cmath>

namespace gw::retry {

std::optional<Millis> wait_after(int attempt, const Policy& policy, double dice,
                                 std::optional<Millis> at_least) {
  if (attempt >= policy.attempts_max) return std::nullopt;
  if (at_least && *at_least > kRetryAfterMax) return std::nullopt;

  Millis wait = policy.first;
  for (int i = 1; i < attempt && wait < policy.longest; ++i) wait *= 2;
  wait = std::min(wait, policy.longest);
  const double factor = 1.0 + policy.spread * (2.0 * dice - 1.0);
  wait = Millis{std::llround(static_cast<double>(wait.count()) * factor)};
  return at_least ? std::max(wait, *at_least) : wait;
}

}  // namespace gw::retry
