#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "platform/fd.hpp"

namespace gw::platform {

/// One end of a local channel that keeps messages whole and in order. Never blocks. One thread at a time.
class PacketChannel {
 public:
  PacketChannel() = default;
  /// Takes over one end of a SOCK_SEQPACKET pair, e.g. an inherited one.
  explicit PacketChannel(Fd fd) : fd_(std::move(fd)) {}

  static Result<std::pair<PacketChannel, PacketChannel>> make_pair();

  int fd() const { return fd_.get(); }
  bool is_open() const { return static_cast<bool>(fd_); }
  void close() { fd_.reset(); }

  static constexpr std::size_t kDescriptorsMax = 253;  ///< Linux passes no more with one message.

  /// The other side gets duplicates of `descriptors`, at most kDescriptorsMax. `Code::Unavailable` when it is
  /// gone or does not read, or when the system passes no more descriptors.
  Status send(std::string_view packet, std::span<const int> descriptors = {});

  /// The next message; nothing when none waits. The descriptors that came with it are added to `descriptors`,
  /// or closed when there is no such place. `Code::Unavailable` when the other side is gone, for a message
  /// longer than `bytes_max`, and when not all descriptors could be taken.
  Result<std::optional<std::string>> receive(std::size_t bytes_max, std::vector<Fd>* descriptors = nullptr);

 private:
  Fd fd_;
};

}  // namespace gw::platform
