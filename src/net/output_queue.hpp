#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "protocol/websocket.hpp"

namespace gw::net {

/// What waits to be written to one socket. Payloads are shared, never copied.
class OutputQueue {
 public:
  enum class Outcome {
    Drained,  ///< Everything is with the kernel.
    Waiting,  ///< Go on when the socket can be written again.
    Broken,   ///< The peer is gone.
  };

  /// `header` goes in front of `payload`.
  void push(const ws::FrameHeader& header, std::shared_ptr<const std::string> payload);
  /// `bytes` as they are.
  void push(std::string bytes);

  /// Hands over as much as the kernel takes, up to a bound that keeps one fast reader from holding up the
  /// loop.
  Outcome write_to(int fd);

  /// A copy of what is not yet taken by the kernel.
  std::string unsent() const;

  /// Not yet taken by the kernel.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    ws::FrameHeader header;
    std::shared_ptr<const std::string> payload;
    std::size_t size() const { return header.size + payload->size(); }
  };

  void drop_written(std::size_t count);
  void forget_written_entries();

  std::vector<Entry> entries_;
  std::size_t first_ = 0;        // Entries before this one are written.
  std::size_t front_bytes_ = 0;  // Written bytes of the first entry.
  std::size_t bytes_ = 0;
};

}  // namespace gw::net
