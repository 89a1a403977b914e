#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "platform/fd.hpp"
#include "platform/process_identity.hpp"

namespace gw::platform {

/// Who runs the gateway of a state directory: the payload of `<state>/gateway.lock` (docs/cli/README.md).
struct LockOwner {
  ProcessIdentity process;
  std::string owner_id;  ///< A uuid, new for each start of a keeper.
  std::uint16_t port = 0;
  std::string config_path;
  std::string state_dir;
  std::string created_at;
  std::string version;
};

/// The right to run the gateway of one state directory. The kernel frees it when its holder ends, however it
/// ends.
class GatewayLock {
 public:
  /// `Code::Conflict` when another process holds it, `Code::Unavailable` when the file cannot be opened.
  static Result<GatewayLock> acquire(const std::filesystem::path& file);

  GatewayLock(GatewayLock&&) noexcept = default;
  GatewayLock& operator=(GatewayLock&&) noexcept = default;
  /// Empties the file: no owner.
  ~GatewayLock();

  /// Tells readers who holds it.
  Status publish(const LockOwner& owner);
  /// Hands the lock to the program that this process becomes; the payload stays.
  void keep_for_next_program();

 private:
  explicit GatewayLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  bool is_kept_ = false;
};

/// The payload as the file holds it, JSON.
std::string lock_text(const LockOwner& owner);

/// What the file says, true or not; nothing for a missing, empty or damaged one.
std::optional<LockOwner> read_lock(const std::filesystem::path& file);

/// The same, if the process it names still lives: same number, start time and boot.
std::optional<LockOwner> live_lock_owner(const std::filesystem::path& file);

}  // namespace gw::platform
