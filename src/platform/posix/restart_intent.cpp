#include "platform/restart_intent.hpp"

#include <array>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "json/value.hpp"
#include "platform/fd.hpp"

namespace gw::platform {
namespace {

constexpr std::int64_t kIntentBytesMax = 1'024;     // OpenClaw's own limit.
constexpr std::int64_t kIntentAgeMsMax = 60'000;    // OpenClaw's own limit.
constexpr std::int64_t kWaitMsMax = 2'147'000'000;  // As gateway.restart.request takes it.

// Nothing for anything but a small file of one name: one with a second name is somebody else's.
std::optional<std::string> read_and_remove(const std::filesystem::path& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts{};
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_nlink != 1) {
    return std::nullopt;
  }
  std::array<char, kIntentBytesMax> bytes{};
  const ssize_t size = facts.st_size <= kIntentBytesMax ? ::read(fd.get(), bytes.data(), bytes.size()) : -1;
  ::unlink(file.c_str());
  if (size < 0) return std::nullopt;
  return std::string(bytes.data(), static_cast<std::size_t>(size));
}

}  // namespace

std::filesystem::path restart_intent_file(const std::filesystem::path& state_dir) {
  return state_dir / "gateway-restart-intent.json";
}

std::optional<RestartIntent> take_restart_intent(const std::filesystem::path& file, int pid, UnixMillis now) {
  const auto text = read_and_remove(file);
  if (!text) return std::nullopt;
  const auto value = json::parse(*text);
  const json::Object* object = value ? value->if_object() : nullptr;
  if (!object || json::text_or(*object, "kind") != "gateway-restart") return std::nullopt;
  const std::int64_t age_ms = now.value - json::int_or(*object, "createdAt", 0);
  if (json::int_or(*object, "pid", 0) != pid || age_ms < 0 || age_ms > kIntentAgeMsMax) return std::nullopt;
  RestartIntent intent;
  intent.is_forced = json::bool_or(*object, "force", false);
  const std::int64_t wait_ms = json::int_or(*object, "waitMs", -1);
  if (wait_ms >= 0 && wait_ms <= kWaitMsMax) intent.wait = Millis{wait_ms};
  return intent;
}

}  // namespace gw::platform
