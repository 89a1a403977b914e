#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.hpp"

namespace gw::keeper {

/// Ends whoever listens on `port`, for `gateway run --force`: a process that owns the lock is asked to stop
/// and given the time that a stop takes; others get SIGTERM and, 700 ms later, SIGKILL. `Code::Unauthorized`
/// when one belongs to another user, `Code::TimedOut` when one stays. Blocks.
Status claim_port(std::uint16_t port, const std::filesystem::path& lock_file);

}  // namespace gw::keeper
