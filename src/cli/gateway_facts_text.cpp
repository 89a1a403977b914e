#include <algorithm>
#include <csignal>

#include "base/version.hpp"
#include "cli/gateway_facts.hpp"
#include "cli/service_access.hpp"
#include "platform/command_words.hpp"

namespace gw::cli {
namespace {

constexpr int kSignalExit = 128;  // As a shell counts.
constexpr int kKilled = 2;        // CLD_KILLED.

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " ") + word;
  return all;
}

std::string name_of_signal(int number) {
  switch (number) {
    case SIGHUP:
      return "HUP";
    case SIGINT:
      return "INT";
    case SIGQUIT:
      return "QUIT";
    case SIGABRT:
      return "ABRT";
    case SIGKILL:
      return "KILL";
    case SIGTERM:
      return "TERM";
    default:
      return std::to_string(number);
  }
}

/// `exit 78`, `signal KILL`; empty when nothing is known or it ended well.
std::string last_end(const service::State& state) {
  if (!state.last_exit_status || *state.last_exit_status == 0) return {};
  const int status = *state.last_exit_status;
  if (state.last_exit_reason == kKilled) return "last end by signal " + name_of_signal(status);
  return "last exit " + (status > kSignalExit
                             ? std::to_string(status) + " (" + name_of_signal(status - kSignalExit) + ")"
                             : std::to_string(status));
}

void print_service(Context& cli, const GatewayFacts& facts) {
  Output& out = cli.out;
  if (!facts.service) {
    out.row("Service", "no service manager can be used: " + facts.service.error().text);
    return;
  }
  const service::State& state = *facts.service;
  const std::string unit = facts.manager->label() + ", " + facts.manager->unit();
  if (!state.is_installed) {
    out.row("Service", unit + ": " + (state.fault ? out.bad("cannot be used") : "not installed"));
    return;
  }
  const auto words = service::loaded_words(facts.manager->system());
  out.row("Service", unit + ": " + std::string(state.is_enabled ? words.loaded : words.not_loaded) +
                         (state.needs_reload ? ", daemon-reload pending" : ""));
  if (state.definition) out.row("Command", joined(platform::without_secrets(state.definition->command)));
  out.row("Unit file", state.file.string());
  for (const auto& file : state.drop_ins) out.row("Drop-in", file.string());
  if (const auto foreign = foreign_state_dir(cli, state)) {
    out.row("Note", "this service works with " + *foreign + ", not with " + cli.paths.state_dir.string());
  }
  if (facts.outlives_sessions == false) {
    out.row("Linger", out.bad("off") + ": it stops when you log out (sudo loginctl enable-linger " +
                          cli.environment("USER").value_or("$(whoami)") + ")");
  }
}

void print_audit(Context& cli, const GatewayFacts& facts) {
  const bool is_faulty = facts.service && facts.service->fault;
  if (facts.drift.empty() || (!is_faulty && !facts.own_service(cli))) return;
  if (!is_faulty) cli.out.line("The service differs from what would be installed now:");
  for (const service::DriftIssue& issue : facts.drift) {
    cli.out.line("  " + issue.code + ": " + issue.message);
    if (!issue.found.empty() || !issue.wanted.empty())
      cli.out.line("    found  " + (issue.found.empty() ? "nothing" : issue.found));
    if (!issue.wanted.empty()) cli.out.line("    wanted " + issue.wanted);
    cli.out.line("    mend   " + remedy_of(cli, issue).text);
  }
}

void print_config(Context& cli, const std::string& label, const ConfigFacts& config) {
  cli.out.row(label, config.path.string() + (config.exists ? "" : " (missing)") +
                         (config.issues.empty() ? "" : " (invalid)"));
  for (const config::Issue& issue : config.issues) {
    cli.out.line("  - " + (issue.path.empty() ? "" : issue.path + ": ") + issue.text());
  }
}

