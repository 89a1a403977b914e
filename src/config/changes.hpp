#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace gw::config {

inline constexpr std::size_t kChangedPathsMax = 20;  ///< Named one by one; more are left out.

/// What a key needs so that a gateway that runs acts on it. docs/decisions/0008 says why.
enum class Reach {
  Live,      ///< The serving generation takes it over in one turn of its loop.
  Listener,  ///< Where it listens: a successor that is started on another socket.
  Auth,      ///< Live while the mode stays the same; another mode takes a successor.
  Restart,   ///< A successor.
  Start,     ///< Decides only whether a gateway starts: noted, nothing to do.
};

/// The reach of a key, or of everything below a path, as the schema spells it (`*` for names of the user's
/// own). Nothing when the table does not know it; such a change is treated as `Restart`.
std::optional<Reach> reach_of(std::string_view path);

/// What a new configuration means for a generation that runs with another.
struct Changes {
  std::vector<std::string> live;          ///< Dotted paths that it can take over itself.
  std::vector<std::string> need_restart;  ///< Those that a successor would act on.
  std::vector<std::string> no_effect;     ///< A flag or a variable wins, or they matter only before a start.

  bool any() const { return !live.empty() || !need_restart.empty() || !no_effect.empty(); }
};

/// Compares the files' values, and of port, address and auth mode what came of them. Keys that this release
/// does not act on make no change.
Changes changes_between(const Config& before, const Config& after);

/// `next` without what needs a restart: port, address, and the credentials of another auth mode stay those of
/// `running`. Everything else is to be applied at once.
Config applicable(const Config& running, Config next);

/// Why a gateway that runs must not take `next` over, beyond what `load` finds; `path` as in the file.
std::optional<Issue> refusal_of(const Config& next);

}  // namespace gw::config
