#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "json/value.hpp"

/// The three frames of the gateway protocol: request, response, event (docs/wire.md).
namespace gw::frames {

/// An error as clients see it. `code` is one of the protocol's names (`INVALID_REQUEST`, `UNAVAILABLE`, …).
struct WireError {
  std::string code;
  std::string message;
  json::Object details;  ///< Empty: not sent.
  bool is_retryable = false;
  std::optional<Millis> retry_after;
};

/// How our own errors look on the wire.
WireError to_wire(const Error& error);

struct Request {
  std::string id;
  std::string method;
  json::Value params;  ///< Null when absent.
};

/// What came instead of a request: enough to answer it.
struct BadFrame {
  bool is_json = false;  ///< False: not JSON at all; such a frame has no answer.
  std::string id;        ///< The frame's own id when it has one, else `invalid`.
  std::string detail;    ///< Follows `invalid request frame: `.
};

std::expected<Request, BadFrame> parse_request(std::string_view text);

std::string response(std::string_view id, const json::Value& payload);
/// For answers whose payload is already text.
std::string response_of_text(std::string_view id, std::string_view payload_json);
/// `payload` is sent beside the error unless null: the failed final answer of `agent` has both.
std::string error_response(std::string_view id, const WireError& error, const json::Value& payload = nullptr);

struct StateVersion {
  std::int64_t presence = 1;
  std::int64_t health = 1;
};

/// `seq` 0 and an absent `version` are not sent. `payload_json` is JSON text, so that a broadcast serialises
/// it once.
std::string event(std::string_view name, std::string_view payload_json, std::int64_t seq,
                  const std::optional<StateVersion>& version = std::nullopt);

}  // namespace gw::frames
