#include "core/restart/crash_loop.hpp"

#include <algorithm>

namespace gw::restart {

std::optional<Millis> crash_loop_hold(std::vector<UnixMillis> unclean, UnixMillis now,
                                      const CrashLoopLimits& limits) {
  const std::int64_t oldest = now.value - limits.window.count();
  std::erase_if(unclean, [&](UnixMillis at) { return at.value <= oldest || at.value > now.value; });
  const auto wanted = static_cast<std::size_t>(limits.starts);
  if (wanted == 0 || unclean.size() < wanted) return std::nullopt;
  // Over when too few are left in the window: the newest `starts` count, and the first of them leaves first.
  std::ranges::sort(unclean, {}, &UnixMillis::value);
  return Millis{unclean[unclean.size() - wanted].value - oldest};
}

}  // namespace gw::restart
