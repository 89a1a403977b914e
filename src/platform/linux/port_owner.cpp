#include "platform/port_owner.hpp"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "platform/process_identity.hpp"

namespace gw::platform {
namespace {

constexpr const char* kListening = "0A";

/// `socket:[<inode>]` of every listening socket on that port.
std::set<std::string> listening_sockets(std::uint16_t port) {
  std::set<std::string> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream fields(line);
      std::string number, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >>
          inode;
      const std::size_t colon = local.find(':');
      if (state != kListening || colon == std::string::npos) continue;
      if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) == port)
        sockets.insert("socket:[" + inode + "]");
    }
  }
  return sockets;
}

bool holds_one(const std::filesystem::path& fd_dir, const std::set<std::string>& sockets) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(fd_dir, error)) {
    std::error_code link_error;
    const auto target = std::filesystem::read_symlink(entry.path(), link_error);
    if (!link_error && sockets.contains(target.string())) return true;
  }
  return false;
}

}  // namespace

std::vector<PortOwner> port_owners(std::uint16_t port) {
  std::vector<PortOwner> owners;
  const std::set<std::string> sockets = listening_sockets(port);
  if (sockets.empty()) return owners;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    int pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc{} || read.ptr != name.data() + name.size()) continue;
    if (holds_one(entry.path() / "fd", sockets)) owners.push_back({pid, process_name(pid)});
  }
  return owners;
}

}  // namespace gw::platform
