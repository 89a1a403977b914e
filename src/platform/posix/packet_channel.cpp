#include "platform/packet_channel.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace gw::platform {
namespace {

void take_descriptors(msghdr& message, std::vector<Fd>& into) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      into.emplace_back(fd);
    }
  }
}

}  // namespace

Result<std::pair<PacketChannel, PacketChannel>> PacketChannel::make_pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return system_error(Code::Unavailable, "cannot make a socket pair");
  }
  return std::pair(PacketChannel(Fd(ends[0])), PacketChannel(Fd(ends[1])));
}

Status PacketChannel::send(std::string_view packet, std::span<const int> descriptors) {
  // The kernel only reads: iovec has no const form.
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  std::vector<char> control(descriptors.empty() ? 0 : CMSG_SPACE(descriptors.size_bytes()));
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  for (;;) {
    if (::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return {};
    if (errno != EINTR) return system_error(Code::Unavailable, "cannot send on the control channel");
  }
}

Result<std::optional<std::string>> PacketChannel::receive(std::size_t bytes_max,
                                                          std::vector<Fd>* descriptors) {
  std::string packet(bytes_max + 1, '\0');
  std::vector<char> control(descriptors ? CMSG_SPACE(kDescriptorsMax * sizeof(int)) : 0);
  iovec part{packet.data(), packet.size()};
  for (;;) {
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.empty() ? nullptr : control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (size < 0) return system_error(Code::Unavailable, "cannot read the control channel");
    if (descriptors) take_descriptors(message, *descriptors);
    if (size == 0) return fail(Code::Unavailable, "the control channel was closed");
    packet.resize(static_cast<std::size_t>(size));
    if (packet.size() > bytes_max) return fail(Code::Unavailable, "a control message is too long");
    if (descriptors && (message.msg_flags & MSG_CTRUNC) != 0) {
      return fail(Code::Unavailable, "not all descriptors of a control message could be taken");
    }
    return packet;
  }
}

}  // namespace gw::platform
