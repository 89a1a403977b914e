#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "ports/connection.hpp"
#include "ports/loop.hpp"
#include "rpc/authenticator.hpp"
#include "rpc/event_hub.hpp"
#include "rpc/http_endpoints.hpp"
#include "rpc/method_table.hpp"
#include "rpc/presence.hpp"
#include "rpc/rate_limit.hpp"

namespace gw::rpc {

/// What the server tells a client in its hello beside what the handshake itself decides.
using HelloSnapshot = std::function<json::Object(const Client&)>;

/// The protocol's front door: HTTP endpoints, handshakes, and the dispatch of requests to the method table.
/// Everything given to it outlives it and its connections. Lives on the control thread.
class Server final : public ConnectionAcceptor {
 public:
  struct Parts {
    Loop& loop;
    Log& log;
    Authenticator& authenticator;
    MethodTable& methods;
    EventHub& hub;
    Presence& presence;
    WriteLimiter& write_limiter;
    std::function<HttpResponse(const HttpRequest&)> answer_http;
    HelloSnapshot hello;                             ///< `snapshot`, `server`, `features`, `policy` …
    std::function<void(const Client&)> after_hello;  ///< Once a client is in.
    std::function<void(const Client&)> after_close;
  };

  explicit Server(Parts parts) : parts_(std::move(parts)) {}

  HttpResponse handle(const HttpRequest& request) override;
  std::optional<HttpResponse> refuse_upgrade(const HttpRequest& request) override;
  std::unique_ptr<ConnectionHandler> open(const HttpRequest& request, Connection& connection) override;
  std::unique_ptr<ConnectionHandler> resume(const HttpRequest& request, Connection& connection,
                                            const HandshakeState& state) override;

 private:
  Parts parts_;
};

}  // namespace gw::rpc
