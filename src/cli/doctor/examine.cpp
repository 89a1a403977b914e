#include <iterator>

#include "cli/doctor/checks.hpp"

namespace gw::cli::doctor {
namespace {

constexpr Findings (*kChecks[])(const Facts&) = {
    check_state_dir,     check_config_file,   check_config_keys,
    check_mode,          check_credentials,   check_token_drift,
    check_exposure,      check_ignored_keys,  check_secret_files,
    check_stale_files,   check_gateway,       check_port,
    check_service_state, check_service_drift, check_service_surroundings};

bool changes_config(Repair repair) {
  return repair == Repair::RestoreLastGood || repair == Repair::RemoveKey || repair == Repair::MoveKey ||
         repair == Repair::SetModeLocal || repair == Repair::SaveNewToken;
}

bool changes_service(Repair repair) {
  return repair == Repair::ReinstallService || repair == Repair::StartService ||
         repair == Repair::EnableLinger;
}

}  // namespace

Findings examine(const Facts& facts) {
  Findings all;
  for (const auto check : kChecks) {
    Findings found = check(facts);
    all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  for (Finding& finding : all) {
    if (!finding.repair) continue;
    const bool is_managed = (facts.is_config_managed && changes_config(*finding.repair)) ||
                            (facts.is_service_managed && changes_service(*finding.repair));
    if (!is_managed) continue;
    finding.repair.reset();
    finding.fix += " (where it is managed: --fix leaves it alone here)";
  }
  return all;
}

}  // namespace gw::cli::doctor
