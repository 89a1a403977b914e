#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gw::config {

/// Looks up one environment variable; only `apps` passes the real `getenv`.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Where things of one gateway live (`OPENCLAW_STATE_DIR`, `OPENCLAW_CONFIG_PATH`, `OPENCLAW_HOME`, `HOME`,
/// profile).
struct Paths {
  std::string profile;                ///< The active one (`OPENCLAW_PROFILE` counts); empty for the default.
  std::filesystem::path state_dir;    ///< `~/.openclaw`, or `~/.openclaw-<profile>`.
  std::filesystem::path config_file;  ///< `<state>/openclaw.json`.
  /// A copy of the file with which the gateway last started or went on.
  std::filesystem::path last_good() const { return config_file.string() + ".last-good"; }
  std::filesystem::path database() const { return state_dir / "gateway.sqlite"; }
  std::filesystem::path lock_file() const { return state_dir / "gateway.lock"; }
  /// Not OpenClaw's `device.json`: its newer releases refuse a state directory where that file stands.
  std::filesystem::path device_key() const { return state_dir / "identity" / "native-device.json"; }
  std::filesystem::path log_dir() const { return state_dir / "logs"; }
};

/// The text with a leading `~` replaced by the home directory (`OPENCLAW_HOME`, `HOME`, `USERPROFILE`, the
/// first that is not blank); unchanged when no home is known.
std::filesystem::path expand_home(std::string_view text, const Environment& environment);

/// `profile` is empty for the default one. `Code::InvalidRequest` for a bad profile name or when no home is
/// known. A profile named here beats `OPENCLAW_PROFILE`; location variables inherited from that other profile
/// are then dropped.
Result<Paths> resolve_paths(const Environment& environment, const std::string& profile);

}  // namespace gw::config
