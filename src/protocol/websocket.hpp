#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// WebSocket messages (RFC 6455) without any I/O: bytes in, messages out, and back. No extension is
/// understood.
namespace gw::ws {

enum class Role { Server, Client };

enum class Opcode : std::uint8_t { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

using MaskKey = std::array<unsigned char, 4>;

inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
inline constexpr std::uint16_t kCloseWithoutCode =
    1005;  ///< Never on the wire: the peer's close frame was empty.
inline constexpr std::uint16_t kCloseInvalidText = 1007;
inline constexpr std::uint16_t kCloseTooLarge = 1009;
inline constexpr std::size_t kCloseReasonBytesMax = 120;

/// What a decoder found next.
struct Item {
  enum class Kind {
    NeedMore,  ///< The input is used up.
    Message,   ///< `payload` is a whole text or binary message, `is_text` says which.
    Ping,      ///< To be answered with a pong of the same payload.
    Pong,
    Close,    ///< The peer's last item. `code` is its code or kCloseWithoutCode, `payload` its reason.
    Failure,  ///< The peer broke the protocol or a limit: close with `code`. Nothing follows.
  };

  Kind kind = Kind::NeedMore;
  bool is_text = false;
  std::uint16_t code = 0;
  std::string_view payload;  ///< Valid until the next call of the decoder or change of its input.
};

/// Where a decoder stands between two pieces of input; all that another process needs to go on.
struct DecoderState {
  std::size_t message_bytes_max = 0;

  std::array<unsigned char, 14> header{};  ///< Of the frame in progress.
  std::uint8_t header_bytes = 0;           ///< How much of it has arrived.
  bool is_in_payload = false;              ///< The header is complete.
  std::uint8_t mask_at = 0;                ///< Position in the mask key of the next payload byte.
  std::uint64_t frame_bytes_left = 0;
  std::string control;  ///< Payload so far of a control frame that came in pieces.

  Opcode message_opcode = Opcode::Continuation;  ///< Of the message in progress; Continuation: none is.
  std::string message;                           ///< Its payload so far.

  bool is_over = false;  ///< After Close or Failure: further input is dropped.
};

/// Turns the bytes of one peer into items. Fed in any pieces it gives the same items.
class Decoder {
 public:
  /// `role` is our own: a server wants masked frames, a client unmasked ones.
  Decoder(Role role, std::size_t message_bytes_max) : role_(role) {
    state_.message_bytes_max = message_bytes_max;
  }
  Decoder(Role role, DecoderState state) : role_(role), state_(std::move(state)) {}

  /// The next item. What was read is removed from the front of `input` and overwritten: payloads are unmasked
  /// in place, and a message that lies in `input` as one frame is not copied. Call until NeedMore.
  Item next(std::span<char>& input);

  /// Messages whose frame headers come from now on may be that long.
  void set_message_bytes_max(std::size_t bytes) { state_.message_bytes_max = bytes; }

  const DecoderState& state() const { return state_; }

  /// Input that brings a new decoder of the same role to where this one stands; empty between messages.
  /// Not the very bytes that came: what has arrived of a fragmented message is one fragment.
  std::string unread() const;

 private:
  bool take_header(std::span<char>& input, std::uint16_t& failure);
  std::uint16_t check_first_bytes() const;
  std::uint16_t begin_payload();
  bool take_payload(std::span<char>& input, std::string_view& payload);
  Item finish_control(std::string_view payload);
  Item finish_message(std::string_view payload);
  Item fail(std::uint16_t code);

  Role role_;
  DecoderState state_;
  std::string delivered_;  // Holds the payload of the last item when it does not lie in the input.
};

/// The bytes in front of an unmasked payload.
struct FrameHeader {
  std::array<char, 10> bytes{};
  std::uint8_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
};

FrameHeader frame_header(Opcode opcode, std::size_t payload_bytes);

/// A whole frame as a server sends it.
std::string encode(Opcode opcode, std::string_view payload);

/// A whole frame as a client sends it. `key` must be unpredictable and fresh for each frame.
std::string encode_masked(Opcode opcode, std::string_view payload, MaskKey key);

/// Payload of a close frame; empty for kCloseWithoutCode. The reason is cut to kCloseReasonBytesMax.
std::string close_payload(std::uint16_t code, std::string_view reason);

/// Masks or unmasks `bytes`, the first of which is at position `offset` of its payload.
void apply_mask(std::span<char> bytes, MaskKey key, std::size_t offset = 0);

/// The value of `Sec-WebSocket-Accept` for a client's `Sec-WebSocket-Key`.
std::string accept_key(std::string_view client_key);

}  // namespace gw::ws
