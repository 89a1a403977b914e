#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "cli/output.hpp"
#include "config/config.hpp"
#include "config/paths.hpp"

namespace gw::cli {

/// `gateway run` as asked for; the program hands it to the keeper.
struct RunRequest {
  config::Paths paths;
  config::Environment environment;  ///< As the root options change it.
  std::optional<std::uint16_t> port;
  std::optional<std::string> bind;
  std::optional<config::AuthMode> auth;
  Secret token;
  Secret password;
  bool allow_unconfigured = false;
  bool claims_port = false;
  bool verbose = false;
  bool no_keeper = false;
};

/// What a command works with. Nothing else reaches the outside.
struct Context {
  Output& out;
  config::Environment environment;
  config::Paths paths;
  std::function<int(const RunRequest&)> run_gateway;
  std::filesystem::path program;  ///< Where this program was found, symbolic links kept.
  bool is_terminal = false;       ///< Both sinks lead to people.
};

}  // namespace gw::cli
