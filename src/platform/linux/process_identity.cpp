#include "platform/process_identity.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include "base/check.hpp"
#include "base/text.hpp"

namespace gw::platform {
namespace {

constexpr int kFieldsAfterName = 19;  // From the state (field 3) to the start time (field 22).

std::string read_all(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string proc(int pid, const char* name) { return "/proc/" + std::to_string(pid) + "/" + name; }

}  // namespace

std::optional<ProcessIdentity> identity_of(int pid) {
  if (pid <= 0) return std::nullopt;
  const std::string stat = read_all(proc(pid, "stat"));
  const std::size_t name_end = stat.rfind(')');  // The name itself may hold spaces and brackets.
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return std::nullopt;
  std::size_t at = name_end + 2;
  if (stat[at] == 'Z' || stat[at] == 'X') return std::nullopt;
  for (int i = 0; i < kFieldsAfterName; ++i) {
    at = stat.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  ProcessIdentity identity;
  identity.pid = pid;
  const auto read = std::from_chars(stat.data() + at, stat.data() + stat.size(), identity.start_time);
  if (read.ec != std::errc{}) return std::nullopt;
  identity.boot_id = trimmed(read_all("/proc/sys/kernel/random/boot_id"));
  return identity;
}

ProcessIdentity own_identity() {
  auto identity = identity_of(::getpid());
  GW_CHECK(identity.has_value());
  return *std::move(identity);
}

std::string process_name(int pid) { return std::string(trimmed(read_all(proc(pid, "comm")))); }

}  // namespace gw::platform
