#include "unit/cli/stub_gateway.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/frames.hpp"
#include "protocol/http_head.hpp"
#include "protocol/websocket.hpp"

namespace gw::cli {
namespace {

void put(int fd, std::string_view bytes) { (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

}  // namespace

StubGateway::StubGateway(Answer answer)
    : answer_(std::move(answer)),
      listener_(*platform::listen_tcp("127.0.0.1", 0)),
      thread_([this] { serve(); }) {}

StubGateway::~StubGateway() {
  is_over_ = true;
  thread_.join();
}

std::vector<json::Object> StubGateway::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string StubGateway::ok(const json::Object& request, const json::Value& payload) {
  return frames::response(json::text_or(request, "id"), payload);
}

std::string StubGateway::error(const json::Object& request, const json::Object& error) {
  return json::serialize(
      json::Object{{"type", "res"}, {"id", json::text_or(request, "id")}, {"ok", false}, {"error", error}});
}

void StubGateway::serve() {
  int connection = 0;
  while (!is_over_) {
    pollfd entry{listener_.fd.get(), POLLIN, 0};
    if (::poll(&entry, 1, 10) <= 0) continue;
    const platform::Fd fd(::accept(listener_.fd.get(), nullptr, nullptr));
    if (fd) serve_one(fd.get(), ++connection);
  }
}

void StubGateway::serve_one(int fd, int connection) {
  std::vector<char> buffer(65'536);
  http1::HeadReader head;
  bool is_upgraded = false;
  ws::Decoder decoder(ws::Role::Server, 1'000'000);
  while (!is_over_) {
    pollfd entry{fd, POLLIN, 0};
    if (::poll(&entry, 1, 10) <= 0) continue;
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) return;
    std::span<char> input(buffer.data(), static_cast<std::size_t>(size));
    if (!is_upgraded) {
      if (head.feed(input) != http1::HeadReader::Progress::Complete) continue;
      put(fd, http1::upgrade_response(*http1::check_upgrade(*http1::parse_request(head.text()))));
      put(fd,
          ws::encode(ws::Opcode::Text, frames::event("connect.challenge", R"({"nonce":"n-1","ts":1})", 0)));
      is_upgraded = true;
    }
    for (;;) {
      const ws::Item item = decoder.next(input);
      if (item.kind == ws::Item::Kind::NeedMore) break;
      if (item.kind != ws::Item::Kind::Message) return;
      const json::Object request = json::parse(item.payload)->get_object();
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const Reply reply = answer_(request, connection);
      for (const std::string& frame : reply.frames) put(fd, ws::encode(ws::Opcode::Text, frame));
      if (reply.close_code != 0) {
        const auto code = static_cast<std::uint16_t>(reply.close_code);
        put(fd, ws::encode(ws::Opcode::Close, ws::close_payload(code, reply.close_reason)));
      }
      if (reply.close_code != 0 || reply.is_cut) return;
    }
  }
}

}  // namespace gw::cli
