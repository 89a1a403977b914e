#include "gateway_client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <span>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace gw::bench {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr timeval kDeadline{30, 0};

bool is_response(std::string_view message) {
  return message.substr(0, 64).find(R"("type":"res")") != message.npos;
}

std::unexpected<Error> system_error(Code code, std::string_view what) {
  return fail(code, std::string(what) + ": " + std::strerror(errno));
}

template <typename T>
bool read_number(std::string_view text, T& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ptr == text.data() + text.size();
}

}  // namespace

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int at = 1; at + 1 < argc; at += 2) {
    const std::string_view name = argv[at], value = argv[at + 1];
    std::int64_t time_ms = 0;
    bool good = true;
    if (name == "--port") {
      good = read_number(value, options.port);
    } else if (name == "--token") {
      options.token = value;
    } else if (name == "--connections") {
      good = read_number(value, options.connections) && options.connections > 0;
    } else if (name == "--depth") {
      good = read_number(value, options.depth) && options.depth > 0;
    } else if (name == "--ms") {
      good = read_number(value, time_ms) && time_ms >= 0;
      options.time = std::chrono::milliseconds(time_ms);
    } else if (name == "--pause-ms") {
      good = read_number(value, time_ms) && time_ms >= 0;
      options.pause = std::chrono::milliseconds(time_ms);
    } else {
      good = false;
    }
    if (!good) return std::nullopt;
  }
  if (argc % 2 == 0) return std::nullopt;
  return options;
}

std::int64_t micros(Clock::duration span) {
  return std::chrono::duration_cast<std::chrono::microseconds>(span).count();
}

std::int64_t percentile(std::vector<std::int64_t>& samples, double share) {
  if (samples.empty()) return 0;
  const auto last = static_cast<double>(samples.size() - 1);
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>(last * share);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

std::string request_frame(std::string_view json) {
  // A fresh key matters for what proxies between could make of the bytes; there is none here.
  return ws::encode_masked(ws::Opcode::Text, json, {0x12, 0x34, 0x56, 0x78});
}

GatewayClient::GatewayClient(int descriptor) : descriptor_(descriptor), buffer_(kBufferBytes) {}

GatewayClient::GatewayClient(GatewayClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      end_(other.end_),
      decoder_(std::move(other.decoder_)) {}

GatewayClient::~GatewayClient() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<GatewayClient> GatewayClient::open(const Options& options) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_error(Code::TimedOut, "open a socket");
  GatewayClient client(descriptor);
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &kDeadline, sizeof kDeadline);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &kDeadline, sizeof kDeadline);

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error(errno == ECONNREFUSED ? Code::Unavailable : Code::TimedOut, "connect");
  }
  if (auto upgraded = client.upgrade(options.port); !upgraded)
    return std::unexpected(std::move(upgraded).error());
  if (auto challenge = client.next_message(); !challenge)
    return std::unexpected(std::move(challenge).error());
  const std::string hello =
      R"({"type":"req","id":"c","method":"connect","params":{"minProtocol":3,"maxProtocol":4,"client":{"id":)"
      R"("gateway-client","version":"0","platform":"linux","mode":"backend"},"role":"operator","scopes":["operator.read"],)"
      R"("auth":{"token":")" +
      options.token + R"("}}})";
  if (auto sent = client.send(request_frame(hello)); !sent) return std::unexpected(std::move(sent).error());
  if (auto greeted = client.wait_response(); !greeted) return std::unexpected(std::move(greeted).error());
  return client;
}

Status GatewayClient::upgrade(std::uint16_t port) {
  const std::string head = "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  if (auto sent = send(head); !sent) return sent;
  while (true) {
    const auto got = ::recv(descriptor_, buffer_.data() + end_, buffer_.size() - end_, 0);
    if (got <= 0) return system_error(Code::TimedOut, "read the upgrade's answer");
    end_ += static_cast<std::size_t>(got);
    const std::string_view text(buffer_.data(), end_);
    if (const auto at = text.find("\r\n\r\n"); at != text.npos) {
      begin_ = at + 4;
      if (!text.starts_with("HTTP/1.1 101")) return fail(Code::TimedOut, std::string(text.substr(0, 40)));
      return {};
    }
    if (end_ == buffer_.size()) return fail(Code::TimedOut, "the upgrade's answer is too long");
  }
}

Status GatewayClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return system_error(Code::TimedOut, "send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string> GatewayClient::next_message() {
  while (true) {
    std::span<char> input(buffer_.data() + begin_, end_ - begin_);
    const ws::Item item = decoder_.next(input);
    begin_ = end_ - input.size();
    switch (item.kind) {
      case ws::Item::Kind::Message:
        return std::string(item.payload);
      case ws::Item::Kind::Close:
      case ws::Item::Kind::Failure:
        return fail(Code::TimedOut,
                    "closed with " + std::to_string(item.code) + " " + std::string(item.payload));
      case ws::Item::Kind::Ping:
      case ws::Item::Kind::Pong:
        break;
      case ws::Item::Kind::NeedMore: {
        const auto got = ::recv(descriptor_, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) return system_error(Code::TimedOut, "read");
        begin_ = 0;
        end_ = static_cast<std::size_t>(got);
      }
    }
  }
}

Status GatewayClient::wait_response() {
  while (true) {
    auto message = next_message();
    if (!message) return std::unexpected(std::move(message).error());
    if (!is_response(*message)) continue;
    if (message->find(R"("ok":true)") == std::string::npos)
      return fail(Code::Conflict, message->substr(0, 300));
    return {};
  }
}

Result<int> GatewayClient::read_some() {
  if (begin_ == end_) {
    const auto got = ::recv(descriptor_, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return system_error(Code::TimedOut, "read");
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  }
  int responses = 0;
  std::span<char> input(buffer_.data() + begin_, end_ - begin_);
  while (true) {
    const ws::Item item = decoder_.next(input);
    if (item.kind == ws::Item::Kind::NeedMore) break;
    if (item.kind == ws::Item::Kind::Close || item.kind == ws::Item::Kind::Failure) {
      return fail(Code::TimedOut, "closed with " + std::to_string(item.code));
    }
    if (item.kind == ws::Item::Kind::Message && is_response(item.payload)) ++responses;
  }
  begin_ = end_;
  return responses;
}

}  // namespace gw::bench
