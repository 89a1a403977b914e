#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "config/config.hpp"
#include "config/paths.hpp"

namespace gw::keeper {

inline constexpr int kExitConfig = 78;  ///< Service managers do not start us again after this one.

/// `openclaw gateway run` as asked for on the command line.
struct Request {
  config::Paths paths;
  config::Environment environment;
  std::vector<std::string> all_environment;  ///< `NAME=value`, what generations inherit.
  std::filesystem::path program;             ///< Where `openclaw` is installed; generations lie beside it.
  std::optional<std::uint16_t> port;         ///< 0: the kernel chooses.
  std::optional<std::string> bind;           ///< loopback, lan, tailnet, auto, custom.
  std::optional<config::AuthMode> auth;
  std::string tailnet_host;  ///< This machine's address in a tailnet; empty: none.
  bool is_in_container = false;
  Secret token;
  Secret password;
  bool allow_unconfigured = false;
  bool claims_port = false;  ///< `--force`: who listens on the port is ended first.
  bool verbose = false;
  bool no_keeper = false;
};

/// Why the gateway does not start: text for people and the exit code.
struct Refusal {
  int exit_code = 1;
  std::string text;
};

/// Where a configuration, flags included, wants the gateway to listen.
struct ListenWish {
  std::uint16_t port = 0;
  std::string bind;              ///< loopback, lan, tailnet, auto, custom.
  std::string custom_bind_host;  ///< Of `custom`.
  bool is_guarded = false;       ///< A client has to know a secret that the operator chose.
};

/// What it starts with, flags and configuration taken together.
struct Settings {
  std::uint16_t port = 0;
  std::string bind_host;
  config::AuthMode auth = config::AuthMode::Token;
  Secret token;
  Secret password;
  bool needs_run_token = false;         ///< Token mode, and nobody named a token.
  bool flags_have_credentials = false;  ///< They win over the file's.
};

/// The guards of a start, in their documented order (docs/cli/README.md).
std::expected<Settings, Refusal> decide_settings(const Request& request, const config::Loaded& loaded);

/// The address that `wish.bind` means on this machine; refused beyond loopback when it is not guarded.
std::expected<std::string, Refusal> decide_bind_host(const Request& request, const ListenWish& wish);

}  // namespace gw::keeper
