#pragma once

#include "keeper/request.hpp"

namespace gw::keeper {

/// `openclaw gateway run`: checks, takes the lock, listens, and keeps generations serving until a stop.
/// Blocks; prints what people need to know; returns the exit code. Call on the main thread before any other.
int run_gateway(const Request& request);

}  // namespace gw::keeper
