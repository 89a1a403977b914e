#pragma once

#include <map>
#include <span>
#include <string>

#include "cli/command.hpp"

namespace gw::cli {

/// The manual pages of section 1, roff: name of the file (`openclaw-gateway-status.1`) to its text. Another
/// name of a command is a page that includes the one it means.
std::map<std::string, std::string> manual_pages(std::span<const Command> table);

}  // namespace gw::cli
