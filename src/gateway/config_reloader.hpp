#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/callback.hpp"
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
    /// Answers later; one at a time.
    std::function<void(Callback<Result<config::Loaded>>)> load;
    /// The part of a new configuration that needs no restart. Cannot fail, and leaves nothing half-done.
    std::function<void(config::Config now)> apply;
    std::function<void(rpc::ConfigReloadState)> tell;  ///< Whenever it has changed.
  };

  enum class Cause {
    Changed,  ///< The file may have changed.
    Asked,    ///< Somebody wants it read again, because a secret behind it may have changed.
  };

  explicit ConfigReloader(Parts parts);

  /// `done`, when there is one, is called after the file has been looked at; not when `stop` comes before.
  /// Calls while the file is being read end in one more reading.
  void look(Cause cause, Callback<> done = {});
  /// What is being read counts no more.
  void stop();
  /// The files of the configuration as it was last read, valid or not, also those that are missing.
  const std::vector<std::filesystem::path>& files() const { return files_; }
  /// The keeper's answer to what it was told in `apply`: why the gateway does not listen where the file says;
  /// nothing when it does.
  void settle_listener(std::optional<config::Issue> problem);
  /// Whether changes are noticed at all.
  void set_watching(bool on);
  /// How long the file must be left alone before `look`.
  Millis debounce() const { return parts_.running.reload_debounce; }

 private:
  void settle(Cause cause, Result<config::Loaded> loaded);
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
  std::vector<std::filesystem::path> files_;
  std::vector<Callback<>> waiting_;     // For the end of the reading under way.
  std::optional<Cause> next_;           // What to look for again when it is over.
  std::vector<Callback<>> wait_again_;  // For that one.
  bool is_reading_ = false;
  std::int64_t stops_ = 0;
  bool has_warned_of_mode_ = false;
  bool is_watching_ = false;
  std::optional<rpc::ConfigReloadState::Problem> problem_;
  std::optional<rpc::ConfigReloadState::Problem> listener_problem_;
  std::vector<std::string> awaiting_restart_;
};

}  // namespace gw::gateway
