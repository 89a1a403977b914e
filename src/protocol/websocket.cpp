#include "protocol/websocket.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

namespace gw::ws {
namespace {

constexpr unsigned kFinalBit = 0x80;
constexpr unsigned kReservedBits = 0x70;
constexpr unsigned kOpcodeBits = 0x0F;
constexpr unsigned kMaskBit = 0x80;
constexpr unsigned kLengthBits = 0x7F;
constexpr unsigned kLengthIn2Bytes = 126;
constexpr unsigned kLengthIn8Bytes = 127;
constexpr std::size_t kControlBytesMax = 125;
constexpr std::uint16_t kOk = 0;

bool is_final(const DecoderState& state) { return (state.header[0] & kFinalBit) != 0; }
bool is_masked(const DecoderState& state) { return (state.header[1] & kMaskBit) != 0; }
Opcode opcode_of(const DecoderState& state) { return static_cast<Opcode>(state.header[0] & kOpcodeBits); }
bool is_control(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

bool is_known(Opcode opcode) {
  switch (opcode) {
    case Opcode::Continuation:
    case Opcode::Text:
    case Opcode::Binary:
    case Opcode::Close:
    case Opcode::Ping:
    case Opcode::Pong:
      return true;
  }
  return false;
}

std::size_t length_bytes(const DecoderState& state) {
  const unsigned length = state.header[1] & kLengthBits;
  return length == kLengthIn2Bytes ? 2 : length == kLengthIn8Bytes ? 8 : 0;
}

// The size of the header in progress; 2 until the byte that tells has arrived.
std::size_t header_size(const DecoderState& state) {
  if (state.header_bytes < 2) return 2;
  return 2 + length_bytes(state) + (is_masked(state) ? 4 : 0);
}

// What a complete header says.
std::uint64_t payload_bytes(const DecoderState& state) {
  const std::size_t count = length_bytes(state);
  if (count == 0) return state.header[1] & kLengthBits;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = length << 8 | state.header[2 + i];
  return length;
}

MaskKey mask_key(const DecoderState& state) {
  MaskKey key{};
  std::copy_n(state.header.begin() + static_cast<std::ptrdiff_t>(2 + length_bytes(state)), key.size(),
              key.begin());
  return key;
}

// Codes that RFC 6455 and the IANA registry allow in a close frame.
bool is_sendable(std::uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

// As is_valid_utf8, but passes over leading ASCII eight bytes at a time: nearly all messages are ASCII.
bool is_valid_text(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  return is_valid_utf8(text.substr(at));
}

}  // namespace

Item Decoder::next(std::span<char>& input) {
  if (!delivered_.empty()) std::string().swap(delivered_);  // Gives large buffers back.
  while (!state_.is_over) {
    if (!state_.is_in_payload) {
      std::uint16_t failure = kOk;
      if (!take_header(input, failure)) return failure == kOk ? Item{} : fail(failure);
    }
    std::string_view payload;
    if (!take_payload(input, payload)) return {};

    state_.is_in_payload = false;
    state_.header_bytes = 0;
    if (is_control(opcode_of(state_))) return finish_control(payload);
    if (is_final(state_)) return finish_message(payload);
  }
  input = {};
  return {};
}

// True once the header is complete and good. Otherwise the input is used up or `failure` says what is wrong.
bool Decoder::take_header(std::span<char>& input, std::uint16_t& failure) {
  while (state_.header_bytes < header_size(state_)) {
    if (input.empty()) return false;
    const std::size_t count = std::min(header_size(state_) - state_.header_bytes, input.size());
    std::memcpy(state_.header.data() + state_.header_bytes, input.data(), count);
    input = input.subspan(count);
    state_.header_bytes = static_cast<std::uint8_t>(state_.header_bytes + count);
    // The two first bytes always end a step of their own, so this runs once for each frame.
    if (state_.header_bytes == 2) failure = check_first_bytes();
    if (failure != kOk) return false;
  }
  failure = begin_payload();
  return failure == kOk;
}

std::uint16_t Decoder::check_first_bytes() const {
  const Opcode opcode = opcode_of(state_);
  const bool has_message = state_.message_opcode != Opcode::Continuation;
  if ((state_.header[0] & kReservedBits) != 0 || !is_known(opcode)) return kCloseProtocolError;
  if (is_masked(state_) != (role_ == Role::Server)) return kCloseProtocolError;
  if (is_control(opcode)) {
    const bool is_short = (state_.header[1] & kLengthBits) <= kControlBytesMax;
    return is_final(state_) && is_short ? kOk : kCloseProtocolError;
  }
  // A continuation needs a message to continue; a new message must wait for the end of the last one.
  return (opcode == Opcode::Continuation) == has_message ? kOk : kCloseProtocolError;
}

std::uint16_t Decoder::begin_payload() {
  const std::uint64_t length = payload_bytes(state_);
  if (const std::size_t count = length_bytes(state_); count > 0) {
    const std::uint64_t shortest = count == 2 ? kLengthIn2Bytes : 0x1'0000;
    if (length < shortest || length >> 63 != 0) return kCloseProtocolError;
  }
  const Opcode opcode = opcode_of(state_);
  if (!is_control(opcode)) {
    const std::size_t limit = state_.message_bytes_max;
    if (length > limit || state_.message.size() > limit - length) return kCloseTooLarge;
    if (opcode != Opcode::Continuation) state_.message_opcode = opcode;
  }
  state_.is_in_payload = true;
  state_.mask_at = 0;
  state_.frame_bytes_left = length;
  return kOk;
}

// True once the frame is complete; `payload` is then that of the control frame or of the message so far.
bool Decoder::take_payload(std::span<char>& input, std::string_view& payload) {
  const std::size_t count = std::min<std::uint64_t>(state_.frame_bytes_left, input.size());
  const std::span<char> part = input.first(count);
  input = input.subspan(count);
  if (is_masked(state_)) apply_mask(part, mask_key(state_), state_.mask_at);
  state_.mask_at = static_cast<std::uint8_t>((state_.mask_at + count) % 4);
  state_.frame_bytes_left -= count;

  const bool is_whole = state_.frame_bytes_left == 0;
  const bool is_last = is_control(opcode_of(state_)) || is_final(state_);
  std::string& buffer = is_control(opcode_of(state_)) ? state_.control : state_.message;
  if (is_whole && is_last && buffer.empty()) {
    payload = {part.data(), part.size()};
    return true;
  }
  if (buffer.capacity() - buffer.size() < count)
    buffer.reserve(buffer.size() + count + state_.frame_bytes_left);
  buffer.append(part.data(), part.size());
  if (is_whole && is_last) {
    delivered_.swap(buffer);
    payload = delivered_;
  }
  return is_whole;
}

Item Decoder::finish_control(std::string_view payload) {
  switch (opcode_of(state_)) {
    case Opcode::Ping:
      return {.kind = Item::Kind::Ping, .payload = payload};
    case Opcode::Pong:
      return {.kind = Item::Kind::Pong, .payload = payload};
    default:
      break;
  }
  if (payload.size() == 1) return fail(kCloseProtocolError);
  std::uint16_t code = kCloseWithoutCode;
  if (!payload.empty()) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(payload[i]); };
    code = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
    payload.remove_prefix(2);
    if (!is_sendable(code)) return fail(kCloseProtocolError);
    if (!is_valid_text(payload)) return fail(kCloseInvalidText);
  }
  state_.is_over = true;
  return {.kind = Item::Kind::Close, .code = code, .payload = payload};
}

Item Decoder::finish_message(std::string_view payload) {
  const bool is_text = std::exchange(state_.message_opcode, Opcode::Continuation) == Opcode::Text;
  if (is_text && !is_valid_text(payload)) return fail(kCloseInvalidText);
  return {.kind = Item::Kind::Message, .is_text = is_text, .payload = payload};
}

Item Decoder::fail(std::uint16_t code) {
  state_.is_over = true;
  std::string().swap(state_.message);
  return {.kind = Item::Kind::Failure, .code = code};
}

std::string Decoder::unread() const {
  const Opcode opcode = opcode_of(state_);
  const bool is_in_data = state_.is_in_payload && !is_control(opcode);
  const std::size_t in_frame = is_in_data ? payload_bytes(state_) - state_.frame_bytes_left : 0;
  const std::string_view message = state_.message;
  std::string raw;
  const bool has_fragments =
      state_.message_opcode != Opcode::Continuation && (!is_in_data || opcode == Opcode::Continuation);
  if (has_fragments) {
    const std::string_view arrived = message.substr(0, message.size() - in_frame);
    raw = role_ == Role::Server ? encode_masked(state_.message_opcode, arrived, {})
                                : encode(state_.message_opcode, arrived);
    raw[0] = static_cast<char>(static_cast<unsigned char>(raw[0]) & ~kFinalBit);
  }
  for (std::size_t i = 0; i < state_.header_bytes; ++i) raw += static_cast<char>(state_.header[i]);
  if (!state_.is_in_payload) return raw;
  const std::size_t payload_at = raw.size();
  raw += is_in_data ? message.substr(message.size() - in_frame) : std::string_view(state_.control);
  if (is_masked(state_)) apply_mask(std::span(raw).subspan(payload_at), mask_key(state_));
  return raw;
}

FrameHeader frame_header(Opcode opcode, std::size_t payload_bytes) {
  FrameHeader header;
  header.bytes[0] = static_cast<char>(kFinalBit | static_cast<unsigned>(opcode));
  std::size_t count = 0;
  if (payload_bytes < kLengthIn2Bytes) {
    header.bytes[1] = static_cast<char>(payload_bytes);
  } else if (payload_bytes <= 0xFFFF) {
    header.bytes[1] = static_cast<char>(kLengthIn2Bytes);
    count = 2;
  } else {
    header.bytes[1] = static_cast<char>(kLengthIn8Bytes);
    count = 8;
  }
  for (std::size_t i = 0; i < count; ++i) {
    header.bytes[2 + i] = static_cast<char>(payload_bytes >> (8 * (count - 1 - i)) & 0xFF);
  }
  header.size = static_cast<std::uint8_t>(2 + count);
  return header;
}

std::string encode(Opcode opcode, std::string_view payload) {
  const FrameHeader header = frame_header(opcode, payload.size());
  std::string frame;
  frame.reserve(header.size + payload.size());
  frame += header.view();
  frame += payload;
  return frame;
}

std::string encode_masked(Opcode opcode, std::string_view payload, MaskKey key) {
  FrameHeader header = frame_header(opcode, payload.size());
  header.bytes[1] = static_cast<char>(static_cast<unsigned char>(header.bytes[1]) | kMaskBit);
  std::string frame;
  frame.reserve(header.size + key.size() + payload.size());
  frame += header.view();
  frame.append(key.begin(), key.end());
  const std::size_t start = frame.size();
  frame += payload;
  apply_mask(std::span(frame).subspan(start), key);
  return frame;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  if (code == kCloseWithoutCode) return {};
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += cut_utf8(reason, kCloseReasonBytesMax);
  return payload;
}

void apply_mask(std::span<char> bytes, MaskKey key, std::size_t offset) {
  std::array<unsigned char, 8> wide{};
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = key[(offset + i) % key.size()];
  std::uint64_t mask = 0;
  std::memcpy(&mask, wide.data(), sizeof(mask));

  std::size_t at = 0;
  for (; at + sizeof(mask) <= bytes.size(); at += sizeof(mask)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    word ^= mask;
    std::memcpy(bytes.data() + at, &word, sizeof(word));
  }
  for (std::size_t i = 0; at < bytes.size(); ++at, ++i) {
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ wide[i]);
  }
}

std::string accept_key(std::string_view client_key) {
  std::string text(client_key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  return crypto::base64(crypto::sha1(text));
}

}  // namespace gw::ws
