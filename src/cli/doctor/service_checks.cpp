#include <algorithm>

#include "cli/doctor/checks.hpp"
#include "service/hints.hpp"

/// The gateway that runs, its port, and its service.
namespace gw::cli::doctor {
namespace {

std::string command(const Facts& facts, std::string_view words) {
  return "openclaw " + service::profile_words(facts.paths.profile) + std::string(words);
}

Finding about_problem(const Facts& facts, const ServiceFacts& service) {
  // A container without a service manager is no fault of the gateway that runs in it.
  const auto kind = service.state.error().kind;
  Finding finding{.code = "service-manager-unavailable",
                  .severity = facts.is_owner_alive || kind == service::Problem::Kind::NoManager
                                  ? Severity::Info
                                  : Severity::Warning,
                  .message = "the service manager cannot be asked: " + service.state.error().text};
  if (kind == service::Problem::Kind::NoUserBus) finding.code = "service-no-user-bus";
  for (const service::Hint& hint : service.hints)
    finding.fix += (finding.fix.empty() ? "" : "; ") + hint.text;
  return finding;
}

Finding about_stopped(const Facts& facts, const ServiceFacts& service) {
  const service::State& state = *service.state;
  Finding finding{.code = state.active_state == "failed" ? "service-failed" : "service-stopped",
                  .severity = state.active_state == "failed" ? Severity::Error : Severity::Warning,
                  .message = service.unit + " is installed and does not run (" + state.active_state +
                             (state.result.empty() || state.result == "success" ? "" : ", " + state.result) +
                             ")",
                  .path = state.file.string(),
                  .fix = "start it",
                  .repair = Repair::StartService};
  if (facts.is_owner_alive) {
    finding.code = "service-beside-foreground";
    finding.severity = Severity::Warning;
    finding.message = "the gateway runs as process " + std::to_string(facts.lock_owner->process.pid) +
                      " outside of its service " + service.unit + ", which is stopped";
    finding.fix = "stop that process, then: " + command(facts, "gateway start");
    finding.repair.reset();
  } else if (!facts.loaded.issues.empty()) {
    finding.fix = "mend the configuration first, then: " + command(facts, "gateway start");
    finding.repair.reset();
  }
  return finding;
}

}  // namespace

Findings check_gateway(const Facts& facts) {
  if (facts.is_owner_alive && !facts.probe_error.empty()) {
    return {
        {.code = "gateway-not-answering",
         .severity = Severity::Error,
         .message = "the gateway (process " + std::to_string(facts.lock_owner->process.pid) +
                    ") lets us not in: " + facts.probe_error,
         .fix = command(facts, "gateway status --deep") + ", then: " + command(facts, "gateway restart")}};
  }
  const service::State* state = facts.service && facts.service->state ? &*facts.service->state : nullptr;
  const bool is_installed = state && (state->is_installed || state->fault);
  if (facts.is_owner_alive || facts.is_remote() || is_installed) return {};
  return {{.code = "gateway-down",
           .severity = Severity::Info,
           .message = "no gateway runs, and none is installed as a service",
           .fix = command(facts, "gateway install") +
                  " (or, in the foreground: " + command(facts, "gateway run") + ")"}};
}

Findings check_port(const Facts& facts) {
  if (facts.is_owner_alive || facts.is_remote() || facts.listeners.empty()) return {};
  const platform::PortOwner& owner = facts.listeners.front();
  const std::string port = std::to_string(facts.loaded.config.port);
  Finding finding{.code = "port-taken",
                  .severity = Severity::Error,
                  .message = "another program, " + owner.name + " (pid " + std::to_string(owner.pid) +
                             "), listens on port " + port,
                  .path = "gateway.port",
                  .fix = "stop it, or: " + command(facts, "config set gateway.port <another>")};
  if (owner.name.starts_with("ssh")) {
    finding.code = "port-ssh-tunnel";
    finding.severity = Severity::Warning;
    finding.message = "an SSH tunnel (pid " + std::to_string(owner.pid) + ") holds port " + port +
                      ": what answers there is the gateway at its other end";
    finding.fix = "close the tunnel, or tunnel from another local port";
  } else if (owner.name.starts_with("openclaw")) {
    finding.code = "port-other-gateway";
    finding.message = "the gateway of another state directory (pid " + std::to_string(owner.pid) +
                      ") listens on port " + port;
    finding.fix =
        "give each gateway a port of its own: " + command(facts, "config set gateway.port <another>");
  }
  return {std::move(finding)};
}

Findings check_service_state(const Facts& facts) {
  if (!facts.service) return {};
  const ServiceFacts& service = *facts.service;
  if (!service.state) return {about_problem(facts, service)};
  const service::State& state = *service.state;
  Findings findings;
  if (!state.is_installed) return findings;
  if (service.foreign_state_dir) {
    return {
        {.code = "service-foreign",
         .severity = Severity::Info,
         .message = service.unit + " is the service of " + *service.foreign_state_dir + "; it is left alone",
         .path = state.file.string(),
         .fix = "give this instance a name of its own: openclaw --profile <name> gateway install"}};
  }
  if (!state.is_running() && state.active_state != "activating") {
    findings.push_back(about_stopped(facts, service));
  }
  // One that is not loaded is back after the next login.
  if (!state.is_enabled && service.system != platform::ServiceSystem::Launchd) {
    const bool is_unit = service.system == platform::ServiceSystem::Systemd;
    findings.push_back({.code = "service-disabled",
                        .severity = Severity::Warning,
                        .message = service.unit + " does not start by itself",
                        .path = state.file.string(),
                        .fix = is_unit ? service::systemctl_words(service.scope, "enable " + service.unit)
                                       : command(facts, "gateway install --force")});
  }
  return findings;
}

Findings check_service_drift(const Facts& facts) {
  Findings findings;
  if (!facts.service || !facts.service->state) return findings;
  const service::State& state = *facts.service->state;
  for (const service::DriftIssue& issue : facts.service->drift) {
    Finding finding{.code = issue.code,
                    .severity = issue.is_grave ? Severity::Error : Severity::Warning,
                    .message = service::change_of(issue) + issue.message,
                    .path = state.file.string(),
                    .fix = issue.remedy};
    if (issue.remedy.empty()) {
      finding.fix = "write the unit again and restart the service";
      finding.repair = Repair::ReinstallService;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

Findings check_service_surroundings(const Facts& facts) {
  Findings findings;
  if (!facts.service || !facts.service->state || !facts.service->state->is_installed) return findings;
  const ServiceFacts& service = *facts.service;
  if (service.outlives_sessions == false) {
    findings.push_back({.code = "service-linger",
                        .severity = Severity::Warning,
                        .message = "the service ends when you log out",
                        .fix = "sudo loginctl enable-linger \"$(id -un)\"",
                        .repair = Repair::EnableLinger});
  }
  if (service.has_system_twin) {
    findings.push_back(
        {.code = "service-twin",
         .severity = Severity::Warning,
         .message = "the system has a unit " + service.unit + ", too; only one of the two can hold the port",
         .fix = "sudo systemctl disable --now " + service.unit});
  }
  return findings;
}

}  // namespace gw::cli::doctor
