#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace gw::config {

/// Looks up one environment variable; only `apps` passes the real `getenv`.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Where things of one gateway live (`OPENCLAW_STATE_DIR`, `OPENCLAW_CONFIG_PATH`, `OPENCLAW_HOME`, `HOME`, profile).
struct Paths {
  std::filesystem::path state_dir;    ///< `~/.openclaw`, or `~/.openclaw-<profile>`.
  std::filesystem::path config_file;  ///< `<state>/openclaw.json`.
  std::filesystem::path database() const { return state_dir / "gateway.sqlite"; }
  std::filesystem::path lock_file() const { return state_dir / "gateway.lock"; }
  std::filesystem::path device_key() const { return state_dir / "identity" / "device.json"; }
  std::filesystem::path log_dir() const { return state_dir / "logs"; }
};

/// `profile` is empty for the default one. `Code::InvalidRequest` for a bad profile name or when no home is known.
Result<Paths> resolve_paths(const Environment& environment, const std::string& profile);

}  // namespace gw::config
