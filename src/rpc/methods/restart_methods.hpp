#pragma once

#include "rpc/methods/services.hpp"

namespace gw::rpc {

/// `gateway.restart.request`.
void request_restart(Services& services, Call call);

}  // namespace gw::rpc
