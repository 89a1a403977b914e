#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "json/value.hpp"
#include "platform/stream_socket.hpp"

namespace gw::cli {

/// A gateway that says what a test tells it to: shakes hands, then hands each request to `answer`.
class StubGateway {
 public:
  struct Reply {
    std::vector<std::string> frames;  ///< Sent in order.
    int close_code = 0;               ///< Then closed with this code; 0: stays open.
    std::string close_reason;
    bool is_cut = false;  ///< Then ended without a word.
  };
  using Answer = std::function<Reply(const json::Object& request, int connection)>;

  explicit StubGateway(Answer answer);
  ~StubGateway();

  std::uint16_t port() const { return listener_.port; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port()); }
  /// Every request so far, `connect` included.
  std::vector<json::Object> requests() const;

  static std::string ok(const json::Object& request, const json::Value& payload);
  static std::string error(const json::Object& request, const json::Object& error);

 private:
  void serve();
  void serve_one(int fd, int connection);

  Answer answer_;
  platform::Listener listener_;
  std::atomic<bool> is_over_ = false;
  mutable std::mutex mutex_;
  std::vector<json::Object> requests_;
  std::thread thread_;
};

}  // namespace gw::cli
