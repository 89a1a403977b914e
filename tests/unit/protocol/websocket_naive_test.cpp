// A second, naive decoder, compared with the first on random streams in random pieces.

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "unit/protocol/websocket_helpers.hpp"

namespace gw::ws {
namespace {

// Decodes every character to its code point and asks whether that is the shortest way to write it.
bool is_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const unsigned lead = static_cast<unsigned char>(bytes[at]);
    const std::size_t more = lead < 0x80       ? 0
                             : lead >> 5 == 6  ? 1
                             : lead >> 4 == 14 ? 2
                             : lead >> 3 == 30 ? 3
                                               : 9;
    if (more == 9 || bytes.size() - at <= more) return false;
    unsigned point = more == 0 ? lead : lead & (0x3FU >> more);
    for (std::size_t i = 1; i <= more; ++i) {
      const unsigned next = static_cast<unsigned char>(bytes[at + i]);
      if (next >> 6 != 2) return false;
      point = point << 6 | (next & 0x3F);
    }
    const std::size_t shortest = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x1'0000 ? 2 : 3;
    if (more != shortest || point > 0x10'FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    at += more + 1;
  }
  return true;
}

class NaiveDecoder {
 public:
  explicit NaiveDecoder(std::string bytes) : bytes_(std::move(bytes)) {}

  std::vector<Seen> all() {
    std::vector<Seen> seen;
    while (!is_over_ && read_frame(seen)) {
    }
    return seen;
  }

 private:
  unsigned byte(std::size_t i) const { return static_cast<unsigned char>(bytes_[at_ + i]); }
  bool has(std::size_t count) const { return bytes_.size() - at_ >= count; }

  bool end(std::vector<Seen>& seen, Seen last) {
    seen.push_back(std::move(last));
    is_over_ = true;
    return false;
  }

