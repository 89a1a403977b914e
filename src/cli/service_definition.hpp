#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/context.hpp"
#include "service/manager.hpp"

namespace gw::cli {

/// What would be installed for this profile now. `user` is for the scope of the system.
service::Definition wanted_definition(const Context& cli, const service::Manager& manager, std::uint16_t port,
                                      const std::optional<std::filesystem::path>& wrapper);

/// The account that owns `path`, or its nearest parent that is there.
std::string owner_of(const std::filesystem::path& path);

}  // namespace gw::cli