std::string runtime_text(const Context& cli, const GatewayFacts& facts) {
  const Output& out = cli.out;
  if (const service::State* own = facts.own_service(cli)) {
    std::string text = own->is_running() ? out.good("running") : out.bad("stopped");
    text += " (" + (own->pid ? "pid " + std::to_string(*own->pid) + ", " : std::string()) + "state " +
            own->active_state + ", sub " + own->sub_state;
    if (const std::string end = last_end(*own); !end.empty()) text += ", " + end;
    text += ")";
    return own->status_text.empty() ? text : text + " " + own->status_text;
  }
  if (!facts.owner) return "stopped";
  const std::string how = facts.owner_unit ? service_words(*facts.owner_unit) : "in the foreground";
  return out.good("running") + " " + how + " (pid " + std::to_string(facts.owner->process.pid) + ")";
}

void print_probe(Context& cli, const GatewayFacts& facts) {
  Output& out = cli.out;
  const json::Object& rpc = *facts.rpc;
  const bool reads = json::text_or(rpc, "kind") == "read";
  out.row(reads ? "Read probe" : "Probe",
          (facts.is_reachable() ? out.good("ok") : out.bad("failed")) + "  " + facts.target->url);
  if (!facts.is_reachable()) out.line("  " + std::string(json::text_or(rpc, "error")));
  std::string capability(json::text_or(rpc, "capability"));
  std::replace(capability.begin(), capability.end(), '_', '-');
  out.row("Capability", capability);
}

/// Where a gateway that does not answer may have said why.
std::string where_to_look(const Context& cli, const service::Manager& manager) {
  switch (manager.system()) {
    case platform::ServiceSystem::Systemd:
      break;
    case platform::ServiceSystem::Launchd:
      return (cli.paths.log_dir() / "gateway.err.log").string();
    case platform::ServiceSystem::TaskScheduler:
      return cli.paths.log_dir().string();
  }
  const bool is_user = manager.scope() == service::Scope::User;
  return "journalctl " + std::string(is_user ? "--user " : "") + "-u " + manager.unit() +
         " -n 200 --no-pager";
}

void print_next_steps(Context& cli, const GatewayFacts& facts) {
  const std::string openclaw = "openclaw " + service::profile_words(cli.paths.profile);
  const service::State* own = facts.own_service(cli);
  if (own && own->is_running() && !facts.is_reachable() && facts.rpc) {
    cli.out.line("See why: " + where_to_look(cli, *facts.manager));
  } else if (own && !own->is_running()) {
    cli.out.line("Start it with: " + openclaw + "gateway start");
  } else if (!own && !facts.owner && !(facts.service && facts.service->fault)) {
    const std::string first = facts.config.exists ? "" : openclaw + "config set gateway.mode local, then ";
    cli.out.line("Install it with: " + openclaw +
                 "gateway install, or start it in the foreground with: " + first + openclaw + "gateway run");
  }
}

}  // namespace

void print_facts(Context& cli, const GatewayFacts& facts) {
  Output& out = cli.out;
  const config::Config& config = facts.input.config;
  print_service(cli, facts);
  out.row("Logs", (config.log_file.empty() ? cli.paths.log_dir() : config.log_file).string());
  if (facts.config.path == facts.service_config.path) {
    print_config(cli, "Config", facts.config);
  } else {
    print_config(cli, "Config (cli)", facts.config);
    print_config(cli, "(service)", facts.service_config);
    out.line(
        "  The two differ: install from the same profile and state directory, or set OPENCLAW_STATE_DIR.");
  }
  print_audit(cli, facts);
  out.row("Gateway", "bind " + config.bind_host + ", port " + std::to_string(facts.port) + " (" +
                         facts.port_source + ")");
  if (const std::string note = facts.probe_note(); !note.empty()) out.row("Note", note);
  if (facts.owner && facts.owner->version != kVersion) {
    out.row("Version", "gateway " + facts.owner->version + ", this command " + std::string(kVersion));
  }
  out.row("Runtime", runtime_text(cli, facts));
  if (facts.rpc) print_probe(cli, facts);
  for (const platform::PortOwner& owner : facts.listeners) {
    out.row("Listener", owner.address + "  pid " + std::to_string(owner.pid) + " (" + owner.name + ")");
  }
  for (const service::OtherService& other : facts.others) {
    out.row("Also here",
            other.unit + " (" + other.file.string() + "): one gateway on a host is enough for most");
  }
  print_next_steps(cli, facts);
}

}  // namespace gw::cli