  bool read_frame(std::vector<Seen>& seen) {
    if (!has(2)) return false;
    const unsigned opcode = byte(0) & 15;
    const bool is_last = byte(0) >= 128;
    const bool is_control = opcode > 7;
    std::uint64_t length = byte(1) & 127;
    const bool is_known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
    if (byte(0) / 16 % 8 != 0 || !is_known || byte(1) < 128) return end(seen, failure(1002));
    if (is_control && (!is_last || length > 125)) return end(seen, failure(1002));
    if (!is_control && (opcode == 0) != in_message_) return end(seen, failure(1002));
    const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (!has(6 + more)) return false;
    if (more > 0) {
      length = 0;
      for (std::size_t i = 0; i < more; ++i) length = length * 256 + byte(2 + i);
      if (length < 126 || (more == 8 && length < 65'536) || length > INT64_MAX)
        return end(seen, failure(1002));
    }
    if (!is_control && message_.size() + length > kLimit) return end(seen, failure(1009));
    if (!has(6 + more + length)) return false;
    std::string payload;
    for (std::size_t i = 0; i < length; ++i) {
      payload += static_cast<char>(byte(6 + more + i) ^ byte(2 + more + i % 4));
    }
    at_ += 6 + more + length;
    return is_control ? on_control(seen, opcode, payload) : on_data(seen, opcode, is_last, payload);
  }

  bool on_control(std::vector<Seen>& seen, unsigned opcode, std::string payload) {
    if (opcode != 8) {
      seen.push_back({opcode == 9 ? Item::Kind::Ping : Item::Kind::Pong, false, 0, payload});
      return true;
    }
    if (payload.empty()) return end(seen, {Item::Kind::Close, false, 1005, ""});
    if (payload.size() == 1) return end(seen, failure(1002));
    const int code = static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
    const bool is_good = (code >= 3000 && code < 5000) ||
                         (code >= 1000 && code < 1015 && code != 1004 && code != 1005 && code != 1006);
    if (!is_good) return end(seen, failure(1002));
    if (!is_text(payload.substr(2))) return end(seen, failure(1007));
    return end(seen, {Item::Kind::Close, false, code, payload.substr(2)});
  }

  bool on_data(std::vector<Seen>& seen, unsigned opcode, bool is_last, const std::string& payload) {
    if (opcode != 0) is_text_ = opcode == 1;
    message_ += payload;
    in_message_ = !is_last;
    if (!is_last) return true;
    if (is_text_ && !is_text(message_)) return end(seen, failure(1007));
    seen.push_back({Item::Kind::Message, is_text_, 0, std::exchange(message_, {})});
    return true;
  }

  std::string bytes_;
  std::size_t at_ = 0;
  bool is_over_ = false;
  bool in_message_ = false;
  bool is_text_ = false;
  std::string message_;
};

using Dice = std::mt19937;

std::size_t draw(Dice& dice, std::size_t below) {
  return std::uniform_int_distribution<std::size_t>(0, below - 1)(dice);
}

// Mostly well-formed frames in an order that mostly makes sense.
std::string random_stream(Dice& dice) {
  std::string stream;
  bool in_message = false;
  for (std::size_t frames = 1 + draw(dice, 12); frames > 0; --frames) {
    unsigned first = 0;
    std::string payload(draw(dice, 8) == 0 ? draw(dice, 700) : draw(dice, 40), 'a');
    for (char& c : payload) c = static_cast<char>('a' + draw(dice, 26));
    if (draw(dice, 4) == 0) {
      first = draw(dice, 6) == 0 ? kClose : draw(dice, 2) == 0 ? kPing : kPong;
      payload.resize(std::min<std::size_t>(payload.size(), 125));
      if (first == kClose && draw(dice, 3) != 0) payload = close_payload(1000, payload);
    } else {
      const bool is_last = draw(dice, 2) == 0;
      first = (is_last ? 0x80U : 0U) | (in_message ? 0U : 1U + static_cast<unsigned>(draw(dice, 2)));
      in_message = !is_last;
    }
    if (!payload.empty() && draw(dice, 30) == 0) payload[draw(dice, payload.size())] = '\xFF';
    std::string frame = raw_frame(first, payload, draw(dice, 40) == 0 ? 2 : -1);
    if (draw(dice, 25) == 0) frame[draw(dice, 2)] ^= static_cast<char>(1 << draw(dice, 8));
    stream += frame;
  }
  return stream;
}

TEST(WebSocketDecoderTest, AgreesWithANaiveDecoderOnRandomStreamsInRandomPieces) {
  for (unsigned seed = 0; seed < 4'000; ++seed) {
    Dice dice(seed);
    const std::string stream = random_stream(dice);
    const std::vector<Seen> expected = NaiveDecoder(stream).all();

    Decoder decoder(Role::Server, kLimit);
    std::vector<Seen> seen;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t count = std::min(1 + draw(dice, 1 + draw(dice, 200)), stream.size() - at);
      for (Seen& item : items_of(decoder, stream.substr(at, count))) seen.push_back(std::move(item));
      at += count;
    }
    ASSERT_EQ(seen, expected) << "seed " << seed;
  }
}

TEST(WebSocketDecoderTest, ANewDecoderGoesOnFromWhatWasUnreadAfterEveryPiece) {
  for (unsigned seed = 0; seed < 4'000; ++seed) {
    Dice dice(seed);
    const std::string stream = random_stream(dice);
    Decoder decoder(Role::Server, kLimit);
    std::vector<Seen> seen;
    for (std::size_t at = 0; at < stream.size() && !decoder.state().is_over;) {
      const std::size_t count = std::min(1 + draw(dice, 1 + draw(dice, 100)), stream.size() - at);
      for (Seen& item : items_of(decoder, stream.substr(at, count))) seen.push_back(std::move(item));
      at += count;
      if (decoder.state().is_over) break;
      Decoder next(Role::Server, kLimit);
      ASSERT_TRUE(items_of(next, decoder.unread()).empty()) << "seed " << seed;
      decoder = std::move(next);
    }
    ASSERT_EQ(seen, NaiveDecoder(stream).all()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gw::ws
