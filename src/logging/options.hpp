#pragma once

#include "config/config.hpp"
#include "config/paths.hpp"
#include "platform/log_file.hpp"

namespace gw::logging {

/// Where and how a process of the gateway logs, with its console on stderr: what the configuration says,
/// NO_COLOR and JOURNAL_STREAM. `verbose` stands for `--verbose`.
platform::LogFileOptions log_options(const config::Config& config, const config::Paths& paths,
                                     const config::Environment& environment, bool verbose);

}  // namespace gw::logging
