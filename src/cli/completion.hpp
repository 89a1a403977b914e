#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace gw::cli {

/// A script that teaches `bash`, `zsh` or `fish` the commands and their options; nothing for another shell.
/// It names everything itself and never starts the program.
std::optional<std::string> completion_script(std::string_view shell, std::span<const Command> table);

}  // namespace gw::cli
