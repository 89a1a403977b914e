#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "http/http_client.hpp"
#include "json/value.hpp"
#include "ports/model_client.hpp"

namespace gw {

/// How much of an error body is read, and of its message passed on.
inline constexpr std::size_t kErrorBodyBytesMax = 65'536;
inline constexpr std::size_t kErrorTextBytesMax = 400;

/// What a server said about an error: `{"error":{"message","type","code"}}`, `{"error":"text"}` or
/// `{"message"}`.
struct ServerError {
  std::string message;
  std::string type;
  std::string code;  ///< Also when it was sent as a number.
};

ServerError parse_server_error(std::string_view body);
ServerError read_server_error(const json::Object& object);

/// A failure for an answer that is not 200. `retry_after` is the header's value.
ModelFailure failure_of_status(int status, const ServerError& error, std::optional<Millis> retry_after);
/// A failure that arrived inside a stream that had begun well.
ModelFailure failure_in_stream(const ServerError& error);
/// A failure of the connection.
ModelFailure failure_of_transport(HttpFailure kind, const std::string& message);

/// `text` in one line of at most kErrorTextBytesMax bytes, with every occurrence of a secret shown as `***`.
std::string presentable(std::string_view text, const std::vector<Secret>& secrets);

}  // namespace gw
