#include "cli/command.hpp"
#include "cli/commands/all.hpp"

namespace gw::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      gateway_run_command("gateway"),
      gateway_run_command("gateway run"),
      gateway_install_command("gateway install"),
      gateway_uninstall_command("gateway uninstall"),
      gateway_start_command("gateway start"),
      gateway_stop_command("gateway stop"),
      gateway_restart_command("gateway restart"),
      gateway_restart_history_command("gateway restart history"),
      gateway_status_command("gateway status"),
      gateway_call_command("gateway call"),
      health_command("gateway health"),
      gateway_install_command("daemon install"),
      gateway_uninstall_command("daemon uninstall"),
      gateway_start_command("daemon start"),
      gateway_stop_command("daemon stop"),
      gateway_restart_command("daemon restart"),
      gateway_restart_history_command("daemon restart history"),
      gateway_status_command("daemon status"),
      agent_command("agent"),
      config_get_command(),
      config_set_command(),
      config_unset_command(),
      config_file_command(),
      config_validate_command(),
      config_schema_command(),
      health_command("health"),
      tasks_list_command("tasks list"),
      tasks_show_command("tasks show"),
      tasks_cancel_command("tasks cancel"),
  };
  return table;
}

const std::vector<Option>& root_options() {
  static const std::vector<Option> options{
      {"--profile", "<name>", "Use an isolated instance with its own state directory"},
      {"--dev", "", "The profile dev on port 19001"},
      {"--log-level", "<level>", "silent, fatal, error, warn, info, debug or trace"},
      {"--no-color", "", "Plain text"},
      {"--version", "", "Print the version (-V)"},
      {"--help", "", "Print this (-h)"},
  };
  return options;
}

}  // namespace gw::cli
