#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/ed25519.hpp"

namespace gw::config {

/// The key that this state directory signs with, gateway and command line alike.
struct DeviceIdentity {
  std::string device_id;
  crypto::KeyPair key;
};

/// Reads `file` (OpenClaw's form: `{version:1, deviceId, publicKeyPem, privateKeyPem, createdAtMs}`), or
/// makes it, mode 0600, in one step. `Code::Storage` when it can be neither read nor made,
/// `Code::InvalidRequest` when it is damaged. Of several
/// processes that make it at the same time, all get the one key that came first.
Result<DeviceIdentity> load_or_create_identity(const std::filesystem::path& file, UnixMillis now);

}  // namespace gw::config
