#pragma once

#include <expected>
#include <string>

#include "cli/context.hpp"
#include "cli/doctor/finding.hpp"
#include "cli/failure.hpp"

namespace gw::cli::doctor {

/// Carries out the repair of a finding; says what was done.
std::expected<std::string, Failure> mend(const Context& cli, const Finding& finding);

}  // namespace gw::cli::doctor
