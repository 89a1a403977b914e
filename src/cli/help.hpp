#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace gw::cli {

/// What `--help` prints for a command or a group; for `openclaw` itself when `path` is empty.
std::string help_for(std::string_view path, std::span<const Command> table);

}  // namespace gw::cli
