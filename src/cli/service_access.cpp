#include "cli/service_access.hpp"

#include "config/edit.hpp"
#include "service/systemd_manager.hpp"

namespace gw::cli {
namespace {

constexpr std::string_view kProgram = "openclaw ";

}  // namespace

std::filesystem::path user_unit_dir(const Context& cli) {
  const auto config = cli.environment("XDG_CONFIG_HOME");
  const bool is_told = config && !config->empty();
  return (is_told ? std::filesystem::path(*config) : config::expand_home("~/.config", cli.environment)) /
         "systemd/user";
}

std::unique_ptr<service::Manager> service_manager(const Context& cli, bool wants_system) {
  const std::string unit =
      service::systemd_unit_name(cli.paths.profile, cli.environment("OPENCLAW_SYSTEMD_UNIT"));
  std::error_code error;
  const bool is_only_system =
      service::has_system_unit(unit) && !std::filesystem::exists(user_unit_dir(cli) / unit, error);
  const auto scope = wants_system || is_only_system ? service::Scope::System : service::Scope::User;
  return service::make_systemd_manager({.scope = scope, .unit = unit, .environment = cli.environment});
}

std::optional<std::string> foreign_state_dir(const Context& cli, const service::State& state) {
  if (!state.definition) return std::nullopt;
  const auto home = service::variable_of(*state.definition, "HOME");
  const std::string usual = "/.openclaw" + (cli.paths.profile.empty() ? "" : "-" + cli.paths.profile);
  const auto told = service::variable_of(*state.definition, "OPENCLAW_STATE_DIR");
  const std::filesystem::path theirs = told   ? *told
                                       : home ? *home + usual
                                              : config::expand_home("~" + usual, cli.environment).string();
  if (theirs.lexically_normal() == cli.paths.state_dir.lexically_normal()) return std::nullopt;
  return theirs.string();
}

bool is_ours(const Context& cli, const service::State& state) {
  return state.is_installed && !foreign_state_dir(cli, state);
}

bool is_nix_mode(const Context& cli) {
  const std::string value = cli.environment("OPENCLAW_NIX_MODE").value_or("");
  return !value.empty() && value != "0";
}

json::Object service_json(const service::Manager& manager, bool is_loaded) {
  return {{"label", manager.label()},
          {"loaded", is_loaded},
          {"loadedText", "enabled"},
          {"notLoadedText", "disabled"}};
}

int report(Context& cli, const Action& action) {
  json::Object document{{"action", action.name}, {"ok", action.is_ok}};
  if (!action.result.empty()) document["result"] = action.result;
  if (!action.message.empty()) document[action.is_ok ? "message" : "error"] = action.message;
  json::Array warnings;
  for (const std::string& warning : action.warnings) warnings.emplace_back(warning);
  if (!warnings.empty()) document["warnings"] = std::move(warnings);
  json::Array hints;
  json::Array items;
  for (const service::Hint& hint : action.hints) {
    hints.emplace_back(hint.text);
    items.push_back({{"kind", hint.kind}, {"text", hint.text}});
  }
  if (!hints.empty()) {
    document["hints"] = std::move(hints);
    document["hintItems"] = std::move(items);
  }
  if (action.service) document["service"] = *action.service;
  cli.out.document(document);
  if (cli.out.is_json()) return action.is_ok ? 0 : 1;
  for (const std::string& warning : action.warnings) cli.out.note("warning: " + warning);
  if (action.is_ok) {
    cli.out.line(action.message);
  } else {
    cli.out.note(cli.out.bad("error: ") + action.message);
  }
  for (const service::Hint& hint : action.hints) {
    action.is_ok ? cli.out.line("Try: " + hint.text) : cli.out.note("Try: " + hint.text);
  }
  return action.is_ok ? 0 : 1;
}

std::vector<service::Hint> hints_for(const Context& cli, const service::Problem& problem) {
  auto hints = service::hints_for(problem, service::look_around());
  const std::string words = service::profile_words(cli.paths.profile);
  for (service::Hint& hint : hints) {
    if (const std::size_t at = hint.text.find(kProgram); at != std::string::npos)
      hint.text.insert(at + kProgram.size(), words);
  }
  return hints;
}

std::optional<Action> invalid_config(const Context& cli, std::string_view name) {
  const auto loaded = config::load(cli.paths, cli.environment);
  if (loaded && loaded->issues.empty()) return std::nullopt;
  const std::string why =
      loaded ? "the configuration is invalid:\n" + config::listed(loaded->issues) : loaded.error().message;
  return Action{
      .name = name, .is_ok = false, .message = why, .hints = {{"generic", "openclaw config validate"}}};
}

int report_problem(Context& cli, std::string_view name, const service::Manager& manager,
                   const service::Problem& problem) {
  return report(cli, {.name = name,
                      .is_ok = false,
                      .message = "Gateway service " + std::string(name) + " failed: " + problem.text,
                      .hints = hints_for(cli, problem),
                      .service = service_json(manager, false)});
}

}  // namespace gw::cli
