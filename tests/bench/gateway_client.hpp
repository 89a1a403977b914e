#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "protocol/websocket.hpp"

namespace gw::bench {

using Clock = std::chrono::steady_clock;

/// What every program here is told on its command line.
struct Options {
  std::uint16_t port = 18789;
  std::string token;
  int connections = 8;
  int depth = 1;  ///< Requests under way on each connection.
  std::chrono::milliseconds time{3'000};
  std::chrono::milliseconds pause{
      0};  ///< Between two rounds of connect_gap; leaves a slow gateway time for other work.
};

/// Reads `--port N --token T --connections N --depth N --ms N --pause-ms N`; nothing when something else
/// stands there.
std::optional<Options> parse(int argc, char** argv);

std::int64_t micros(Clock::duration span);

/// The value below which the given share of `samples` lies; 0 without samples. Reorders them.
std::int64_t percentile(std::vector<std::int64_t>& samples, double share);

/// One request as bytes on the wire, to be sent any number of times.
std::string request_frame(std::string_view json);

/// A greeted connection to a gateway on this machine. Blocking, with a deadline of 30 s for each call.
class GatewayClient {
 public:
  /// Connects, upgrades and says hello. `Code::Unavailable` when the connection is refused; `Code::TimedOut`
  /// when it ends or nothing comes before the hello.
  static Result<GatewayClient> open(const Options& options);

  GatewayClient(GatewayClient&& other) noexcept;
  GatewayClient& operator=(GatewayClient&&) = delete;
  ~GatewayClient();

  int descriptor() const { return descriptor_; }
  Status send(std::string_view bytes);

  /// Waits for the next response, passing over events. `Code::Conflict` when it is an error.
  Status wait_response();

  /// Reads what has arrived and returns how many responses were in it. Does not wait when the descriptor was
  /// readable.
  Result<int> read_some();

 private:
  explicit GatewayClient(int descriptor);
  Status upgrade(std::uint16_t port);
  Result<std::string> next_message();

  int descriptor_ = -1;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // What of the buffer was read and not yet decoded.
  ws::Decoder decoder_{ws::Role::Client, 26'214'400};
};

}  // namespace gw::bench
