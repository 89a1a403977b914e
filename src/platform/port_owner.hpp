#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gw::platform {

struct PortOwner {
  int pid = 0;
  int parent = 0;
  std::string name;
  std::string command_line;  ///< Words that follow `--token` and `--password` are hidden.
  std::string user;          ///< Its account, or the number when that has no name.
  std::string address;       ///< `127.0.0.1:18789`, `[::1]:18789`.
};

/// Who listens on a TCP port of this machine, as far as this user may see.
std::vector<PortOwner> port_owners(std::uint16_t port);

}  // namespace gw::platform
