#include "platform/surroundings.hpp"

#include <arpa/inet.h>
#include <array>
#include <filesystem>
#include <ifaddrs.h>
#include <memory>
#include <netinet/in.h>

namespace gw::platform {
namespace {

constexpr in_addr_t kTailnet = 0x64400000;  // 100.64.0.0
constexpr in_addr_t kTailnetMask = 0xffc00000;

}  // namespace

std::string tailnet_address() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  for (const ifaddrs* at = all.get(); at; at = at->ifa_next) {
    if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET) continue;
    const in_addr address = reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr;
    if ((ntohl(address.s_addr) & kTailnetMask) != kTailnet) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    return ::inet_ntop(AF_INET, &address, text.data(), text.size()) ? text.data() : "";
  }
  return {};
}

bool is_in_container() {
  // Docker, Podman and systemd-nspawn leave these.
  for (const char* sign : {"/.dockerenv", "/run/.containerenv", "/run/systemd/container"}) {
    std::error_code error;
    if (std::filesystem::exists(sign, error)) return true;
  }
  return false;
}

}  // namespace gw::platform
