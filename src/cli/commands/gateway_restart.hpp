#pragma once

#include "base/time.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"

/// The ways of `gateway restart`, each in a file of its own.
namespace gw::cli {

constexpr Millis kRestartRequestLimit{10'000};

int restart_safely(Context& cli, const Args& args);
int restart_directly(Context& cli, const Args& args);
int cancel_restart(Context& cli, const Args& args);

}  // namespace gw::cli
