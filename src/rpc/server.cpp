#include "rpc/server.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/uuid.hpp"
#include "rpc/request_origin.hpp"

namespace gw::rpc {
namespace {

constexpr int kUnauthorizedRoleCallsMax = 10;  // In a row; the next one ends the connection.

// One WebSocket: the handshake, then requests.
class ClientSocket final : public ConnectionHandler {
 public:
  ClientSocket(Server::Parts& parts, const HttpRequest& head, Connection& connection)
      : parts_(parts), head_(head), connection_(connection), conn_id_(random_uuid()), nonce_(random_uuid()) {
    replies_->socket = this;
    send_challenge();
    limit_handshake(parts_.loop.now() + limits::kHandshakeTimeout);
  }

  /// Goes on with a handshake that another process began.
  ClientSocket(Server::Parts& parts, const HttpRequest& head, Connection& connection,
               const HandshakeState& state)
      : parts_(parts), head_(head), connection_(connection), conn_id_(state.conn_id), nonce_(state.nonce) {
    replies_->socket = this;
    limit_handshake(state.deadline);
  }

  ~ClientSocket() override { replies_->socket = nullptr; }

  void on_message(std::string_view text) override {
    if (client_) return handle_request(text);
    if (!is_authenticating_) return handle_first(text);
    connection_.close(1008, "too many pending handshake frames");
  }

  // What became of the message under way is forgotten: whether it pairs a device or not, asking again has the
  // same outcome.
  std::optional<HandshakeState> release() override {
    if (client_) return std::nullopt;
    replies_->socket = nullptr;
    timeout_.reset();
    return HandshakeState{conn_id_, nonce_, deadline_, std::exchange(unanswered_, {})};
  }

  void on_closed() override {
    if (!client_) return;
    parts_.hub.remove(conn_id_);
    parts_.after_close(*client_);
  }

 private:
  // Outlives the socket in the hands of answers that come late.
  struct Replies final : ReplyChannel {
    ClientSocket* socket = nullptr;
    void send_reply(std::string frame, bool is_last) override {
      if (socket) socket->reply(std::move(frame), is_last);
    }
  };

  void limit_handshake(Instant deadline) {
    deadline_ = deadline;
    const Millis left = std::max(deadline - parts_.loop.now(), Millis{0});
    timeout_ = parts_.loop.after(left, [this] { connection_.close(1000, ""); });
  }

  void send(std::string text) { connection_.send(std::make_shared<const std::string>(std::move(text))); }

  void send_challenge() {
    const json::Object payload{{"nonce", nonce_}, {"ts", parts_.loop.wall_now().value}};
    send(frames::event("connect.challenge", json::serialize(payload), 0));
  }

  void handle_first(std::string_view text) {
    auto request = frames::parse_request(text);
    if (!request) {
      if (request.error().is_json) return connection_.close(1008, "invalid request frame");
      return connection_.close(1000, "");
    }
    if (request->method != "connect") {
      return refuse(request->id,
                    {{"INVALID_REQUEST", "invalid handshake: first request must be connect", {}, false, {}},
                     1008,
                     "invalid handshake: first request must be connect",
                     Millis{0}});
    }
    is_authenticating_ = true;
    unanswered_ = text;
    std::weak_ptr<Replies> alive = replies_;
    parts_.authenticator.authenticate(head_, nonce_, request->params, conn_id_,
                                      [alive, id = request->id](Authenticator::Outcome outcome) {
                                        const auto replies = alive.lock();
                                        if (!replies || !replies->socket) return;
                                        ClientSocket& socket = *replies->socket;
                                        if (!outcome) return socket.refuse(id, std::move(outcome).error());
                                        socket.accept(id, *std::move(outcome));
                                      });
  }

  void refuse(const std::string& id, Refused refused) {
    const auto answer = [this, id, refused] {
      send(frames::error_response(id, refused.error));
      connection_.close(refused.close_code, refused.close_reason);
    };
    if (refused.delay == Millis{0}) return answer();
    timeout_ = parts_.loop.after(refused.delay, answer);
  }

