#pragma once

#include <expected>
#include <functional>
#include <string>

#include "cli/context.hpp"
#include "cli/failure.hpp"

namespace gw::cli {

/// Whether an environment variable is set, and to something else than `0` and `false`.
bool is_on(const Context& cli, const char* name);

/// From the text of the file to the changed one.
using TextChange = std::function<Result<std::string>(const std::string& text)>;

/// Changes the configuration file: refused where somebody else manages it (`OPENCLAW_NIX_MODE`,
/// `OPENCLAW_CONFIG_READONLY`), or when the changed file has a fault that it had not before; written in one
/// step, with backups. False when nothing had to be changed.
std::expected<bool, Failure> change_config(const Context& cli, const TextChange& change);

}  // namespace gw::cli
