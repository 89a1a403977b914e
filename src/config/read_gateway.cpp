#include <arpa/inet.h>
#include <charconv>
#include <optional>

#include "base/text.hpp"
#include "config/read.hpp"

namespace gw::config {
namespace {

constexpr std::uint16_t kDevProfilePort = 19001;

// `N`, `host:N` or `[v6]:N`; nothing for any other text.
std::optional<std::uint16_t> port_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos || close == 1) return std::nullopt;
    text.remove_prefix(close + 2);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (colon == 0) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

void read_port(Reading& reading) {
  const auto variable = reading.environment("OPENCLAW_GATEWAY_PORT");
  if (const auto port = variable ? port_in(*variable) : std::nullopt) {
    reading.config.port = *port;
  } else if (!variable && reading.paths.profile == "dev") {
    reading.config.port = kDevProfilePort;
  } else {
    reading.config.port = static_cast<std::uint16_t>(reading.values.number("gateway.port"));
  }
}

bool is_present(const Reading& reading, std::string_view path) {
  const json::Value* value = reading.values.given(path);
  return value && !(value->is_string() && trimmed(json::view(value->get_string())).empty());
}

bool is_set(const Reading& reading, const char* name) {
  const auto value = reading.environment(name);
  return value && !trimmed(*value).empty();
}

// What `gateway.auth.mode` says, or what the credentials that are there make of it.
AuthMode auth_mode(Reading& reading) {
  const std::string name = reading.values.text("gateway.auth.mode");
  if (name == "none") return AuthMode::None;
  if (name == "token") return AuthMode::Token;
  if (name == "password") return AuthMode::Password;
  if (name == "trusted-proxy") {
    reading.issues.push_back(
        {"gateway.auth.mode", "trusted-proxy is not supported in this release: use token, password or none"});
    return AuthMode::Token;
  }
  const bool password = is_present(reading, "gateway.auth.password");
  if (password && is_present(reading, "gateway.auth.token")) {
    reading.issues.push_back(
        {"gateway.auth.mode",
         "token and password are both configured: set gateway.auth.mode to token or password"});
  }
  return password || is_set(reading, "OPENCLAW_GATEWAY_PASSWORD") ? AuthMode::Password : AuthMode::Token;
}

Secret credential(Reading& reading, const std::string& path, const std::string& variable) {
  if (const json::Value* value = reading.values.given(path)) return reading.resolver.secret(*value, path);
  return reading.resolver.secret_variable(variable, path);
}

// Only the credential of the active mode is looked up: a reference that nobody uses must not stop the
// gateway.
void read_auth(Reading& reading) {
  Config& config = reading.config;
  config.auth_mode = auth_mode(reading);
  if (config.auth_mode == AuthMode::Token) {
    config.token = credential(reading, "gateway.auth.token", "OPENCLAW_GATEWAY_TOKEN");
  } else if (config.auth_mode == AuthMode::Password) {
    config.password = credential(reading, "gateway.auth.password", "OPENCLAW_GATEWAY_PASSWORD");
    if (config.password.empty() && !is_present(reading, "gateway.auth.password")) {
      reading.issues.push_back(
          {"gateway.auth.password",
           "password mode needs a password: set it here or in OPENCLAW_GATEWAY_PASSWORD"});
    }
  }
}

void read_listening(Reading& reading) {
  Config& config = reading.config;
  config.bind = reading.values.text("gateway.bind");
  config.custom_bind_host = reading.values.text("gateway.customBindHost");
  in_addr address{};
  if (!config.custom_bind_host.empty() &&
      ::inet_pton(AF_INET, config.custom_bind_host.c_str(), &address) != 1) {
    reading.issues.push_back({"gateway.customBindHost", "expected an IPv4 address like 192.168.1.10"});
  } else if (IN_MULTICAST(ntohl(address.s_addr)) || address.s_addr == INADDR_BROADCAST) {
    reading.issues.push_back(
        {"gateway.customBindHost", "nobody can connect to a multicast or broadcast address"});
  }
  if (config.bind == "custom" && config.custom_bind_host.empty()) {
    reading.issues.push_back({"gateway.bind", "custom needs gateway.customBindHost"});
  }
  config.bind_host = bind_host_of(config.bind, config.custom_bind_host);
  if (reading.values.flag("gateway.tls.enabled")) {
    reading.issues.push_back(
        {"gateway.tls.enabled",
         "TLS is not supported in this release: reach the gateway through an SSH tunnel"});
  }
}

ReloadMode reload_mode(std::string_view name) {
  if (name == "off") return ReloadMode::Off;
  if (name == "hot") return ReloadMode::Hot;
  return name == "restart" ? ReloadMode::Restart : ReloadMode::Hybrid;
}

}  // namespace

std::string bind_host_of(std::string_view bind, const std::string& custom_bind_host) {
  if (bind == "lan") return "0.0.0.0";
  return bind == "custom" && !custom_bind_host.empty() ? custom_bind_host : "127.0.0.1";
}

bool is_loopback(std::string_view host) { return host.starts_with("127."); }

std::string_view name_of(AuthMode mode) {
  switch (mode) {
    case AuthMode::None:
      return "none";
    case AuthMode::Token:
      return "token";
    case AuthMode::Password:
      return "password";
  }
  return "token";
}

void read_gateway(Reading& reading) {
  Config& config = reading.config;
  read_port(reading);
  read_listening(reading);
  read_auth(reading);
  const Values& values = reading.values;
  config.mode = values.text("gateway.mode");
  for (const std::string& origin : values.texts("gateway.controlUi.allowedOrigins"))
    config.allowed_origins.emplace_back(trimmed(origin));
  config.reload_mode = reload_mode(values.text("gateway.reload.mode"));
  config.reload_debounce = Millis{values.number("gateway.reload.debounceMs")};
  config.deferral_limit = Millis{values.number("gateway.reload.deferralTimeoutMs")};
  config.allow_restart = values.flag("commands.restart");
}

}  // namespace gw::config
