#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"
#include "protocol/frames.hpp"
#include "rpc/client.hpp"

namespace gw::rpc {

/// Where answers go. A connection that is gone takes them silently.
class ReplyChannel {
 public:
  virtual ~ReplyChannel() = default;
  virtual void send_reply(std::string frame, bool is_last) = 0;
};

/// Answers one request. Copies answer the same request; whoever answers first with a last answer wins.
class Responder {
 public:
  Responder(std::weak_ptr<ReplyChannel> channel, std::string id)
      : channel_(std::move(channel)), id_(std::move(id)) {}

  void ok(const json::Value& payload) const { send(frames::response(id_, payload), true); }
  /// For a payload that is JSON text already.
  void ok_text(std::string_view payload) const { send(frames::response_of_text(id_, payload), true); }
  /// The early answer of a method that answers twice.
  void accepted(const json::Value& payload) const { send(frames::response(id_, payload), false); }
  void error(const frames::WireError& error, const json::Value& payload = nullptr) const {
    send(frames::error_response(id_, error, payload), true);
  }
  void error(const Error& error) const { this->error(frames::to_wire(error)); }
  /// `INVALID_REQUEST` with this text.
  void refuse(std::string message) const { error(Error{Code::InvalidRequest, std::move(message)}); }

 private:
  void send(std::string frame, bool is_last) const {
    if (const auto channel = channel_.lock()) channel->send_reply(std::move(frame), is_last);
  }

  std::weak_ptr<ReplyChannel> channel_;
  std::string id_;
};

struct Call {
  std::shared_ptr<const Client> client;
  json::Value params;  ///< Null when absent.
  Responder respond;
};

/// One RPC method: its name, who may call it, what it does in a sentence, and the code.
struct Method {
  std::string_view name;
  Scope scope = Scope::Admin;
  std::string_view help;
  bool is_control_write = false;  ///< Limited per client (rpc/rate_limit.hpp).
  std::function<void(Call)> handle;
};

class MethodTable {
 public:
  /// Each name may be added once.
  void add(Method method);
  const Method* find(std::string_view name) const;
  /// In alphabetical order, as the hello advertises them.
  std::vector<std::string_view> names() const;

 private:
  std::map<std::string_view, Method> methods_;
};

}  // namespace gw::rpc
