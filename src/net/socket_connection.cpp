#include "net/socket_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"

namespace gw::net {

SocketConnection::SocketConnection(ConnectionHost& host, Socket socket, PeerAddress peer)
    : host_(host),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      decoder_(ws::Role::Server, limits::kHandshakeFrameBytesMax) {}

SocketConnection::~SocketConnection() = default;

bool SocketConnection::start() {
  watch_ = host_.loop().watch_readable(socket_.fd(), [this] { on_readable(); });
  limit_head(host_.loop().now() + host_.options().handshake_timeout);
  return watch_ != nullptr;
}

bool SocketConnection::resume(const handshakes::Handshake& from) {
  watch_ = host_.loop().watch_readable(socket_.fd(), [this] { on_readable(); });
  if (!watch_) return false;
  if (!from.unsent.empty()) output_.push(from.unsent);
  if (from.is_websocket) return resume_websocket(from);
  std::string head = from.head;
  std::span<char> input(head);
  limit_head(from.deadline);
  return head_->feed(input) == http1::HeadReader::Progress::NeedMore;
}

std::optional<HandedSocket> SocketConnection::release() {
  handshakes::Handshake state;
  if (!describe(state)) return std::nullopt;
  watch_.reset();
  HandedSocket handed{std::move(socket_), std::move(state)};
  leave();
  return handed;
}

void SocketConnection::refuse(std::string_view text) {
  respond({503, std::string(text), {}});
  flush();
}

void SocketConnection::begin_closing() {
  if (phase_ == Phase::Open) {
    close(host_.closing()->code, host_.closing()->reason);
  } else if (phase_ == Phase::Head) {
    timer_ = host_.loop().after(host_.options().close_grace, [this] { on_head_timeout(); });
  } else if (is_http()) {
    drop_after(host_.options().close_grace);
  }
}

void SocketConnection::drop() {
  if (phase_ == Phase::Gone) return;
  watch_.reset();
  socket_.close();
  leave();
}

void SocketConnection::leave() {
  phase_ = Phase::Gone;
  end_handshake();
  timer_.reset();
  host_.retire(*this);
}

void SocketConnection::tell_closed() {
  if (handler_) handler_->on_closed();
}

// ---- The handler's side ----

void SocketConnection::send(std::shared_ptr<const std::string> text) {
  if (phase_ != Phase::Open) return;
  const ws::FrameHeader header = ws::frame_header(ws::Opcode::Text, text->size());
  output_.push(header, std::move(text));
  request_flush();
}

void SocketConnection::close(std::uint16_t code, std::string_view reason) {
  if (phase_ != Phase::Open) return;
  queue(ws::Opcode::Close, ws::close_payload(code, reason));
  phase_ = Phase::Closing;
  end_handshake();
  drop_after(host_.options().close_grace);
  request_flush();
}

void SocketConnection::handshake_done() {
  if (phase_ != Phase::Open || !is_in_handshake_) return;
  end_handshake();
  decoder_.set_message_bytes_max(limits::kFrameBytesMax);
  timer_ = host_.loop().after(host_.options().ping_interval, [this] { on_ping_time(); });
}

// ---- Events of the socket ----

void SocketConnection::on_readable() {
  const std::span<char> buffer = host_.read_buffer();
  const ssize_t count = ::recv(socket_.fd(), buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count < 0) return drop();
  if (count == 0) return on_end_of_input();

  // One buffer a turn: what else has arrived waits until the other connections have had theirs.
  const std::span<char> input = buffer.first(static_cast<std::size_t>(count));
  is_reading_ = true;
  if (phase_ == Phase::Head) {
    read_head(input);
  } else if (phase_ == Phase::Open || phase_ == Phase::Closing) {
    read_frames(input);
  }
  is_reading_ = false;
  flush();
}

void SocketConnection::on_end_of_input() {
  // A client may end its side right after its request or close frame and still wait for our last bytes.
  if (phase_ != Phase::Ending) return drop();
  has_input_ended_ = true;
  watch_->stop_reading();
}

void SocketConnection::on_head_timeout() {
  if (head_->text().empty()) return drop();
  respond({408, "The request took too long", {}});
  flush();
}

void SocketConnection::on_ping_time() {
  if (is_pong_missing_) return drop();
  is_pong_missing_ = true;
  queue(ws::Opcode::Ping, {});
  request_flush();
  timer_ = host_.loop().after(host_.options().ping_interval, [this] { on_ping_time(); });
}

// ---- HTTP ----

void SocketConnection::read_head(std::span<char> input) {
  switch (head_->feed(input)) {
    case http1::HeadReader::Progress::NeedMore:
      return;
    case http1::HeadReader::Progress::Complete:
      return answer_request(input);
    case http1::HeadReader::Progress::TooLong:
      return respond({431, "The request head is too long", {}});
    case http1::HeadReader::Progress::Malformed:
      return respond({400, "The request head is malformed", {}});
  }
}

void SocketConnection::answer_request(std::span<char> rest) {
  auto head = http1::parse_request(head_->text());
  if (!head) return respond(head.error());
  std::string accept;
  const bool is_upgrade = http1::wants_websocket(*head);
  if (is_upgrade) {
    auto checked = http1::check_upgrade(*head);
    if (!checked) return respond(checked.error());
    accept = std::move(*checked);
  }
  HttpRequest request = request_of(*std::move(head));
  const auto refusal = is_upgrade ? host_.acceptor().refuse_upgrade(request) : std::nullopt;
  if (is_upgrade && !refusal) return upgrade(std::move(request), accept, rest);
  const HttpResponse response = refusal ? *refusal : host_.acceptor().handle(request);
  respond(response.status, response.headers, response.body, request.method == "HEAD");
}

HttpRequest SocketConnection::request_of(http1::RequestHead head) const {
  return {.method = std::move(head.method),
          .target = std::move(head.target),
          .headers = std::move(head.headers),
          .peer_address = peer_.text,
          .peer_is_loopback = peer_.is_loopback};
}

void SocketConnection::upgrade(HttpRequest request, std::string_view accept, std::span<char> rest) {
  if (!host_.begin_handshake(peer_.text)) return respond({503, "Too many unauthenticated sockets", {}});
  is_in_handshake_ = true;
  output_.push(http1::upgrade_response(accept));
  phase_ = Phase::Open;
  upgrade_head_ = head_->text();
  head_.reset();
  timer_.reset();
  // A client that comes while all are being sent away learns the same reason as the others.
  if (host_.closing()) {
    close(host_.closing()->code, host_.closing()->reason);
  } else {
    handler_ = host_.acceptor().open(request, *this);
    GW_CHECK(handler_ != nullptr);
  }
  read_frames(rest);
}

void SocketConnection::respond(int status, const http1::Headers& headers, std::string_view body,
                               bool is_for_head) {
  output_.push(http1::write_response(status, headers, body, is_for_head));
  phase_ = Phase::Ending;
  drop_after(host_.closing() ? host_.options().close_grace : host_.options().handshake_timeout);
}

void SocketConnection::respond(const http1::Refusal& refusal) {
  http1::Headers headers = refusal.headers;
  headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  respond(refusal.status, headers, refusal.text);
}

// ---- From one process to another ----

bool SocketConnection::describe(handshakes::Handshake& into) {
  into.peer_address = peer_.text;
  into.peer_is_loopback = peer_.is_loopback;
  if (phase_ == Phase::Head) {
    into.head = head_->text();
    into.deadline = head_deadline_;
    return true;
  }
  if (phase_ != Phase::Open || !is_in_handshake_) return false;
  auto state = handler_->release();
  if (!state) return false;
  into.is_websocket = true;
  into.head = upgrade_head_;
  into.unsent = take_unsent();
  into.deadline = state->deadline;
  if (!state->unanswered.empty()) into.input = ws::encode_masked(ws::Opcode::Text, state->unanswered, {});
  into.input += decoder_.unread();
  into.conn_id = std::move(state->conn_id);
  into.nonce = std::move(state->nonce);
  return true;
}

std::string SocketConnection::take_unsent() {
  if (late_pong_) queue(ws::Opcode::Pong, *std::exchange(late_pong_, std::nullopt));
  return output_.unsent();
}

bool SocketConnection::resume_websocket(const handshakes::Handshake& from) {
  auto head = http1::parse_request(from.head);
  if (!head || !host_.begin_handshake(peer_.text)) return false;
  is_in_handshake_ = true;
  phase_ = Phase::Open;
  upgrade_head_ = from.head;
  head_.reset();
  handler_ = host_.acceptor().resume(request_of(*std::move(head)), *this,
                                     {from.conn_id, from.nonce, from.deadline, {}});
  GW_CHECK(handler_ != nullptr);
  std::string input = from.input;
  is_reading_ = true;
  read_frames(input);
  is_reading_ = false;
  request_flush();
  return true;
}

// ---- WebSocket ----

void SocketConnection::read_frames(std::span<char> input) {
  while (phase_ == Phase::Open || phase_ == Phase::Closing) {
    const ws::Item item = decoder_.next(input);
    if (item.kind == ws::Item::Kind::NeedMore) return;
    on_item(item);
  }
}

void SocketConnection::on_item(const ws::Item& item) {
  const bool is_open = phase_ == Phase::Open;
  switch (item.kind) {
    case ws::Item::Kind::Message:
      if (is_open) handler_->on_message(item.payload);
      return;
    case ws::Item::Kind::Ping:
      if (is_open) answer_ping(item.payload);
      return;
    case ws::Item::Kind::Pong:
      is_pong_missing_ = false;
      return;
    case ws::Item::Kind::Close:
    case ws::Item::Kind::Failure:
      if (is_open) close(item.code, {});
      phase_ = Phase::Ending;
      return;
    case ws::Item::Kind::NeedMore:
      return;
  }
}

void SocketConnection::answer_ping(std::string_view payload) {
  // A peer that pings and does not read gets one pong, for its newest ping, once it reads again.
  if (is_waiting_to_write_) {
    late_pong_ = payload;
  } else {
    queue(ws::Opcode::Pong, payload);
  }
}

void SocketConnection::queue(ws::Opcode opcode, std::string_view payload) {
  output_.push(ws::frame_header(opcode, payload.size()), std::make_shared<const std::string>(payload));
}

void SocketConnection::end_handshake() {
  if (!std::exchange(is_in_handshake_, false)) return;
  std::string().swap(upgrade_head_);
  host_.end_handshake(peer_.text);
}

// ---- Output ----

void SocketConnection::limit_head(Instant deadline) {
  head_deadline_ = deadline;
  const Millis left = std::max(deadline - host_.loop().now(), Millis{0});
  timer_ = host_.loop().after(left, [this] { on_head_timeout(); });
}

void SocketConnection::drop_after(Millis limit) {
  timer_ = host_.loop().after(limit, [this] { drop(); });
}

void SocketConnection::request_flush() {
  if (is_reading_ || is_waiting_to_write_ || std::exchange(is_flush_requested_, true)) return;
  host_.flush_later(*this);
}

void SocketConnection::flush() {
  is_flush_requested_ = false;
  if (phase_ == Phase::Gone || phase_ == Phase::Lingering || is_waiting_to_write_) return;
  switch (output_.write_to(socket_.fd())) {
    case OutputQueue::Outcome::Drained:
      return finish_output();
    case OutputQueue::Outcome::Broken:
      return drop();
    case OutputQueue::Outcome::Waiting:
      break;
  }
  is_waiting_to_write_ = true;
  watch_->when_writable([this] {
    is_waiting_to_write_ = false;
    flush();
  });
}

void SocketConnection::finish_output() {
  if (late_pong_ && phase_ == Phase::Open) {
    queue(ws::Opcode::Pong, *std::exchange(late_pong_, std::nullopt));
    return flush();
  }
  if (phase_ != Phase::Ending) return;
  if (has_input_ended_) return drop();
  // Closing at once could reset the connection under bytes that the peer has not read yet.
  phase_ = Phase::Lingering;
  ::shutdown(socket_.fd(), SHUT_WR);
  if (is_http()) drop_after(host_.options().close_grace);
}

}  // namespace gw::net
