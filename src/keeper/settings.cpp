#include "base/text.hpp"
#include "config/edit.hpp"
#include "json/value.hpp"
#include "keeper/request.hpp"

namespace gw::keeper {
namespace {

using config::AuthMode;

std::unexpected<Refusal> refuse(std::string text) {
  return std::unexpected(Refusal{kExitConfig, std::move(text)});
}

bool is_placeholder(const Secret& secret) {
  const std::string text = lower_ascii(trimmed(secret.reveal()));
  return !secret.empty() && (text.empty() || text == "undefined" || text == "null");
}

/// Whether the file itself names the mode; otherwise it follows from the credentials.
bool file_names_auth_mode(const config::Config& config) {
  const json::Object* root = config.source.if_object();
  const json::Object* gateway = root ? json::object_at(*root, "gateway") : nullptr;
  const json::Object* auth = gateway ? json::object_at(*gateway, "auth") : nullptr;
  return auth && !json::text_or(*auth, "mode").empty();
}

std::expected<void, Refusal> check_mode(const Request& request, const config::Loaded& loaded) {
  const std::string file = request.paths.config_file.string();
  if (!loaded.issues.empty()) {
    return refuse("Invalid config at " + file + ":\n" + config::listed(loaded.issues));
  }
  if (request.allow_unconfigured) return {};
  if (!loaded.config.file_exists) {
    return refuse("Missing config: " + file +
                  " does not exist.\nWrite {\"gateway\":{\"mode\":\"local\"}} into it (gateway.mode says "
                  "what this machine does), or start with --allow-unconfigured to run on defaults.");
  }
  if (loaded.config.mode.empty()) {
    return refuse(
        "Gateway start blocked: " + file +
        " has no gateway.mode.\nThe file looks incomplete or "
        "clobbered; nothing is guessed. Set gateway.mode to \"local\", or pass --allow-unconfigured.");
  }
  if (loaded.config.mode != "local") {
    return refuse("Gateway start blocked: set gateway.mode=local (current: " + loaded.config.mode +
                  ") or pass --allow-unconfigured.");
  }
  return {};
}

std::expected<void, Refusal> decide_auth(const Request& request, const config::Config& config,
                                         Settings& settings) {
  settings.token = request.token.empty() ? config.token : request.token;
  settings.password = request.password.empty() ? config.password : request.password;
  settings.flags_have_credentials = !request.token.empty() || !request.password.empty();
  if (is_placeholder(settings.token) || is_placeholder(settings.password)) {
    return refuse("Gateway start blocked: the gateway token or password is a placeholder, not a secret.");
  }
  const bool is_named = request.auth.has_value() || file_names_auth_mode(config);
  if (!is_named && !settings.token.empty() && !settings.password.empty()) {
    return refuse(
        "Gateway start blocked: a token and a password are both configured and gateway.auth.mode is unset."
        "\nSet gateway.auth.mode to \"token\" or \"password\".");
  }
  const AuthMode inferred = settings.password.empty() ? AuthMode::Token : AuthMode::Password;
  settings.auth = is_named ? request.auth.value_or(config.auth_mode) : inferred;
  if (settings.auth == AuthMode::Password && settings.password.empty()) {
    return refuse(
        "Gateway start blocked: auth mode is password, but no password is configured.\nSet "
        "gateway.auth.password, OPENCLAW_GATEWAY_PASSWORD or --password-file.");
  }
  settings.needs_run_token = settings.auth == AuthMode::Token && settings.token.empty();
  return {};
}

}  // namespace

std::expected<Settings, Refusal> decide_settings(const Request& request, const config::Loaded& loaded) {
  Settings settings;
  settings.port = request.port.value_or(loaded.config.port);
  if (auto good = check_mode(request, loaded); !good) return std::unexpected(std::move(good).error());
  if (auto good = decide_auth(request, loaded.config, settings); !good) {
    return std::unexpected(std::move(good).error());
  }
  const bool is_guarded = settings.auth != AuthMode::None && !settings.needs_run_token;
  auto host = decide_bind_host(request, {.port = settings.port,
                                         .bind = request.bind.value_or(loaded.config.bind),
                                         .custom_bind_host = loaded.config.custom_bind_host,
                                         .is_guarded = is_guarded});
  if (!host) return std::unexpected(std::move(host).error());
  settings.bind_host = *std::move(host);
  return settings;
}

std::expected<std::string, Refusal> decide_bind_host(const Request& request, const ListenWish& wish) {
  if (wish.bind == "custom" && wish.custom_bind_host.empty())
    return refuse("--bind custom needs gateway.customBindHost in the configuration.");
  std::string host = config::bind_host_of(wish.bind, wish.custom_bind_host);
  if (wish.bind == "auto" && request.is_in_container) host = "0.0.0.0";
  if (wish.bind == "tailnet" && !request.tailnet_host.empty()) host = request.tailnet_host;
  if (!config::is_loopback(host) && !wish.is_guarded) {
    return refuse("Refusing to bind gateway to " + host +
                  " without auth.\nSet gateway.auth.token or gateway.auth.password, or bind to loopback.");
  }
  return host;
}

}  // namespace gw::keeper
