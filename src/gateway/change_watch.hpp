#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "config/config.hpp"
#include "engine/restart_driver.hpp"
#include "net/event_loop.hpp"
#include "platform/file_watch.hpp"

namespace gw::gateway {

/// Asks for a restart when what this generation was started from is no longer what is on disk: the
/// configuration, or its program. Lives on the control thread.
class ChangeWatch {
 public:
  struct Parts {
    EventLoop& loop;
    Log& log;
    engine::RestartDriver& restart;
    config::Config config;  ///< What this generation runs with.
    std::filesystem::path config_file;
    std::filesystem::path installed;  ///< `openclaw` as the keeper was called; may be empty.
    std::filesystem::path libexec;    ///< Where the keeper looks instead; may be empty.
    std::function<Result<config::Loaded>()> load_config;
  };

  explicit ChangeWatch(Parts parts);

  /// From now on, until `stop`. Looks once at once: something may have changed since this process started.
  /// A system that cannot watch is logged; a restart then has to be asked for.
  void start();
  void stop();

 private:
  struct Watched {
    std::unique_ptr<platform::FileWatch> files;
    std::unique_ptr<Watch> watch;
    std::unique_ptr<Timer> settled;  // Since the last change.
  };

  void watch(Watched& watched, const std::vector<std::filesystem::path>& files, Millis settle,
             std::function<void()> look);
  void look_at_config();
  void look_at_program();
  std::filesystem::path program_on_disk() const;
  void request(const std::string& client, const std::string& reason, std::vector<std::string> paths);

  Parts parts_;
  std::string own_program_;  // Identity of the file that runs.
  std::filesystem::path own_path_;
  Watched config_;
  Watched program_;
};

}  // namespace gw::gateway
