#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "config/config.hpp"
#include "engine/restart_driver.hpp"
#include "ports/loop.hpp"
#include "rpc/health_snapshot.hpp"

namespace gw::gateway {

/// Brings a changed configuration file into the generation that serves (docs/decisions/0008). A file that is
/// not valid changes nothing; of a valid one everything that can be is applied in one turn of the loop, and
/// for the rest a safe restart is asked for. Lives on the control thread.
class ConfigReloader {
 public:
  struct Parts {
    Loop& loop;
    Log& log;
    engine::RestartDriver& restart;
    const config::Config& running;  ///< What the generation runs with; `apply` replaces it.
    std::function<Result<config::Loaded>()> load;
    /// Cannot fail, and leaves nothing half-done. `file` is the whole new configuration, `now` the part of it
    /// that needs no restart.
    std::function<void(config::Config now, const config::Config& file)> apply;
    std::function<void(rpc::ConfigReloadState)> tell;  ///< Whenever it has changed.
  };

  enum class Cause {
    Changed,  ///< The file may have changed.
    Asked,    ///< Somebody wants it read again, because a secret behind it may have changed.
  };

  explicit ConfigReloader(Parts parts);

  void look(Cause cause);
  /// The keeper's answer to what it was told in `apply`: why the gateway does not listen where the file says;
  /// nothing when it does.
  void settle_listener(std::optional<config::Issue> problem);
  /// Whether changes are noticed at all.
  void set_watching(bool on);
  /// How long the file must be left alone before `look`.
  Millis debounce() const { return parts_.running.reload_debounce; }

 private:
  void refuse(const config::Issue& issue);
  void warn_of_mode(config::ReloadMode mode);
  void settle_restart(std::vector<std::string> paths);
  void ask_for_restart();
  void withdraw_restart();
  void tell();

  Parts parts_;
  const config::Config started_;  // What this generation was started with.
  json::Value seen_;              // The latest valid file.
  config::ReloadMode mode_;       // Of that file.
  bool has_warned_of_mode_ = false;
  bool is_watching_ = false;
  std::optional<rpc::ConfigReloadState::Problem> problem_;
  std::optional<rpc::ConfigReloadState::Problem> listener_problem_;
  std::vector<std::string> awaiting_restart_;
};

}  // namespace gw::gateway
