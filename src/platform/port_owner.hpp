#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gw::platform {

struct PortOwner {
  int pid = 0;
  std::string name;
};

/// Who listens on a TCP port of this machine, as far as this user may see.
std::vector<PortOwner> port_owners(std::uint16_t port);

}  // namespace gw::platform
