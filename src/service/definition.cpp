#include "service/definition.hpp"

#include <algorithm>
#include <charconv>

namespace gw::service {
namespace {

namespace fs = std::filesystem;
using platform::ServiceSystem;

/// The program's own directory first, then the system's, then what a user puts into the home directory. Tools
/// of an agent that lie elsewhere come from `env` of the configuration.
std::string search_path(const DefinitionRequest& request) {
  std::vector<std::string> dirs{request.program.parent_path().string()};
  if (request.system == ServiceSystem::Launchd) dirs.emplace_back("/opt/homebrew/bin");
  dirs.insert(dirs.end(), {"/usr/local/bin", "/usr/bin", "/bin"});
  if (request.system == ServiceSystem::Launchd) dirs.insert(dirs.end(), {"/usr/sbin", "/sbin"});
  if (!request.home.empty()) {
    dirs.push_back((request.home / ".local/bin").string());
    dirs.push_back((request.home / "bin").string());
  }
  std::string all;
  std::vector<std::string> seen;
  for (const std::string& dir : dirs) {
    if (!dir.starts_with('/') || std::ranges::find(seen, dir) != seen.end()) continue;
    seen.push_back(dir);
    all += (all.empty() ? "" : ":") + dir;
  }
  return all;
}

fs::path environment_file(const DefinitionRequest& request) {
  switch (request.system) {
    case ServiceSystem::Systemd:
      return request.state_dir / "gateway.systemd.env";
    case ServiceSystem::Launchd:
      return request.state_dir / "service-env" / (request.unit + ".env");
    case ServiceSystem::TaskScheduler:
      break;  // A task has the variables of its user's account.
  }
  return {};
}

}  // namespace

const char* name_variable(ServiceSystem system) {
  switch (system) {
    case ServiceSystem::Systemd:
      break;
    case ServiceSystem::Launchd:
      return "OPENCLAW_LAUNCHD_LABEL";
    case ServiceSystem::TaskScheduler:
      return "OPENCLAW_WINDOWS_TASK_NAME";
  }
  return "OPENCLAW_SYSTEMD_UNIT";
}

Definition make_definition(const DefinitionRequest& request) {
  Definition made;
  made.description = "OpenClaw Gateway";
  if (!request.profile.empty()) made.description += " (profile: " + request.profile + ")";
  made.command = {request.wrapper.value_or(request.program).string(), "gateway", "--port",
                  std::to_string(request.port)};
  made.user = request.user;
  made.environment_file = environment_file(request);
  if (request.system != ServiceSystem::Systemd) made.working_dir = request.state_dir;
  const auto add = [&](const char* name, std::string value) {
    if (!value.empty()) made.environment.emplace_back(name, std::move(value));
  };
  add("HOME", request.home.string());
  if (request.system == ServiceSystem::Systemd) add("TMPDIR", request.temporary_dir);
  if (request.system == ServiceSystem::Launchd) add("TMPDIR", (request.state_dir / "tmp").string());
  if (request.system != ServiceSystem::TaskScheduler) add("PATH", search_path(request));
  add("OPENCLAW_PROFILE", request.profile);
  add("OPENCLAW_STATE_DIR", request.state_dir.string());
  add("OPENCLAW_CONFIG_PATH", request.config_file.string());
  add("OPENCLAW_GATEWAY_PORT", std::to_string(request.port));
  add(name_variable(request.system), request.unit);
  add("OPENCLAW_SERVICE_MARKER", "openclaw");
  add("OPENCLAW_SERVICE_KIND", "gateway");
  if (request.wrapper) add("OPENCLAW_WRAPPER", request.wrapper->string());
  return made;
}

std::string systemd_unit_name(const std::string& profile, const std::optional<std::string>& override_name) {
  constexpr std::string_view kSuffix = ".service";
  if (override_name && !override_name->empty()) {
    return override_name->ends_with(kSuffix) ? *override_name : *override_name + std::string(kSuffix);
  }
  return "openclaw-gateway" + (profile.empty() ? "" : "-" + profile) + std::string(kSuffix);
}

std::optional<std::uint16_t> port_of(const Definition& definition) {
  for (std::size_t i = 0; i + 1 < definition.command.size(); ++i) {
    if (definition.command[i] != "--port") continue;
    const std::string& text = definition.command[i + 1];
    std::uint16_t port = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size() && port > 0) return port;
  }
  return std::nullopt;
}

std::optional<std::string> variable_of(const Definition& definition, std::string_view name) {
  const auto at = std::ranges::find(definition.environment, name,
                                    [](const auto& entry) -> std::string_view { return entry.first; });
  if (at == definition.environment.end()) return std::nullopt;
  return at->second;
}

}  // namespace gw::service
