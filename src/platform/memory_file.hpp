#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "platform/fd.hpp"

namespace gw::platform {

/// An anonymous file that lives in memory only, as long as a process has it open: content too long for one
/// message of a PacketChannel. `Code::Unavailable` when the system has no room for it.
Result<Fd> make_memory_file(std::string_view content);

/// All of it, wherever its position is. `Code::Unavailable` when it cannot be read or is longer than
/// `bytes_max`.
Result<std::string> read_memory_file(int fd, std::size_t bytes_max);

}  // namespace gw::platform
