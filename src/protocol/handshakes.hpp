#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

/// Connections without a hello, written down by one generation and gone on with by another (docs/restart.md,
/// "Clients in mid-handshake").
namespace gw::handshakes {

inline constexpr int kVersion = 1;

/// Where one of them stands. Its socket goes beside it.
struct Handshake {
  std::string peer_address;
  bool peer_is_loopback = false;
  bool is_websocket = false;  ///< Upgraded: `head` is complete, and the last three members count.
  std::string head;           ///< The bytes of the HTTP request head so far.
  std::string unsent;         ///< For the peer, and not yet taken by the kernel.
  Instant deadline{};         ///< It ends when it is not through by then.

  std::string input;    ///< To be read before what the socket still has: a message under way or unanswered.
  std::string conn_id;  ///< These two the client may have seen.
  std::string nonce;

  /// What it counts against `limits::kHandedHandshakeBytesMax`.
  std::size_t size_bytes() const { return head.size() + unsent.size() + input.size(); }
};

/// One JSON text for all. Holds secrets of clients: it may not be logged or reach a disk.
std::string encode(const std::vector<Handshake>& handshakes);

/// `Code::InvalidRequest` for text that is not such a list, whole and of kVersion.
Result<std::vector<Handshake>> decode(std::string_view text);

}  // namespace gw::handshakes
