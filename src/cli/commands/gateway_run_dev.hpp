#pragma once

#include <expected>

#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/failure.hpp"

namespace gw::cli {

/// What `--dev`, the profile `dev` and `--reset` do before a gateway runs: a configuration is made where
/// there is none; with `--reset` the one that is there, credentials and sessions are moved away first.
std::expected<void, Failure> prepare_dev(Context& cli, const Args& args);

}  // namespace gw::cli
