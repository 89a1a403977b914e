#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace gw::config {

/// The whole text of a regular file; nothing when there is none. `Code::Unavailable` when it cannot be read
/// or has more than `bytes_max` bytes.
Result<std::optional<std::string>> read_whole_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace gw::config
