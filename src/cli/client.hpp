#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cli/failure.hpp"
#include "cli/target.hpp"
#include "config/device_identity.hpp"
#include "json/value.hpp"
#include "platform/stream_socket.hpp"
#include "protocol/websocket.hpp"

namespace gw::cli {

/// Who we say we are.
struct Identity {
  std::string client_id = "cli";
  std::string mode = "cli";
  std::vector<std::string> scopes;
  std::optional<config::DeviceIdentity> device;  ///< Signs the handshake; none for a probe.
};

/// One connection to a gateway. Blocks; every call has a deadline. One thread.
class Client {
 public:
  /// Connects and shakes hands.
  static std::expected<Client, Failure> connect(const Target& target, const Identity& identity,
                                                Instant deadline);

  /// The payload of the answer. `params` null: none are sent. With `is_two_stage` an answer `accepted` is
  /// followed by a second one, which is the result.
  std::expected<json::Value, Failure> call(std::string_view method, const json::Value& params,
                                           Instant deadline, bool is_two_stage = false);

  /// What the gateway said at the handshake.
  const json::Object& hello() const { return hello_; }

  /// Says goodbye; what the gateway answers is not waited for.
  void close();

 private:
  Client(platform::TcpStream stream, const Target& target);

  std::expected<void, Failure> upgrade(Instant deadline);
  std::expected<void, Failure> shake_hands(const Identity& identity, Instant deadline);
  std::expected<json::Value, Failure> request(std::string_view method, const json::Value& params,
                                              Instant deadline, bool is_two_stage);
  std::expected<json::Object, Failure> next_frame(Instant deadline);
  std::expected<void, Failure> fill(Instant deadline);
  std::expected<void, Failure> send(ws::Opcode opcode, std::string_view payload, Instant deadline);
  Failure transport(const Error& error) const;
  Failure closed(std::uint16_t code, std::string_view reason) const;

  platform::TcpStream stream_;
  Target target_;
  ws::Decoder decoder_;
  std::vector<char> buffer_;
  std::span<char> input_;  // What of the buffer has not been read yet.
  json::Object hello_;
  int requests_ = 0;
};

}  // namespace gw::cli
