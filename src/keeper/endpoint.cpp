#include "keeper/endpoint.hpp"

#include <algorithm>
#include <utility>

#include "platform/port_owner.hpp"

namespace gw::keeper {

std::string holders_of(std::uint16_t port) {
  std::string text;
  for (const auto& owner : platform::port_owners(port)) {
    if (!text.empty()) text += "\n";
    text += "Port " + std::to_string(port) + " is held by pid " + std::to_string(owner.pid) + " (" +
            owner.name + ").";
  }
  return text;
}

namespace {

constexpr const char* kLoopback = "127.0.0.1";

std::vector<std::string> hosts_of(const std::string& host) {
  if (host == "0.0.0.0" || config::is_loopback(host)) return {host};
  return {host, kLoopback};
}

std::unexpected<Error> with_holders(Error error, std::uint16_t port) {
  const std::string holders = error.code == Code::Conflict ? holders_of(port) : "";
  if (!holders.empty()) error.message += "\n" + holders;
  return std::unexpected(std::move(error));
}

/// Opens what `hosts` lacks in `present`, of which those that stay are taken only when all could be opened.
Result<std::vector<platform::Listener>> open_all(std::vector<platform::Listener>& present,
                                                 const std::vector<std::string>& hosts, std::uint16_t port) {
  const auto find = [&](const std::string& host) {
    return std::ranges::find_if(present,
                                [&](const auto& one) { return one.host == host && one.port == port; });
  };
  std::vector<platform::Listener> all;
  for (const std::string& host : hosts) {
    all.emplace_back();
    if (find(host) != present.end()) continue;
    auto opened = platform::listen_tcp_beside(present, host, port);
    if (!opened) return with_holders(std::move(opened).error(), port);
    port = opened->port;  // The kernel's choice is for all.
    all.back() = *std::move(opened);
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (!all[i].fd) all[i] = std::move(*find(hosts[i]));
  }
  return all;
}

}  // namespace

Result<std::vector<platform::Listener>> open_listeners(const std::string& host, std::uint16_t port) {
  std::vector<platform::Listener> none;
  return open_all(none, hosts_of(host), port);
}

std::vector<int> Endpoint::fds() const {
  std::vector<int> fds;
  for (const auto& listener : parts_.listeners) fds.push_back(listener.fd.get());
  return fds;
}

Result<bool> Endpoint::move(const ListenWish& wish) {
  auto decided = parts_.decide(wish);
  if (!decided) return fail(Code::InvalidRequest, std::move(decided).error().text);
  if (*decided == host() && wish.port == port()) return false;
  auto opened = open_all(parts_.listeners, hosts_of(*decided), wish.port);
  if (!opened) return std::unexpected(std::move(opened).error());
  parts_.listeners = *std::move(opened);
  if (parts_.on_moved) parts_.on_moved(port());
  return true;
}

}  // namespace gw::keeper
