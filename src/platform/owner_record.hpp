#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "platform/gateway_lock.hpp"

namespace gw::platform {

/// The owner id that stands in the record while `generation` serves: the keeper's, and the number. OpenClaw's
/// command line sees by a new id that a restart is over.
std::string generation_owner_id(const std::string& keeper_owner_id, std::int64_t generation);

/// Where the command line of OpenClaw 2026.9.6 looks for the process to restart (docs/cli/README.md).
std::filesystem::path owner_record_file(const std::filesystem::path& state_dir);

/// Tells OpenClaw's command line who serves. It locks nothing: that is GatewayLock's part. Removed at the
/// end.
class OwnerRecord {
 public:
  /// Shows nothing to anyone; for a keeper without a state directory.
  OwnerRecord() = default;
  OwnerRecord(std::filesystem::path file, LockOwner owner);
  OwnerRecord(OwnerRecord&& other) noexcept;
  OwnerRecord(const OwnerRecord&) = delete;
  OwnerRecord& operator=(const OwnerRecord&) = delete;
  ~OwnerRecord();

  /// For the next `show`.
  void set_port(std::uint16_t port) { owner_.port = port; }

  /// `generation` serves from now on. `Code::Conflict` when the file names another process that lives, which
  /// it then goes on naming; `Code::Unavailable` when it cannot be written.
  Status show(std::int64_t generation, const std::string& now_iso);

 private:
  bool is_ours() const;

  std::filesystem::path file_;
  LockOwner owner_;
};

}  // namespace gw::platform
