#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/secret.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/credentials.hpp"
#include "cli/failure.hpp"
#include "platform/gateway_lock.hpp"

namespace gw::cli {

/// The gateway that a command talks to, and with which secrets.
struct Target {
  std::string url;
  std::string source;  ///< `local loopback`, `cli --url`, …: stands in errors.
  std::string host;
  std::uint16_t port = 0;
  std::string path = "/";
  Secret token;
  Secret password;
  std::string credential_source;  ///< Who named the one that is sent; empty: nobody.
  std::string auth_warning;       ///< Of a probe, which goes on without credentials that cannot be had.
};

/// Everything that decides it. Plain data, so that the order of precedence can be tested.
struct TargetInput : CredentialInput {
  std::optional<std::string> url_flag;
  std::optional<std::string> port_flag;
  std::string tailnet_host;                   ///< This machine's address in a tailnet; empty: none.
  std::optional<std::uint16_t> running_port;  ///< Of the gateway that holds the lock of this state directory.
  bool is_probe = false;                      ///< Goes on without credentials where a call must not.
};

std::expected<Target, Failure> resolve_target(const TargetInput& input);

/// Reads configuration, lock and run token as they are now.
TargetInput target_input(const Context& cli, const Args& args);

/// With `--verbose`: which gateway it is, and where the credential came from, on stderr.
void tell_target(const Context& cli, const Args& args, const Target& target);

/// The gateway that the options of a command mean, told.
std::expected<Target, Failure> target_of(const Context& cli, const Args& args);

/// `--url`, `--token`, `--password`, `--port`, `--timeout`, `--verbose` and `--json`, as every command has
/// them that talks to a gateway; `own` stand before them.
std::vector<Option> connection_options(std::vector<Option> own = {});

/// The value of an option that is a number from 1 to `max`; nothing when it was not given.
std::expected<std::optional<std::int64_t>, Failure> count_of(const Args& args, std::string_view option,
                                                             std::int64_t max);

/// The value of `--timeout` in milliseconds, or `otherwise` when it was not given.
std::expected<Millis, Failure> timeout_of(const Args& args, Millis otherwise);

}  // namespace gw::cli
