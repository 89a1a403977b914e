#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/callback.hpp"
#include "base/result.hpp"
#include "json/value.hpp"
#include "ports/device_store.hpp"

namespace gw::rpc {

/// What a device asks for when it connects. Its proof has been checked; `public_key` is the base64url of 32
/// bytes.
struct PairingAsk {
  std::string device_id;
  std::string public_key;
  std::string role;
  std::vector<std::string> scopes;  ///< Known names only.
  std::string platform;
  std::string device_family;
  std::string display_name;
  std::string client_id;
  std::string client_mode;
  std::string address;
};

/// Why a device needs an approval. The order is the order of the checks.
enum class PairingReason { NotPaired, RoleUpgrade, ScopeUpgrade, MetadataUpgrade };

/// `not-paired`, `role-upgrade`, …
std::string_view name_of(PairingReason reason);

/// Which approvals a connecting device gets without asking a person.
struct SilentApproval {
  bool new_device = false;
  bool role = false;
  bool scopes = false;
  bool metadata = false;
};

/// What a paired device holds for one role.
struct Grant {
  Secret token;
  UnixMillis issued_at;
};

struct PairingRefused {
  PairingReason reason;
  std::string request_id;
  std::vector<std::string> approved_roles;
  std::vector<std::string> approved_scopes;
};

/// A device that waits for a person.
struct PendingPairing {
  std::string request_id;
  PairingAsk ask;
  bool is_repair = false;  ///< The device is already known.
  UnixMillis asked_at;
};

enum class TokenCheck { Ok, Wrong, UnknownDevice };

/// The paired devices, in memory, written through to a DeviceStore. Lives on the control thread; the store
/// must outlive it. After its end no completion of its own is called any more.
class DeviceRegistry {
 public:
  /// `device.pair.requested` and `device.pair.resolved` with their payloads.
  using Listener = std::function<void(std::string_view event, const json::Object& payload)>;
  using AdmitOutcome = std::expected<Grant, std::variant<PairingRefused, Error>>;

  explicit DeviceRegistry(DeviceStore& store);

  /// Once, before clients connect. Fails as the store does; the registry then stays empty and not loaded.
  void load(Completion<void> done);
  bool is_loaded() const { return is_loaded_; }
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  /// Nothing when the device has no pairing for that role.
  const Device* find(std::string_view device_id, std::string_view role) const;
  /// Compares in constant time.
  TokenCheck check_token(std::string_view device_id, std::string_view role, std::string_view token) const;

  /// Admits a device: as it is, or after a silent approval, or not at all (then a pending request is left
  /// behind). What changed is in the store before `done` is called; when saving fails nothing has changed.
  /// Connects of one device are handled one after the other.
  void admit(PairingAsk ask, SilentApproval silent, UnixMillis now, Callback<AdmitOutcome> done);

  /// Oldest first.
  std::vector<PendingPairing> pending(UnixMillis now);
  /// Pairs the device of a pending request. `Code::NotFound` with `unknown requestId`, or as the store fails.
  void approve(std::string_view request_id, UnixMillis now, Completion<Device> done);
  /// The device id of the request that was dropped.
  Result<std::string> reject(std::string_view request_id, UnixMillis now);

  /// `{pending, paired}` as in `device.pair.list`. Tokens are never listed.
  json::Object list(UnixMillis now);

 private:
  using Key = std::pair<std::string, std::string>;  // Id and role.

  std::vector<const Device*> rows_of(std::string_view device_id) const;
  std::vector<PairingReason> approvals_needed(const PairingAsk& ask) const;
  PairingRefused refuse(const PairingAsk& ask, PairingReason reason, UnixMillis now);
  Device approved_row(const PairingAsk& ask, UnixMillis now) const;
  void save(Device device, Completion<Device> done);
  void resolve(const std::string& device_id, std::string_view decision, UnixMillis now);
  void expire_pending(UnixMillis now);
  void announce(std::string_view event, const json::Object& payload) const;

  DeviceStore& store_;
  Listener listener_;
  bool is_loaded_ = false;
  std::map<Key, Device, std::less<>> devices_;
  std::vector<PendingPairing> pending_;
  std::map<std::string, std::vector<Callback<>>, std::less<>>
      saving_;  // Device id: who waits for its save to end.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace gw::rpc
