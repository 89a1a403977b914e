#pragma once

#include <vector>

#include "cli/doctor/facts.hpp"
#include "cli/doctor/finding.hpp"

/// Each check judges one thing, from the facts alone.
namespace gw::cli::doctor {

using Findings = std::vector<Finding>;

Findings check_config_file(const Facts& facts);
Findings check_config_keys(const Facts& facts);
Findings check_ignored_keys(const Facts& facts);
Findings check_mode(const Facts& facts);
Findings check_credentials(const Facts& facts);
Findings check_token_drift(const Facts& facts);
Findings check_exposure(const Facts& facts);

Findings check_state_dir(const Facts& facts);
Findings check_secret_files(const Facts& facts);
Findings check_stale_files(const Facts& facts);

Findings check_gateway(const Facts& facts);
Findings check_port(const Facts& facts);
Findings check_service_state(const Facts& facts);
Findings check_service_drift(const Facts& facts);
Findings check_service_surroundings(const Facts& facts);

/// All of them, in the order in which a person would mend what they find. What is managed elsewhere is found,
/// too, but keeps no repair.
Findings examine(const Facts& facts);

}  // namespace gw::cli::doctor
