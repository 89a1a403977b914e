#pragma once

#include <optional>
#include <vector>

#include "base/time.hpp"

namespace gw::restart {

/// When a gateway that keeps crashing holds interrupted work back. The values are OpenClaw's.
struct CrashLoopLimits {
  int starts = 3;  ///< So many starts that did not end well; 0: never.
  Millis window{300'000};
};

/// How long interrupted work is held back by a generation that starts at `now`; nothing: not at all.
/// `unclean`: when the starts before it were made that did not end well, in any order. A clock that was set
/// back shortens the memory, it never lengthens the hold beyond the window.
std::optional<Millis> crash_loop_hold(std::vector<UnixMillis> unclean, UnixMillis now,
                                      const CrashLoopLimits& limits = {});

}  // namespace gw::restart
