#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"

/// Heads of HTTP/1.1 requests and responses, and the WebSocket upgrade, without any I/O. Bodies are not read.
namespace gw::http1 {

/// Names are in lower case in a head that was read, values without white space at their ends.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first value of that lower-case name, or nothing.
std::string_view find_header(const Headers& headers, std::string_view name);

/// Whether a header of that lower-case name lists `token` (in lower case) between its commas, in any case.
bool lists_token(const Headers& headers, std::string_view name, std::string_view token);

/// Collects the bytes of one head until its blank line. Every line must end in CR LF.
class HeadReader {
 public:
  enum class Progress { NeedMore, Complete, TooLong, Malformed };

  explicit HeadReader(std::size_t bytes_max = limits::kHttpHeadBytesMax) : bytes_max_(bytes_max) {}

  /// Removes what belongs to the head from the front of `input`. Not to be called again after another result
  /// than NeedMore.
  Progress feed(std::span<char>& input);

  /// What was collected, with its blank line once complete.
  const std::string& text() const { return text_; }

 private:
  std::size_t bytes_max_;
  std::size_t line_start_ = 0;
  std::string text_;
};

struct RequestHead {
  std::string method;
  std::string target;
  int minor_version = 1;  ///< Of HTTP/1.x.
  Headers headers;
};

struct ResponseHead {
  int status = 0;
  std::string reason;
  Headers headers;
};

/// Why a request is not served: a status, a line for people, and headers that belong to it.
struct Refusal {
  int status = 400;
  std::string text;
  Headers headers;
};

/// Reads a complete head as collected by a HeadReader. Refused with 400, 431 or 505.
std::expected<RequestHead, Refusal> parse_request(std::string_view head);

/// `Code::InvalidRequest` for what is not an HTTP/1.x response.
Result<ResponseHead> parse_response(std::string_view head);

/// A whole response that ends its connection: adds `Content-Length` and `Connection: close`, which `headers`
/// must not have. `is_for_head` leaves the body out, as the answer to a HEAD request must. Control characters
/// in header values become spaces.
std::string write_response(int status, const Headers& headers, std::string_view body, bool is_for_head);

/// Whether the request wants to become a WebSocket, well-formed or not.
bool wants_websocket(const RequestHead& request);

/// The `Sec-WebSocket-Accept` value for a request that wants to become a WebSocket; refused with 400, or 426
/// when only its protocol version is unknown.
std::expected<std::string, Refusal> check_upgrade(const RequestHead& request);

/// The 101 answer. Extensions and sub-protocols are never negotiated.
std::string upgrade_response(std::string_view accept);

/// A client's upgrade request. `key` is 16 random bytes in base64; `host` is what the `Host` header says.
std::string upgrade_request(std::string_view host, std::string_view target, std::string_view key,
                            const Headers& extra = {});

/// Whether `response` completes the upgrade asked for with `key`. `Code::Unavailable` says why not.
Status check_upgrade_response(const ResponseHead& response, std::string_view key);

}  // namespace gw::http1
