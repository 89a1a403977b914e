#pragma once

#include <map>
#include <span>
#include <string>

#include "cli/command.hpp"

namespace gw::cli {

/// The pages of docs/cli, Markdown: name of the file to its text. `openclaw.md` lists every command; names
/// that mean the same command share a page.
std::map<std::string, std::string> reference_pages(std::span<const Command> table);

}  // namespace gw::cli
