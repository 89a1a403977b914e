#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/websocket.hpp"

/// What the tests of the WebSocket decoder share.
namespace gw::ws {

inline constexpr std::size_t kLimit = 1'000;

// An item that outlives its input.
struct Seen {
  Item::Kind kind = Item::Kind::NeedMore;
  bool is_text = false;
  int code = 0;
  std::string payload;
  bool operator==(const Seen&) const = default;
};

inline void PrintTo(const Seen& seen, std::ostream* out) {
  *out << "kind " << static_cast<int>(seen.kind) << (seen.is_text ? " text" : "") << " code " << seen.code
       << " `" << seen.payload.substr(0, 40) << "` of " << seen.payload.size();
}

inline std::vector<Seen> items_of(Decoder& decoder, std::string bytes) {
  std::vector<Seen> seen;
  std::span<char> input(bytes);
  for (;;) {
    const Item item = decoder.next(input);
    if (item.kind == Item::Kind::NeedMore) break;
    seen.push_back({item.kind, item.is_text, item.code, std::string(item.payload)});
  }
  EXPECT_TRUE(input.empty());
  return seen;
}

// A masked frame with any first byte and any way to write the length, so that it can be wrong.
inline std::string raw_frame(unsigned first, std::string_view payload, int length_bytes = -1,
                             bool is_masked = true) {
  const std::size_t size = payload.size();
  if (length_bytes < 0) length_bytes = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
  std::string frame(1, static_cast<char>(first));
  const unsigned mask_bit = is_masked ? 0x80 : 0;
  const std::size_t short_length = length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127;
  frame += static_cast<char>(mask_bit | static_cast<unsigned>(short_length));
  for (int i = length_bytes - 1; i >= 0; --i) frame += static_cast<char>(size >> (8 * i) & 0xFF);
  if (!is_masked) return frame + std::string(payload);
  const MaskKey key{0x37, 0xFA, 0x21, 0x3D};
  frame.append(key.begin(), key.end());
  for (std::size_t i = 0; i < size; ++i)
    frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ key[i % 4]);
  return frame;
}

inline Seen text(std::string payload) { return {Item::Kind::Message, true, 0, std::move(payload)}; }
inline Seen failure(int code) { return {Item::Kind::Failure, false, code, {}}; }

inline constexpr unsigned kText = 0x81;
inline constexpr unsigned kBinary = 0x82;
inline constexpr unsigned kClose = 0x88;
inline constexpr unsigned kPing = 0x89;
inline constexpr unsigned kPong = 0x8A;
inline constexpr unsigned kFirstText = 0x01;
inline constexpr unsigned kMiddle = 0x00;
inline constexpr unsigned kLast = 0x80;

}  // namespace gw::ws
