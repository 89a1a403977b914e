#include "cli/client.hpp"

#include "base/limits.hpp"
#include "base/uuid.hpp"
#include "cli/connect_params.hpp"
#include "crypto/base64.hpp"
#include "crypto/random.hpp"
#include "platform/clock.hpp"
#include "protocol/http_head.hpp"

namespace gw::cli {
namespace {

constexpr std::size_t kBufferBytes = 65'536;
constexpr Millis kGoodbyeLimit{200};

ws::MaskKey fresh_mask() {
  const std::string bytes = crypto::random_bytes(4);
  ws::MaskKey key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<unsigned char>(bytes[i]);
  return key;
}

/// What a person may do about a refusal.
std::string next_step_for(const json::Value& details) {
  const json::Object* object = details.if_object();
  const std::string_view code = object ? json::text_or(*object, "code") : "";
  if (code == "AUTH_TOKEN_MISSING" || code == "AUTH_PASSWORD_MISSING") {
    return "pass --token or --password, or set gateway.auth in the configuration";
  }
  if (code == "AUTH_TOKEN_MISMATCH" || code == "AUTH_PASSWORD_MISMATCH") {
    return "use the credentials that the running gateway was started with, or restart it";
  }
  if (code == "PAIRING_REQUIRED")
    return "approve this device on the gateway, or connect with its shared secret";
  if (code == "PROTOCOL_MISMATCH") return "update this program or the gateway so that their versions meet";
  return {};
}

Failure request_failure(const json::Object& frame) {
  Failure failure;
  failure.kind = Failure::Kind::Request;
  if (const json::Object* error = json::object_at(frame, "error")) {
    failure.code = json::text_or(*error, "code", "UNKNOWN");
    failure.message = json::text_or(*error, "message", "the gateway refused without a message");
    failure.is_retryable = json::bool_or(*error, "retryable", false);
    if (const json::Value* details = error->if_contains("details")) failure.details = *details;
  }
  failure.next_step = next_step_for(failure.details);
  return failure;
}

}  // namespace

Client::Client(platform::TcpStream stream, const Target& target)
    : stream_(std::move(stream)),
      target_(target),
      decoder_(ws::Role::Client, limits::kFrameBytesMax),
      buffer_(kBufferBytes) {}

std::expected<Client, Failure> Client::connect(const Target& target, const Identity& identity,
                                               Instant deadline) {
  auto stream = platform::TcpStream::connect(target.host, target.port, deadline);
  if (!stream) {
    Failure failure;
    failure.kind = Failure::Kind::Transport;
    failure.message = "gateway not reachable: " + stream.error().message;
    failure.is_timeout = stream.error().code == Code::TimedOut;
    failure.url = target.url;
    failure.url_source = target.source;
    failure.next_step = "openclaw gateway run";
    return std::unexpected(std::move(failure));
  }
  Client client(*std::move(stream), target);
  if (auto done = client.upgrade(deadline); !done) return std::unexpected(std::move(done).error());
  if (auto done = client.shake_hands(identity, deadline); !done)
    return std::unexpected(std::move(done).error());
  return client;
}

std::expected<json::Value, Failure> Client::call(std::string_view method, const json::Value& params,
                                                 Instant deadline, bool is_two_stage) {
  return request(method, params, deadline, is_two_stage);
}

void Client::close() { (void)send(ws::Opcode::Close, {}, platform::now() + kGoodbyeLimit); }

std::expected<void, Failure> Client::upgrade(Instant deadline) {
  const std::string key = crypto::base64(crypto::random_bytes(16));
  const std::string host = target_.host + ":" + std::to_string(target_.port);
  const std::string head = http1::upgrade_request(host, target_.path, key);
  if (auto sent = stream_.write_all(head, deadline); !sent) return std::unexpected(transport(sent.error()));
  http1::HeadReader reader;
  for (;;) {
    if (auto filled = fill(deadline); !filled) return filled;
    const auto progress = reader.feed(input_);
    if (progress == http1::HeadReader::Progress::NeedMore) continue;
    if (progress == http1::HeadReader::Progress::Complete) break;
    return std::unexpected(transport({Code::Unavailable, "what listens there does not speak HTTP"}));
  }
  const auto response = http1::parse_response(reader.text());
  if (!response) return std::unexpected(transport(response.error()));
  if (response->status != 101) {
    return std::unexpected(transport({Code::Unavailable, "gateway rejected websocket upgrade (HTTP " +
                                                             std::to_string(response->status) + ")"}));
  }
  if (auto good = http1::check_upgrade_response(*response, key); !good) {
    return std::unexpected(transport(good.error()));
  }
  return {};
}

std::expected<void, Failure> Client::shake_hands(const Identity& identity, Instant deadline) {
  std::string nonce;
  while (nonce.empty()) {
    auto frame = next_frame(deadline);
    if (!frame) return std::unexpected(std::move(frame).error());
    if (json::text_or(*frame, "event") != "connect.challenge") continue;
    const json::Object* payload = json::object_at(*frame, "payload");
    nonce = payload ? json::text_or(*payload, "nonce") : "";
    if (nonce.empty())
      return std::unexpected(transport({Code::Unavailable, "connect challenge missing nonce"}));
  }
  auto params = connect_params(target_, identity, nonce, platform::wall_now());
  if (!params) return std::unexpected(cli_failure(params.error().message));
  auto hello = request("connect", *params, deadline, false);
  if (!hello) {
    Failure failure = std::move(hello).error();
    // Mostly the environment and the file name different ones.
    const json::Object* details = failure.details.if_object();
    const bool is_refused = details && json::text_or(*details, "code").starts_with("AUTH_");
    if (is_refused && !target_.credential_source.empty()) {
      failure.message += " (the credential came from " + target_.credential_source + ")";
    }
    return std::unexpected(std::move(failure));
  }
  if (hello->is_object()) hello_ = std::move(hello->get_object());
  return {};
}

std::expected<json::Value, Failure> Client::request(std::string_view method, const json::Value& params,
                                                    Instant deadline, bool is_two_stage) {
  const std::string id = std::to_string(++requests_) + ":" + random_uuid();
  json::Object frame{{"type", "req"}, {"id", id}, {"method", method}};
  if (!params.is_null()) frame["params"] = params;
  if (auto sent = send(ws::Opcode::Text, json::serialize(frame), deadline); !sent) {
    return std::unexpected(std::move(sent).error());
  }
  for (;;) {
    auto answer = next_frame(deadline);
    if (!answer) return std::unexpected(std::move(answer).error());
    if (json::text_or(*answer, "type") != "res" || json::text_or(*answer, "id") != id) continue;
    if (!json::bool_or(*answer, "ok", false)) return std::unexpected(request_failure(*answer));
    json::Value* payload = answer->if_contains("payload");
    const json::Object* object = payload ? payload->if_object() : nullptr;
    if (is_two_stage && object && json::text_or(*object, "status") == "accepted") continue;
    return payload ? std::move(*payload) : json::Value(nullptr);
  }
}

std::expected<json::Object, Failure> Client::next_frame(Instant deadline) {
  for (;;) {
    const ws::Item item = decoder_.next(input_);
    switch (item.kind) {
      case ws::Item::Kind::NeedMore:
        if (auto filled = fill(deadline); !filled) return std::unexpected(std::move(filled).error());
        break;
      case ws::Item::Kind::Message:
        if (auto value = json::parse(item.payload); value && value->is_object()) {
          return std::move(value->get_object());
        }
        return std::unexpected(transport({Code::Unavailable, "the gateway sent a frame that is not JSON"}));
      case ws::Item::Kind::Ping: {
        const std::string payload(item.payload);
        if (auto sent = send(ws::Opcode::Pong, payload, deadline); !sent)
          return std::unexpected(sent.error());
        break;
      }
      case ws::Item::Kind::Pong:
        break;
      case ws::Item::Kind::Close:
        return std::unexpected(closed(item.code, item.payload));
      case ws::Item::Kind::Failure:
        return std::unexpected(transport({Code::Unavailable, "the gateway broke the WebSocket protocol"}));
    }
  }
}

std::expected<void, Failure> Client::fill(Instant deadline) {
  auto size = stream_.read_some(buffer_, deadline);
  if (!size) return std::unexpected(transport(size.error()));
  if (*size == 0) return std::unexpected(transport({Code::Unavailable, "gateway closed the connection"}));
  input_ = std::span(buffer_).first(*size);
  return {};
}

std::expected<void, Failure> Client::send(ws::Opcode opcode, std::string_view payload, Instant deadline) {
  auto sent = stream_.write_all(ws::encode_masked(opcode, payload, fresh_mask()), deadline);
  if (!sent) return std::unexpected(transport(sent.error()));
  return {};
}

Failure Client::transport(const Error& error) const {
  Failure failure;
  failure.kind = Failure::Kind::Transport;
  failure.message = error.code == Code::TimedOut ? "gateway timeout: " + error.message : error.message;
  failure.is_timeout = error.code == Code::TimedOut;
  failure.url = target_.url;
  failure.url_source = target_.source;
  return failure;
}

Failure Client::closed(std::uint16_t code, std::string_view reason) const {
  Failure failure = transport({Code::Unavailable, "gateway closed (" + std::to_string(code) + ")"});
  failure.close_code = code;
  failure.reason = reason;
  return failure;
}

}  // namespace gw::cli
