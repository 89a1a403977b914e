#include "platform/owner_record.hpp"

#include <unistd.h>
#include <utility>

#include "platform/private_file.hpp"

namespace gw::platform {
namespace {

// OpenClaw writes no boot id, and its file may lack the start time.
bool is_another_that_lives(const LockOwner& named, const ProcessIdentity& ours) {
  const auto living = identity_of(named.process.pid);
  if (!living || living->pid == ours.pid) return false;
  return named.process.start_time == 0 || named.process.start_time == living->start_time;
}

}  // namespace

std::string generation_owner_id(const std::string& keeper_owner_id, std::int64_t generation) {
  return keeper_owner_id + "/" + std::to_string(generation);
}

std::filesystem::path owner_record_file(const std::filesystem::path& state_dir) {
  return state_dir / "tmp" / ("openclaw-" + std::to_string(::getuid())) / "gateway.state.lock";
}

OwnerRecord::OwnerRecord(std::filesystem::path file, LockOwner owner)
    : file_(std::move(file)), owner_(std::move(owner)) {}

OwnerRecord::OwnerRecord(OwnerRecord&& other) noexcept
    : file_(std::exchange(other.file_, {})), owner_(std::move(other.owner_)) {}

OwnerRecord::~OwnerRecord() {
  std::error_code error;
  if (!file_.empty() && is_ours()) std::filesystem::remove(file_, error);
}

bool OwnerRecord::is_ours() const {
  const auto named = read_lock(file_);
  return named && named->process == owner_.process;
}

Status OwnerRecord::show(std::int64_t generation, const std::string& now_iso) {
  if (file_.empty()) return {};
  if (const auto named = read_lock(file_); named && is_another_that_lives(*named, owner_.process)) {
    return fail(Code::Conflict, file_.string() + " belongs to process " + std::to_string(named->process.pid));
  }
  if (auto made = make_private_dir(file_.parent_path()); !made) return made;
  LockOwner shown = owner_;
  shown.owner_id = generation_owner_id(owner_.owner_id, generation);
  shown.created_at = now_iso;
  return write_private_file(file_, lock_text(shown));
}

}  // namespace gw::platform
