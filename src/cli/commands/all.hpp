#pragma once

#include "cli/command.hpp"

/// The lines of the table; each is written in a file of its own.
namespace gw::cli {

Command gateway_run_command();
Command gateway_install_command();
Command gateway_uninstall_command();
Command gateway_start_command();
Command gateway_stop_command();
Command gateway_restart_command();
Command gateway_restart_history_command();
Command gateway_status_command();
Command gateway_call_command();
Command gateway_diagnostics_export_command();
Command gateway_discover_command();
Command gateway_stability_command();
Command gateway_usage_cost_command();
Command gateway_probe_command();
Command doctor_command();
Command gateway_auth_token_command();
Command health_command();
Command logs_command();
Command agent_command();
Command completion_command();
Command config_file_command();
Command config_get_command();
Command config_schema_command();
Command config_set_command();
Command config_unset_command();
Command config_validate_command();
Command status_command();
Command tasks_list_command();
Command tasks_show_command();
Command tasks_cancel_command();

}  // namespace gw::cli
