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
  Listener,  ///< Where it listens: the keeper opens another socket, and the serving generation goes there.
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
  std::vector<std::string> listener;      ///< Those for which the keeper opens another socket.
  std::vector<std::string> need_restart;  ///< Those that a successor would act on.
  std::vector<std::string> no_effect;     ///< A flag or a variable wins, or they matter only before a start.

  bool any() const {
    return !live.empty() || !listener.empty() || !need_restart.empty() || !no_effect.empty();
  }
};

/// Compares the files' values, and of port, bind and auth mode what came of them. Keys that this release
/// does not act on make no change.
Changes changes_between(const Config& before, const Config& after);

/// `next` without what needs a restart: the credentials of another auth mode stay those of `running`.
/// Everything else is to be applied at once.
Config applicable(const Config& running, Config next);

/// `Code::InvalidRequest` when everybody who reaches `host` could come in.
Status may_listen_on(const Config& config, std::string_view host);

/// Why a gateway that runs must not take `next` over, beyond what `load` finds; `path` as in the file.
std::optional<Issue> refusal_of(const Config& next);

}  // namespace gw::config
