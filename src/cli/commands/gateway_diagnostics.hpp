#pragma once

#include "cli/command.hpp"

namespace gw::cli {

/// `gateway diagnostics export`, also what `gateway stability --export` does. Returns the exit code.
int export_diagnostics(Context& cli, const Args& args);

}  // namespace gw::cli
