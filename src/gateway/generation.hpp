#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "config/config.hpp"
#include "config/device_identity.hpp"
#include "platform/fd.hpp"
#include "platform/packet_channel.hpp"
#include "platform/signals.hpp"

namespace gw::gateway {

/// What a generation is started with. Plain data and descriptors; nothing is read from the environment.
struct GenerationOptions {
  config::Config config;
  config::Paths paths;
  config::DeviceIdentity identity;
  int number = 1;                                   ///< Counted by the keeper.
  int keeper_pid = 0;                               ///< 0: there is no keeper.
  std::string owner_id;                             ///< Of the keeper's lock.
  std::string host;                                 ///< Where it is to listen; a keeper may change its mind.
  std::uint16_t port = 0;                           ///< The same.
  std::vector<platform::Fd> listen_sockets;         ///< Bound and listening; with a keeper, what it sends.
  platform::PacketChannel control;                  ///< To the keeper; closed: none.
  std::unique_ptr<platform::Signals> signals;       ///< TERM and INT stop; null: a keeper takes care of them.
  std::function<std::filesystem::path()> log_file;  ///< Where log lines go now.
  std::function<void(const config::Config&)> set_logging;  ///< Level and file as it says, from now on.
  std::filesystem::path installed;  ///< `openclaw`, as the keeper was called; may be empty.
  std::filesystem::path libexec;    ///< `OPENCLAW_LIBEXEC`; may be empty.
  std::function<Result<config::Loaded>()> load_config;  ///< Reads the configuration again.
  std::function<void()> on_serving;  ///< Called each time it begins to accept; may be empty.
};

/// One serving process: builds everything in order, takes it down in reverse, and decides nothing itself.
/// Constructed as a standby that touches nothing; serves from the keeper's `Take` to its `Retire` or `Stop`.
class Generation {
 public:
  Generation(GenerationOptions options, Log& log);
  ~Generation();

  /// Runs until this generation is to end; the process's exit code. On failure before it could serve, the
  /// reason has been told to the keeper and logged.
  int run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gw::gateway
