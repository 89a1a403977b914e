#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace gw::platform {

/// Where the running program was found when it was started, symbolic links kept, so that whatever is
/// installed there later is found too. `name` is argv[0], `search_path` the value of PATH.
std::filesystem::path invoked_path(const std::string& name, const std::optional<std::string>& search_path);

}  // namespace gw::platform
