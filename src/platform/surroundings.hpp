#pragma once

#include <string>

namespace gw::platform {

/// The first IPv4 address of this machine in 100.64.0.0/10, where Tailscale has its own; empty when none is.
std::string tailnet_address();

/// Whether this process runs in a container whose network is its own affair.
bool is_in_container();

}  // namespace gw::platform
