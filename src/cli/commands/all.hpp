#pragma once

#include <string_view>

#include "cli/command.hpp"

/// The lines of the table; each is written in a file of its own. `path` lets one command have several names.
namespace gw::cli {

Command gateway_run_command(std::string_view path);
Command gateway_install_command(std::string_view path);
Command gateway_uninstall_command(std::string_view path);
Command gateway_start_command(std::string_view path);
Command gateway_stop_command(std::string_view path);
Command gateway_restart_command(std::string_view path);
Command gateway_restart_history_command(std::string_view path);
Command gateway_status_command(std::string_view path);
Command gateway_call_command(std::string_view path);
Command health_command(std::string_view path);
Command agent_command(std::string_view path);
Command config_file_command();
Command config_get_command();
Command config_schema_command();
Command config_set_command();
Command config_unset_command();
Command config_validate_command();
Command tasks_list_command(std::string_view path);
Command tasks_show_command(std::string_view path);
Command tasks_cancel_command(std::string_view path);

}  // namespace gw::cli
