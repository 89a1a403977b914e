#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "ports/loop.hpp"

namespace gw {

namespace http {
class Worker;
}

/// Received and not yet handed to the control thread, per call. A transfer pauses here and goes on once the
/// control thread has taken what waits.
inline constexpr std::size_t kHttpWaitingBytesMax = 262'144;
/// Status line and headers of one response.
inline constexpr std::size_t kHttpResponseHeadBytesMax = 65'536;

/// One request to somewhere else. Header values are secrets: they may hold keys, so they never reach a log.
struct HttpClientRequest {
  std::string method = "GET";
  std::string url;  ///< `http` or `https` only.
  std::vector<std::pair<std::string, Secret>> headers;
  std::string body;
  Millis connect_timeout{10'000};  ///< Name lookup, TCP and TLS together.
  Millis idle_timeout{120'000};    ///< Not one byte in either direction for this long ends the call.
  std::size_t body_bytes_max = 16'777'216;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

enum class HttpFailure {
  BadRequest,   ///< The address or a header cannot be used. Trying again cannot help.
  Unreachable,  ///< No connection: unknown name, refused, no route.
  Untrusted,    ///< TLS: the certificate is not trusted or the handshake failed.
  TimedOut,     ///< No connection in time, or silence for too long.
  Closed,       ///< The peer ended the connection before the response was complete.
  TooLarge,     ///< The response is longer than allowed.
};

/// Receives one response piece by piece, on the control thread. After `on_done` or `on_failed` nothing comes
/// any more. It may destroy the call from inside any of these.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  /// Header names are in lower case.
  virtual void on_head(int status, const HttpHeaders& headers) = 0;
  /// The next part of the body; parts that arrived together come as one.
  virtual void on_body(std::string_view part) = 0;
  virtual void on_done() = 0;
  /// `message` names the host and what happened, never a header or a key.
  virtual void on_failed(HttpFailure kind, const std::string& message) = 0;
};

/// An exchange under way. Destroying it ends the exchange and silences its sink.
class HttpCall {
 public:
  virtual ~HttpCall() = default;
};

/// HTTP requests with streaming responses. Call on the control thread.
///
/// A thread of its own does the work; neither it nor the HTTP library exists before the first request, so a
/// gateway that calls nobody does not pay for them. Certificates are checked, redirects are not followed, the
/// proxy variables of the environment are honoured except for loopback addresses. Idle connections are kept
/// for reuse; when a kept one turns out to be closed before it answered anything, the request goes out once
/// more on a new one.
class HttpClient {
 public:
  /// `loop` must outlive the client.
  explicit HttpClient(Loop& loop);
  /// Ends every exchange and waits for the thread.
  ~HttpClient();

  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `sink` must outlive the returned call. Never calls the sink before it returns.
  [[nodiscard]] std::unique_ptr<HttpCall> start(HttpClientRequest request, HttpSink& sink);

 private:
  Loop& loop_;
  std::shared_ptr<http::Worker> worker_;  // Null before the first request.
};

}  // namespace gw
