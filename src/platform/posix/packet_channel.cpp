#include "platform/packet_channel.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace gw::platform {

Result<std::pair<PacketChannel, PacketChannel>> PacketChannel::make_pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return system_error(Code::Unavailable, "cannot make a socket pair");
  }
  return std::pair(PacketChannel(Fd(ends[0])), PacketChannel(Fd(ends[1])));
}

Status PacketChannel::send(std::string_view packet) {
  for (;;) {
    if (::send(fd_.get(), packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return {};
    if (errno != EINTR) return system_error(Code::Unavailable, "cannot send on the control channel");
  }
}

Result<std::optional<std::string>> PacketChannel::receive(std::size_t bytes_max) {
  std::string packet(bytes_max + 1, '\0');
  for (;;) {
    const ssize_t size = ::recv(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (size < 0) return system_error(Code::Unavailable, "cannot read the control channel");
    if (size == 0) return fail(Code::Unavailable, "the control channel was closed");
    packet.resize(static_cast<std::size_t>(size));
    if (packet.size() > bytes_max) return fail(Code::Unavailable, "a control message is too long");
    return packet;
  }
}

}  // namespace gw::platform
