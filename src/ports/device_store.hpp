#pragma once

#include <string>
#include <vector>

#include "base/callback.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

namespace gw {

/// A paired device and the token it was given for one role.
struct Device {
  std::string id;          ///< Lower-case hexadecimal SHA-256 of the public key.
  std::string public_key;  ///< base64url.
  std::string role;
  std::vector<std::string> scopes;
  std::string platform;
  std::string device_family;
  std::string display_name;
  Secret token;
  UnixMillis paired_at;
  UnixMillis issued_at;  ///< Of the token.
};

/// Call on the control thread; completions arrive there. Fails with `Code::Storage`.
class DeviceStore {
 public:
  virtual ~DeviceStore() = default;
  virtual void load_devices(Completion<std::vector<Device>> done) = 0;
  /// Inserts or replaces by id and role.
  virtual void save_device(Device device, Completion<void> done) = 0;
};

}  // namespace gw
