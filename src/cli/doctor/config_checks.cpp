#include <algorithm>

#include "base/text.hpp"
#include "cli/doctor/checks.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"

/// What stands in the configuration file.
namespace gw::cli::doctor {
namespace {

constexpr std::size_t kIgnoredNamedMax = 8;
constexpr std::size_t kTokenCharsMin = 16;

bool is_usable(const Facts& facts) { return facts.can_load() && facts.loaded.config.file_exists; }

bool has_syntax_error(const Facts& facts) {
  return std::ranges::any_of(facts.loaded.issues, [](const config::Issue& i) { return i.path.empty(); });
}

const json::Object& root_of(const Facts& facts) {
  static const json::Object kNothing;
  const json::Object* root = facts.loaded.config.source.if_object();
  return root ? *root : kNothing;
}

bool has_value(const Facts& facts, std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const json::Object* parent = dot == std::string_view::npos
                                   ? &root_of(facts)
                                   : config::object_at_path(root_of(facts), path.substr(0, dot));
  return parent && parent->contains(path.substr(dot == std::string_view::npos ? 0 : dot + 1));
}

bool is_ambiguous(const Facts& facts) {
  return has_value(facts, "gateway.auth.token") && has_value(facts, "gateway.auth.password") &&
         !has_value(facts, "gateway.auth.mode");
}

Finding judged(const Facts& facts, const config::Issue& issue) {
  Finding finding{.code = "config-invalid",
                  .severity = Severity::Error,
                  .message = issue.text(),
                  .path = issue.path,
                  .fix = "openclaw config set " + issue.path + " <value>"};
  if (!issue.message.starts_with(config::kUnknownKey)) return finding;
  finding.code = "config-unknown-key";
  finding.fix = "remove the key";
  finding.repair = Repair::RemoveKey;
  const std::string place(config::right_place_of(issue.path));
  if (place.empty()) return finding;
  if (has_value(facts, place)) {
    finding.fix += "; " + place + " is set already";
    return finding;
  }
  finding.code = "config-legacy-key";
  finding.fix = "move its value to " + place;
  finding.repair = Repair::MoveKey;
  return finding;
}

bool is_placeholder(const Secret& secret) {
  const std::string text = lower_ascii(trimmed(secret.reveal()));
  return text == "undefined" || text == "null" || text == "changeme";
}

}  // namespace

Findings check_config_file(const Facts& facts) {
  const std::string file = facts.paths.config_file.string();
  if (!facts.can_load()) {
    return {{.code = "config-unreadable",
             .severity = Severity::Error,
             .message = facts.load_error,
             .path = file,
             .fix = "make " + file + " a file that this user may read"}};
  }
  if (!facts.loaded.config.file_exists) {
    return {{.code = "config-missing",
             .severity = Severity::Error,
             .message = "there is no configuration; the gateway does not start without one",
             .path = file,
             .fix = "write one with gateway.mode \"local\"",
             .repair = Repair::SetModeLocal}};
  }
  Findings findings;
  for (const config::Issue& issue : facts.loaded.issues) {
    if (!issue.path.empty()) continue;
    Finding finding{.code = "config-syntax",
                    .severity = Severity::Error,
                    .message = issue.message,
                    .path = file,
                    .fix = "correct the file by hand; earlier versions of it are " + file + ".bak*"};
    if (facts.has_last_good) {
      finding.fix = "restore " + last_good_file(facts.paths).string() + " and keep the broken file beside it";
      finding.repair = Repair::RestoreLastGood;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

Findings check_config_keys(const Facts& facts) {
  Findings findings;
  for (const config::Issue& issue : facts.loaded.issues) {
    if (issue.path.empty()) continue;  // Of the whole file.
    if (issue.path == "gateway.auth.mode" && is_ambiguous(facts)) {
      findings.push_back(
          {.code = "auth-ambiguous",
           .severity = Severity::Error,
           .message = "a token and a password are both configured, and nothing says which one counts",
           .path = issue.path,
           .fix = "openclaw config set gateway.auth.mode token (or password)"});
      continue;
    }
    findings.push_back(judged(facts, issue));
  }
  return findings;
}

Findings check_ignored_keys(const Facts& facts) {
  const auto& ignored = facts.loaded.config.ignored;
  if (ignored.empty()) return {};
  std::string names;
  for (std::size_t i = 0; i < std::min(ignored.size(), kIgnoredNamedMax); ++i) {
    names += (i == 0 ? "" : ", ") + ignored[i];
  }
  if (ignored.size() > kIgnoredNamedMax) {
    names += " and " + std::to_string(ignored.size() - kIgnoredNamedMax) + " more";
  }
  return {{.code = "config-ignored",
           .severity = Severity::Info,
           .message = "keys without effect in this release: " + names,
           .path = facts.paths.config_file.string()}};
}

Findings check_mode(const Facts& facts) {
  if (!is_usable(facts) || has_syntax_error(facts)) return {};
  if (facts.is_remote()) {
    return {{.code = "config-mode-remote",
             .severity = Severity::Info,
             .message = "this machine uses a gateway elsewhere; its own service is not looked at",
             .path = "gateway.mode"}};
  }
  if (!facts.loaded.config.mode.empty() || has_value(facts, "gateway.mode")) return {};
  return {{.code = "config-mode-missing",
           .severity = Severity::Error,
           .message = "not set; the gateway does not start",
           .path = "gateway.mode",
           .fix = "set it to \"local\"",
           .repair = Repair::SetModeLocal}};
}

Findings check_credentials(const Facts& facts) {
  if (!is_usable(facts) || has_syntax_error(facts) || facts.is_remote()) return {};
  const config::Config& config = facts.loaded.config;
  const Secret& secret = config.auth_mode == config::AuthMode::Password ? config.password : config.token;
  const std::string path =
      config.auth_mode == config::AuthMode::Password ? "gateway.auth.password" : "gateway.auth.token";
  if (config.auth_mode == config::AuthMode::None) return {};
  if (secret.empty()) {
    // A password that is missing, and a reference that leads nowhere, are issues of the configuration.
    if (config.auth_mode != config::AuthMode::Token || has_value(facts, path)) return {};
    return {{.code = "auth-token-missing",
             .severity = Severity::Warning,
             .message = "no token is configured; each start makes one that other machines cannot know",
             .path = path,
             .fix = "generate one and save it",
             .repair = Repair::SaveNewToken}};
  }
  if (is_placeholder(secret)) {
    return {{.code = "auth-placeholder",
             .severity = Severity::Error,
             .message = "this is a placeholder, not a secret",
             .path = path,
             .fix = "openclaw config set " + path + " <a long random text>"}};
  }
  if (config.auth_mode == config::AuthMode::Token && secret.reveal().size() < kTokenCharsMin) {
    return {{.code = "auth-token-weak",
             .severity = Severity::Warning,
             .message = "the token has fewer than 16 characters; it can be guessed",
             .path = path,
             .fix = "openclaw config set " + path + " <a long random text>"}};
  }
  return {};
}

Findings check_token_drift(const Facts& facts) {
  const config::Config& config = facts.loaded.config;
  const auto differs = [&](const char* path, const Secret& variable, const Secret& value) {
    return has_value(facts, path) && !variable.empty() && !value.empty() &&
           trimmed(variable.reveal()) != value.reveal();
  };
  const bool is_token = config.auth_mode == config::AuthMode::Token;
  const char* path = is_token ? "gateway.auth.token" : "gateway.auth.password";
  const char* variable = is_token ? "OPENCLAW_GATEWAY_TOKEN" : "OPENCLAW_GATEWAY_PASSWORD";
  if (!differs(path, is_token ? facts.environment_token : facts.environment_password,
               is_token ? config.token : config.password)) {
    return {};
  }
  return {{.code = "auth-drift",
           .severity = Severity::Warning,
           .message = std::string(variable) + " is set to something else; the configuration wins",
           .path = path,
           .fix = std::string("unset ") + variable}};
}

Findings check_exposure(const Facts& facts) {
  const config::Config& config = facts.loaded.config;
  Findings findings;
  // One that is a reference is not followed here.
  const bool has_secret = (config.auth_mode == config::AuthMode::Token &&
                           (!config.token.empty() || has_value(facts, "gateway.auth.token"))) ||
                          (config.auth_mode == config::AuthMode::Password &&
                           (!config.password.empty() || has_value(facts, "gateway.auth.password")));
  if (!config.bind_host.starts_with("127.") && config.bind_host != "::1" && !has_secret) {
    findings.push_back({.code = "bind-exposed",
                        .severity = Severity::Error,
                        .message = "it would listen on " + config.bind_host + " without a token or password",
                        .path = "gateway.bind",
                        .fix = "openclaw config set gateway.bind loopback"});
  }
  if (std::ranges::find(config.allowed_origins, "*") != config.allowed_origins.end()) {
    findings.push_back({.code = "origins-any",
                        .severity = Severity::Warning,
                        .message = "every web page may talk to the gateway through a browser",
                        .path = "gateway.controlUi.allowedOrigins",
                        .fix = "name the origins of your own pages only"});
  }
  return findings;
}

}  // namespace gw::cli::doctor
