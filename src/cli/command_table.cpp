#include "cli/command.hpp"
#include "cli/commands/all.hpp"

namespace gw::cli {
namespace {

Command group(std::string_view path, std::string_view summary, std::string_view details = {}) {
  return {.path = path, .summary = summary, .details = details};
}

/// `command` by another name.
Command also(std::string_view path, Command command) {
  command.same_as = command.path;
  command.path = path;
  return command;
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      also("gateway", gateway_run_command()),
      gateway_run_command(),
      gateway_install_command(),
      gateway_uninstall_command(),
      gateway_start_command(),
      gateway_stop_command(),
      gateway_restart_command(),
      gateway_restart_history_command(),
      gateway_status_command(),
      gateway_call_command(),
      gateway_auth_token_command(),
      gateway_probe_command(),
      health_command(),
      gateway_usage_cost_command(),
      gateway_stability_command(),
      gateway_discover_command(),
      group("gateway diagnostics", "Pass on what helps to understand a problem"),
      gateway_diagnostics_export_command(),
      group("daemon", "Other names of the gateway's service commands"),
      also("daemon install", gateway_install_command()),
      also("daemon uninstall", gateway_uninstall_command()),
      also("daemon start", gateway_start_command()),
      also("daemon stop", gateway_stop_command()),
      also("daemon restart", gateway_restart_command()),
      also("daemon restart history", gateway_restart_history_command()),
      also("daemon status", gateway_status_command()),
      agent_command(),
      completion_command(),
      group("config", "Read and change the configuration file",
            "A path is `gateway.port`, `agents.list[0].id` or `models.providers[\"a.b\"].api`. These "
            "commands work "
            "without a running gateway. The keys are described in docs/configuration.md."),
      config_get_command(),
      config_set_command(),
      config_unset_command(),
      config_file_command(),
      config_validate_command(),
      config_schema_command(),
      doctor_command(),
      status_command(),
      also("health", health_command()),
      logs_command(),
      group("tasks", "Background tasks",
            "A task is found by its id, by the id of its run, or by its session."),
      tasks_list_command(),
      tasks_show_command(),
      tasks_cancel_command(),
  };
  return table;
}

const Command& root_command() {
  static const Command root{
      .path = "",
      .summary = "A gateway for personal AI agents that restarts without losing work",
      .details = R"(
        Options may stand before or after the words of a command that has them
        (`openclaw gateway --force restart`), and a value may follow a space or an equals sign. With `--json`,
        stdout carries exactly one JSON document, in success and in failure.)",
      .options =
          {
              {"--profile", "<name>",
               "Use an isolated instance with its own state directory, ~/.openclaw-<name>"},
              {"--dev", "", "The profile dev on port 19001, unless OPENCLAW_GATEWAY_PORT is set"},
              {"--log-level", "<level>",
               "silent, fatal, error, warn, info, debug or trace; as OPENCLAW_LOG_LEVEL"},
              {"--no-color", "", "Plain text; as NO_COLOR. FORCE_COLOR does the opposite"},
              {"--version", "", "Print the version (-V)"},
              {"--help", "", "Print help for a command or a group of commands (-h)"},
          },
      .run = nullptr,
  };
  return root;
}

}  // namespace gw::cli
