#include "keeper/endpoint.hpp"

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

Result<bool> Endpoint::move(const ListenWish& wish) {
  auto host = parts_.decide(wish);
  if (!host) return fail(Code::InvalidRequest, std::move(host).error().text);
  if (*host == parts_.host && wish.port == port()) return false;
  auto opened = platform::listen_tcp_beside(parts_.listener, *host, wish.port);
  if (!opened) {
    Error error = std::move(opened).error();
    const std::string holders = error.code == Code::Conflict ? holders_of(wish.port) : "";
    if (!holders.empty()) error.message += "\n" + holders;
    return std::unexpected(std::move(error));
  }
  parts_.listener = *std::move(opened);
  parts_.host = *std::move(host);
  if (parts_.on_moved) parts_.on_moved(port());
  return true;
}

}  // namespace gw::keeper
