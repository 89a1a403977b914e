#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace gw::config {

inline constexpr std::size_t kChangedPathsMax = 20;  ///< Named one by one; more are left out.

/// What a new configuration means for a generation that runs with another.
struct Changes {
  std::vector<std::string> need_restart;  ///< Dotted paths that a successor would act on.
  std::vector<std::string> need_stop;     ///< Those of the keeper: only a stop and a start applies them.
};

/// Compares the files' values; keys that this release does not act on make no change.
Changes changes_between(const Config& before, const Config& after);

}  // namespace gw::config
