#include "platform/gateway_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json/value.hpp"

namespace gw::platform {

Result<GatewayLock> GatewayLock::acquire(const std::filesystem::path& file) {
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error(Code::Unavailable, "cannot open the lock file " + file.string());
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(Code::Conflict, "another process holds " + file.string());
    return system_error(Code::Unavailable, "cannot lock " + file.string());
  }
  return GatewayLock(std::move(fd));
}

GatewayLock::~GatewayLock() {
  if (fd_ && !is_kept_) (void)!::ftruncate(fd_.get(), 0);
}

Status GatewayLock::publish(const LockOwner& owner) {
  std::string text = lock_text(owner);
  // In one write over what is there: a reader finds the one or the other, and a full disk takes nothing away.
  struct stat info{};
  if (::fstat(fd_.get(), &info) == 0 && static_cast<off_t>(text.size()) < info.st_size)
    text.resize(static_cast<std::size_t>(info.st_size), ' ');
  if (::pwrite(fd_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return system_error(Code::Unavailable, "cannot write the lock file");
  }
  return {};
}

void GatewayLock::keep_for_next_program() {
  is_kept_ = true;
  (void)set_inheritable(fd_.get(), true);
}

std::string lock_text(const LockOwner& owner) {
  return json::pretty(json::Object{{"pid", owner.process.pid},
                                   {"ownerId", owner.owner_id},
                                   {"port", owner.port},
                                   {"startTime", owner.process.start_time},
                                   {"bootId", owner.process.boot_id},
                                   {"configPath", owner.config_path},
                                   {"stateDir", owner.state_dir},
                                   {"createdAt", owner.created_at},
                                   {"version", owner.version}});
}

namespace {

// A reader may meet the writer in the middle of a text: then it looks again.
std::optional<json::Value> read_object(const std::filesystem::path& file) {
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i) {
    std::ifstream stream(file);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (text.empty()) return std::nullopt;
    if (auto value = json::parse(text); value && value->is_object()) return *std::move(value);
  }
  return std::nullopt;
}

}  // namespace

std::optional<LockOwner> read_lock(const std::filesystem::path& file) {
  const auto value = read_object(file);
  if (!value) return std::nullopt;
  const json::Object* object = value->if_object();
  LockOwner owner;
  owner.process.pid = static_cast<int>(json::int_or(*object, "pid", 0));
  owner.process.start_time = json::int_or(*object, "startTime", 0);
  owner.process.boot_id = json::text_or(*object, "bootId");
  owner.owner_id = json::text_or(*object, "ownerId");
  owner.port = static_cast<std::uint16_t>(json::int_or(*object, "port", 0));
  owner.config_path = json::text_or(*object, "configPath");
  owner.state_dir = json::text_or(*object, "stateDir");
  owner.created_at = json::text_or(*object, "createdAt");
  owner.version = json::text_or(*object, "version");
  return owner;
}

std::optional<LockOwner> live_lock_owner(const std::filesystem::path& file) {
  auto owner = read_lock(file);
  if (!owner || identity_of(owner->process.pid) != owner->process) return std::nullopt;
  return owner;
}

}  // namespace gw::platform