  void accept(const std::string& id, Accepted accepted) {
    timeout_.reset();
    is_authenticating_ = false;
    std::string().swap(unanswered_);
    client_ = std::make_shared<const Client>(std::move(accepted.client));
    connection_.handshake_done();
    parts_.presence.connected(*client_, parts_.loop.wall_now());
    json::Object hello = parts_.hello(*client_);
    hello["auth"] = std::move(accepted.auth);
    send(frames::response(id, hello));
    parts_.hub.add(*client_, connection_);
    parts_.after_hello(*client_);
  }

  void handle_request(std::string_view text) {
    auto request = frames::parse_request(text);
    if (!request) {
      const frames::BadFrame& bad = request.error();
      if (!bad.is_json) return;
      return Responder(replies_, bad.id).refuse("invalid request frame: " + bad.detail);
    }
    if (in_flight_ >= limits::kRequestsInFlightMax) {
      send(frames::error_response(request->id,
                                  {"UNAVAILABLE",
                                   "The server is busy: too many requests of this connection are under way",
                                   {},
                                   true,
                                   Millis{1'000}}));
      return;
    }
    ++in_flight_;
    const Responder respond(replies_, request->id);
    const Method* method = admit(request->method, respond);
    if (method) method->handle(Call{client_, std::move(request->params), respond});
  }

  // The method to call, or nothing after an answer: role and scope first, so that names are not given away.
  const Method* admit(const std::string& name, const Responder& respond) {
    if (client_->role != "operator" && name != "health") {
      respond.refuse("unauthorized role: " + client_->role);
      if (++unauthorized_calls_ > kUnauthorizedRoleCallsMax)
        connection_.close(1008, "repeated unauthorized calls");
      return nullptr;
    }
    unauthorized_calls_ = 0;
    if (name == "connect") {
      respond.refuse("connect is only valid as the first request");
      return nullptr;
    }
    const Method* method = parts_.methods.find(name);
    const Scope scope = method ? method->scope : Scope::Admin;
    if (scope != Scope::None && !has_scope(*client_, scope)) {
      respond.error(missing_scope(*client_, scope));
      return nullptr;
    }
    if (!method) {
      respond.refuse("unknown method: " + name);
      return nullptr;
    }
    if (method->is_control_write) {
      if (const auto refusal = parts_.write_limiter.admit(name, *client_, parts_.loop.now())) {
        parts_.log.warn("gateway/ws", "control-plane write rate-limited",
                        {{"method", name},
                         {"actor", client_->client_id},
                         {"device", client_->device_id},
                         {"ip", client_->address},
                         {"conn", conn_id_}});
        respond.error(*refusal);
        return nullptr;
      }
    }
    return method;
  }

  void reply(std::string frame, bool is_last) {
    if (is_last && in_flight_ > 0) --in_flight_;
    send(std::move(frame));
  }

  Server::Parts& parts_;
  const HttpRequest head_;
  Connection& connection_;
  const std::string conn_id_;
  const std::string nonce_;
  std::shared_ptr<const Client> client_;  // Set once the hello is sent.
  std::shared_ptr<Replies> replies_ = std::make_shared<Replies>();
  std::unique_ptr<Timer> timeout_;  // Of the handshake, then of a delayed refusal.
  Instant deadline_{};              // Of the handshake.
  bool is_authenticating_ = false;
  std::string unanswered_;  // The message that is being authenticated.
  std::size_t in_flight_ = 0;
  int unauthorized_calls_ = 0;
};

}  // namespace

HttpResponse Server::handle(const HttpRequest& request) { return parts_.answer_http(request); }

std::optional<HttpResponse> Server::refuse_upgrade(const HttpRequest& request) {
  return rpc::refuse_upgrade(request);
}

std::unique_ptr<ConnectionHandler> Server::open(const HttpRequest& request, Connection& connection) {
  return std::make_unique<ClientSocket>(parts_, request, connection);
}

std::unique_ptr<ConnectionHandler> Server::resume(const HttpRequest& request, Connection& connection,
                                                  const HandshakeState& state) {
  return std::make_unique<ClientSocket>(parts_, request, connection, state);
}

}  // namespace gw::rpc
