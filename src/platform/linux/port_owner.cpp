#include "platform/port_owner.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <pwd.h>
#include <sstream>
#include <sys/stat.h>

#include "platform/command_words.hpp"
#include "platform/private_file.hpp"
#include "platform/process_identity.hpp"

namespace gw::platform {
namespace {

constexpr const char* kListening = "0A";

/// An address as the kernel's tables write it: hexadecimal words in the byte order of the machine.
std::string readable(const std::string& hex, std::uint16_t port) {
  constexpr std::size_t kWordChars = 8;
  std::array<std::uint32_t, 4> words{};
  const bool is_v6 = hex.size() == 4 * kWordChars;
  for (std::size_t i = 0; i < (is_v6 ? 4U : 1U); ++i) {
    words[i] =
        static_cast<std::uint32_t>(std::strtoul(hex.substr(i * kWordChars, kWordChars).c_str(), nullptr, 16));
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(is_v6 ? AF_INET6 : AF_INET, words.data(), text.data(), text.size());
  const std::string host(text.data());
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

/// `socket:[<inode>]` of every socket that listens on that port, with its address.
std::map<std::string, std::string> listening_sockets(std::uint16_t port) {
  std::map<std::string, std::string> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);  // The titles.
    while (std::getline(file, line)) {
      std::istringstream fields(line);
      std::string number, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >>
          inode;
      const std::size_t colon = local.find(':');
      // The kernel lists those that listen first; behind them may be thousands of connections.
      if (state != kListening) break;
      if (colon == std::string::npos) continue;
      if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) != port) continue;
      sockets["socket:[" + inode + "]"] = readable(local.substr(0, colon), port);
    }
  }
  return sockets;
}

/// The address of the first of those sockets that a process has open; empty: none.
std::string address_held(const std::filesystem::path& fd_dir,
                         const std::map<std::string, std::string>& sockets) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(fd_dir, error)) {
    std::error_code link_error;
    const auto target = std::filesystem::read_symlink(entry.path(), link_error);
    const auto at = link_error ? sockets.end() : sockets.find(target.string());
    if (at != sockets.end()) return at->second;
  }
  return {};
}

std::string command_line(const std::filesystem::path& process) {
  const std::string raw = read_file_start(process / "cmdline");
  std::vector<std::string> words;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t end = std::min(raw.find('\0', at), raw.size());
    words.push_back(raw.substr(at, end - at));
    at = end + 1;
  }
  std::string shown;
  for (const std::string& word : without_secrets(words)) shown += (shown.empty() ? "" : " ") + word;
  return shown;
}

std::string account(const std::filesystem::path& process) {
  struct stat info{};
  if (::stat(process.c_str(), &info) != 0) return {};
  const passwd* entry = ::getpwuid(info.st_uid);
  return entry ? entry->pw_name : std::to_string(info.st_uid);
}

/// The fourth field of `stat`; the second may hold spaces and ends with the last parenthesis.
int parent_of(const std::filesystem::path& process) {
  const std::string text = read_file_start(process / "stat");
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(text.substr(end + 1));
  std::string state;
  int parent = 0;
  fields >> state >> parent;
  return parent;
}

}  // namespace

std::vector<PortOwner> port_owners(std::uint16_t port) {
  std::vector<PortOwner> owners;
  const auto sockets = listening_sockets(port);
  if (sockets.empty()) return owners;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    int pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc{} || read.ptr != name.data() + name.size()) continue;
    std::string address = address_held(entry.path() / "fd", sockets);
    if (address.empty()) continue;
    owners.push_back({.pid = pid,
                      .parent = parent_of(entry.path()),
                      .name = process_name(pid),
                      .command_line = command_line(entry.path()),
                      .user = account(entry.path()),
                      .address = std::move(address)});
  }
  return owners;
}

}  // namespace gw::platform
