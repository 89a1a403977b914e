#include "cli/credentials.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "config/secrets.hpp"
#include "config/validate.hpp"

namespace gw::cli {
namespace {

using config::AuthMode;

constexpr std::string_view kTokenVariable = "OPENCLAW_GATEWAY_TOKEN";
constexpr std::string_view kPasswordVariable = "OPENCLAW_GATEWAY_PASSWORD";

/// One credential with its origin; empty when nobody names it.
struct Found {
  Secret value;
  std::string source;
};

Failure unavailable(std::string_view path, const std::string& why) {
  Failure failure = cli_failure("GATEWAY_SECRET_REF_UNAVAILABLE: " + std::string(path) +
                                    " is a secret reference that cannot be followed: " + why,
                                "mend it, or pass --token or --password");
  failure.code = "GATEWAY_SECRET_REF_UNAVAILABLE";
  return failure;
}

/// The first of `sources` that holds something usable: names of variables, and paths of the file.
std::expected<Found, Failure> first_of(const CredentialInput& input,
                                       std::initializer_list<std::string_view> sources) {
  for (const std::string_view source : sources) {
    if (!source.contains('.')) {
      const std::string value(trimmed(input.environment(std::string(source)).value_or("")));
      if (!config::is_placeholder(value)) return Found{Secret(value), std::string(source)};
      continue;
    }
    auto secret = config::secret_at(input.config, source, input.environment, input.look_up);
    if (!secret) return std::unexpected(unavailable(source, secret.error().message));
    if (!secret->empty()) return Found{*std::move(secret), std::string(source)};
  }
  return Found{};
}

Credentials as_token(Found found) { return {std::move(found.value), {}, std::move(found.source)}; }
Credentials as_password(Found found) { return {{}, std::move(found.value), std::move(found.source)}; }

bool is_for_proxies(const config::Config& config) {
  const json::Object* root = config.source.if_object();
  const json::Object* auth = root ? config::object_at_path(*root, "gateway.auth") : nullptr;
  return auth && json::text_or(*auth, "mode") == "trusted-proxy";
}

std::expected<Credentials, Failure> local(const CredentialInput& input) {
  if (is_for_proxies(input.config) || input.config.auth_mode == AuthMode::None) return Credentials{};
  if (input.config.auth_mode == AuthMode::Password) {
    auto found = first_of(input, {"gateway.auth.password", kPasswordVariable, "gateway.remote.password"});
    if (!found) return std::unexpected(std::move(found).error());
    return as_password(*std::move(found));
  }
  auto found = first_of(input, {"gateway.auth.token", kTokenVariable, "gateway.remote.token"});
  if (!found) return std::unexpected(std::move(found).error());
  if (found->value.empty() && !input.run_token.empty()) return as_token({input.run_token, "run-token"});
  return as_token(*std::move(found));
}

/// Which of the two the other side wants is not known here: it gets both.
std::expected<Credentials, Failure> both(const CredentialInput& input,
                                         std::initializer_list<std::string_view> tokens,
                                         std::initializer_list<std::string_view> passwords) {
  auto token = first_of(input, tokens);
  if (!token) return std::unexpected(std::move(token).error());
  auto password = first_of(input, passwords);
  if (!password) return std::unexpected(std::move(password).error());
  std::string source = token->source.empty() ? password->source : token->source;
  return Credentials{std::move(token->value), std::move(password->value), std::move(source)};
}

}  // namespace

std::expected<Credentials, Failure> credentials_for(Recipient recipient, const CredentialInput& input) {
  if (!input.token_flag.empty() || !input.password_flag.empty()) {
    return Credentials{input.token_flag, input.password_flag,
                       input.token_flag.empty() ? "--password" : "--token"};
  }
  switch (recipient) {
    case Recipient::Stranger:
      return Credentials{};
    case Recipient::Environment:
      return both(input, {kTokenVariable}, {kPasswordVariable});
    case Recipient::Remote:
      return both(input, {"gateway.remote.token", kTokenVariable, "gateway.auth.token"},
                  {kPasswordVariable, "gateway.remote.password", "gateway.auth.password"});
    case Recipient::Local:
      return local(input);
  }
  return Credentials{};
}

}  // namespace gw::cli
