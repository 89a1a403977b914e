#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "engine/restart_driver.hpp"
#include "gateway/config_reloader.hpp"
#include "net/event_loop.hpp"
#include "platform/file_watch.hpp"

namespace gw::gateway {

/// Notices when what this generation was started from is no longer what is on disk: its configuration, which
/// the reloader then looks at, or its program, for which it asks for a restart. Lives on the control thread.
class ChangeWatch {
 public:
  struct Parts {
    EventLoop& loop;
    Log& log;
    engine::RestartDriver& restart;
    ConfigReloader& reloader;
    std::filesystem::path installed;  ///< `openclaw` as the keeper was called; may be empty.
    std::filesystem::path libexec;    ///< Where the keeper looks instead; may be empty.
  };

  explicit ChangeWatch(Parts parts);

  /// From now on, until `stop`. Looks once at once: something may have changed since this process started.
  /// A system that cannot watch is logged; a restart then has to be asked for. `on_first_look` is called
  /// after the reloader has looked, or will not.
  void start(std::function<void()> on_first_look);
  void stop();

 private:
  struct Watched {
    std::function<std::vector<std::filesystem::path>()> wanted;  ///< What is to be watched now.
    std::function<Millis()> settle;                              ///< Asked for at each change.
    std::function<void()> look;
    std::vector<std::filesystem::path> files;  ///< What is watched.
    std::unique_ptr<platform::FileWatch> source;
    std::unique_ptr<Watch> watch;
    std::unique_ptr<Timer> settled;  ///< Since the last change.
  };

  /// Watches, and looks. False, and logged, when the system cannot watch.
  bool begin(Watched& watched);
  void look_later(Watched& watched);
  /// After a look: begins anew when other files are wanted, or when there are others by the same names.
  void follow(Watched& watched);
  void end_first_look();
  void look_at_program();
  std::filesystem::path program_on_disk() const;

  Parts parts_;
  std::string own_program_;  // Identity of the file that runs.
  std::filesystem::path own_path_;
  std::function<void()> on_first_look_;
  Watched config_;
  Watched program_;
};

}  // namespace gw::gateway
