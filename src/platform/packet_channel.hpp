#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

  /// `Code::Unavailable` when the other side is gone or does not read.
  Status send(std::string_view packet);

  /// The next message; nothing when none waits. `Code::Unavailable` when the other side is gone, or for a
  /// message longer than `bytes_max`.
  Result<std::optional<std::string>> receive(std::size_t bytes_max);

 private:
  Fd fd_;
};

}  // namespace gw::platform
