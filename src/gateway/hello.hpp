#pragma once

#include "rpc/methods/services.hpp"

namespace gw::gateway {

/// The hello of the handshake without its `auth` part (docs/wire.md).
json::Object hello_json(const rpc::Services& services, const rpc::MethodTable& methods,
                        const rpc::Client& client);

}  // namespace gw::gateway
