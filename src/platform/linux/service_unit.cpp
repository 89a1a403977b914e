#include "platform/service_unit.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

namespace gw::platform {
namespace {

std::string read_all(int pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Whether the environment, entries ended by a NUL, has that entry.
bool has_entry(const std::string& environment, const std::string& entry) {
  return ('\0' + environment).find('\0' + entry + '\0') != std::string::npos;
}

std::optional<int> user_of(std::string_view path) {
  constexpr std::string_view kManager = "/user@";
  const std::size_t at = path.find(kManager);
  if (at == std::string_view::npos) return std::nullopt;
  path.remove_prefix(at + kManager.size());
  int user = 0;
  const auto read = std::from_chars(path.data(), path.data() + path.size(), user);
  return read.ec == std::errc() && read.ptr != path.data() + path.size() && *read.ptr == '.'
             ? std::optional(user)
             : std::nullopt;
}

}  // namespace

std::optional<ServiceUnit> unit_of_cgroup(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view path = lines.substr(0, end);
    lines.remove_prefix(std::min(lines.size(), end + 1));
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (path.find('/') == std::string_view::npos || !name.ends_with(".service")) continue;
    return ServiceUnit{std::string(name), user_of(path)};
  }
  return std::nullopt;
}

std::optional<ServiceUnit> service_unit_of(const ProcessIdentity& process) {
  const auto unit = unit_of_cgroup(read_all(process.pid, "cgroup"));
  if (!unit) return std::nullopt;
  // What a shell or an agent inside of a service starts is in its group, too. systemd names the process that
  // it starts itself; the unit that we write names itself, should a wrapper stand between the two.
  const std::string environment = read_all(process.pid, "environ");
  const bool is_main = has_entry(environment, "SYSTEMD_EXEC_PID=" + std::to_string(process.pid)) ||
                       has_entry(environment, "OPENCLAW_SYSTEMD_UNIT=" + unit->name);
  return is_main && identity_of(process.pid) == process ? unit : std::nullopt;
}

}  // namespace gw::platform
