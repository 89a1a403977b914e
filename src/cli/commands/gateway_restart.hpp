#pragma once

#include "base/time.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/failure.hpp"

/// The ways of `gateway restart`, each in a file of its own.
namespace gw::cli {

constexpr Millis kRestartRequestLimit{10'000};

/// The failure, with what to do about a gateway that hangs.
Failure hung(Failure failure);

int restart_safely(Context& cli, const Args& args);
int restart_directly(Context& cli, const Args& args);
int cancel_restart(Context& cli, const Args& args);

}  // namespace gw::cli
