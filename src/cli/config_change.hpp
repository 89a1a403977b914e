#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/failure.hpp"
#include "json/value.hpp"

/// Changes of one key of the configuration, in the file where it stands: the main one, or one that a section
/// includes as a whole. Refused where somebody else manages the files (`OPENCLAW_NIX_MODE`,
/// `OPENCLAW_CONFIG_READONLY`), when the change makes a fault that was not there before, and, with the code
/// `CONFIG_WRITE_REJECTED`, when it looks like an accident; what would have been written is kept then.
/// Written in one step, with backups. False when nothing had to be changed.
namespace gw::cli {

/// Whether an environment variable is set, and to something else than `0` and `false`.
bool is_on(const Context& cli, const char* name);

/// From the text of the file to the changed one; `names` lead to the key there.
using KeyChange =
    std::function<Result<std::string>(const std::string& text, const std::vector<std::string>& names)>;

std::expected<bool, Failure> change_config(const Context& cli, const std::vector<std::string>& names,
                                           const KeyChange& change);

std::expected<bool, Failure> set_config(const Context& cli, const std::vector<std::string>& names,
                                        const json::Value& value);

std::expected<bool, Failure> unset_config(const Context& cli, const std::vector<std::string>& names);

}  // namespace gw::cli
