#include "gateway/handed_handshakes.hpp"

#include <utility>

#include "base/limits.hpp"
#include "platform/memory_file.hpp"
#include "protocol/handshakes.hpp"

namespace gw::gateway {
namespace {

// The sockets and the list of where they stand.
static_assert(limits::kHandedHandshakesMax + 1 <= platform::PacketChannel::kDescriptorsMax);

// Of the list as text: Base64, names and addresses around the bytes, and one connection past the limit.
constexpr std::size_t kListBytesMax = 2 * limits::kHandedHandshakeBytesMax;

net::Socket socket_of(platform::Fd& fd) { return net::Socket(fd.release()); }

}  // namespace

void HandedHandshakes::hand_over() {
  std::vector<net::HandedSocket> sockets = listener_.release_handshakes();
  if (!sockets.empty()) {
    if (auto sent = send(sockets); sent) {
      log_.info("gateway", "clients in mid-handshake handed over", {{"count", sockets.size()}});
    } else {
      log_.warn("gateway", "clients in mid-handshake could not be handed over",
                {{"count", sockets.size()}, {"error", sent.error().message}});
      for (net::HandedSocket& socket : sockets) (void)listener_.adopt(std::move(socket));
    }
  }
  if (const std::size_t left = listener_.handshake_count(); left > 0) {
    log_.warn("gateway", "clients in mid-handshake are closed", {{"count", left}});
  }
}

Status HandedHandshakes::send(const std::vector<net::HandedSocket>& sockets) {
  std::vector<handshakes::Handshake> states;
  for (const net::HandedSocket& socket : sockets) states.push_back(socket.state);
  auto list = platform::make_memory_file(handshakes::encode(states));
  if (!list) return std::unexpected(std::move(list).error());
  std::vector<int> descriptors{list->get()};
  for (const net::HandedSocket& socket : sockets) descriptors.push_back(socket.socket.fd());
  return keeper_.send(keeper::Handshakes{}, descriptors);
}

void HandedHandshakes::receive(std::vector<platform::Fd> descriptors) { received_ = std::move(descriptors); }

void HandedHandshakes::adopt() {
  if (received_.empty()) return;
  auto sockets = read(std::exchange(received_, {}));
  if (!sockets) {
    return log_.error("gateway", "clients in mid-handshake were lost", {{"error", sockets.error().message}});
  }
  std::size_t adopted = 0;
  for (net::HandedSocket& socket : *sockets) adopted += listener_.adopt(std::move(socket)) ? 1 : 0;
  log_.info("gateway", "clients in mid-handshake taken over",
            {{"count", adopted}, {"closed", sockets->size() - adopted}});
}

Result<std::vector<net::HandedSocket>> HandedHandshakes::read(std::vector<platform::Fd> descriptors) const {
  auto list = platform::read_memory_file(descriptors.front().get(), kListBytesMax);
  if (!list) return std::unexpected(std::move(list).error());
  auto states = handshakes::decode(*list);
  if (!states) return std::unexpected(std::move(states).error());
  if (states->size() + 1 != descriptors.size()) {
    return fail(Code::InvalidRequest, "the list of handshakes names " + std::to_string(states->size()) +
                                          " sockets, with it came " + std::to_string(descriptors.size() - 1));
  }
  std::vector<net::HandedSocket> sockets;
  for (std::size_t i = 0; i < states->size(); ++i) {
    sockets.push_back({socket_of(descriptors[i + 1]), std::move((*states)[i])});
  }
  return sockets;
}

}  // namespace gw::gateway
