#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/generations/machine.hpp"
#include "keeper/endpoint.hpp"
#include "platform/child_process.hpp"

namespace gw::keeper {

inline constexpr int kControlFd = 3;  ///< Where a generation finds its end of the control channel.
inline constexpr int kListenFd =
    4;  ///< Where a generation without a keeper finds the first listening socket.

/// Everything that every generation of one keeper is started with.
struct Launch {
  std::filesystem::path program;         ///< The installed `openclaw`.
  std::filesystem::path libexec;         ///< Empty: `../libexec` beside it.
  std::vector<std::string> arguments;    ///< After those that `call_for` writes.
  std::vector<std::string> environment;  ///< `NAME=value`, all of it.
};

/// How to start generation `id`, which is to serve on `endpoint`. The program is looked up anew for each
/// call, through symbolic links, so that an upgrade in place is taken by the next generation. `control_fd` is
/// the generation's end; -1: it has no keeper.
platform::ProgramCall call_for(const Launch& launch, const Endpoint& endpoint, generations::Id id,
                               bool is_standby, int control_fd);

/// `environment` with `name` set to `value`, or without it.
void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value);
void drop_variable(std::vector<std::string>& environment, const std::string& name);

}  // namespace gw::keeper
