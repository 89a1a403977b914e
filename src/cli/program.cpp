#include "cli/program.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/version.hpp"
#include "cli/help.hpp"
#include "cli/parse.hpp"
#include "cli/service_access.hpp"

namespace gw::cli {
namespace {

constexpr const char* kDevPort = "19001";

// Variables that name a service, and how the names begin that follow from a profile.
constexpr std::array<std::pair<const char*, const char*>, 3> kServiceNames{
    {{"OPENCLAW_SYSTEMD_UNIT", "openclaw-gateway"},
     {"OPENCLAW_LAUNCHD_LABEL", "ai.openclaw."},
     {"OPENCLAW_WINDOWS_TASK_NAME", "OpenClaw Gateway"}}};

bool asks_for_json(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "--json") != words.end();
}

/// The environment as the root options change it.
Result<config::Environment> environment_for(const Program& program, const Args& root, std::string& profile) {
  profile = root.text("--profile").value_or("");
  if (root.has("--dev")) {
    if (!profile.empty() && profile != "dev") {
      return fail(Code::InvalidRequest, "Cannot combine --dev with --profile");
    }
    profile = "dev";
  }
  std::map<std::string, std::optional<std::string>> changed;  // Nothing: unset.
  if (!profile.empty()) {
    // An agent inside of a gateway passes the name of that gateway's service on; a profile that is named has
    // its own.
    for (const auto& [name, usual] : kServiceNames) {
      if (program.environment(name).value_or("").starts_with(usual)) changed[name] = std::nullopt;
    }
  }
  if (profile == "dev" && !program.environment("OPENCLAW_GATEWAY_PORT"))
    changed["OPENCLAW_GATEWAY_PORT"] = kDevPort;
  if (const auto level = root.text("--log-level")) changed["OPENCLAW_LOG_LEVEL"] = *level;
  if (changed.empty()) return program.environment;
  return [inner = program.environment, changed](const std::string& name) -> std::optional<std::string> {
    const auto at = changed.find(name);
    return at == changed.end() ? inner(name) : at->second;
  };
}

bool may_colour(const Program& program, const Args& root) {
  if (root.has("--no-color") || program.environment("NO_COLOR").has_value()) return false;
  return program.is_terminal || program.environment("FORCE_COLOR").has_value();
}

int run_parsed(const Program& program, const Parsed& parsed, Output& out) {
  if (parsed.wants_version) {
    out.raw(std::string(kVersion) + "\n");
    return 0;
  }
  if (parsed.wants_help) {
    out.raw(help_for(parsed.path, commands()));
    return 0;
  }
  std::string profile;
  auto environment = environment_for(program, parsed.root, profile);
  if (!environment) return out.problem(cli_failure(environment.error().message));
  if (const auto fault = unknown_manager(*environment)) return out.problem(cli_failure(*fault));
  auto paths = config::resolve_paths(*environment, profile);
  if (!paths) return out.problem(cli_failure(paths.error().message));
  Context context{out,          *std::move(environment), *std::move(paths), program.run_gateway,
                  program.path, program.is_terminal};
  return parsed.command->run(context, parsed.args);
}

}  // namespace

int run(const Program& program) {
  auto parsed = parse(program.words, commands());
  if (!parsed) {
    Output out(program.sinks, asks_for_json(program.words), false);
    return out.problem(cli_failure(parsed.error().message));
  }
  Output out(program.sinks, parsed->args.has("--json"), may_colour(program, parsed->root));
  const int code = run_parsed(program, *parsed, out);
  return out.finish() || code != 0 ? code : 1;
}

}  // namespace gw::cli
