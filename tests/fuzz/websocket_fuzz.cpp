// The decoder must give the same items whatever the pieces its input comes in, and never more than the limit.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "protocol/websocket.hpp"

namespace {

using gw::ws::Item;

constexpr std::size_t kLimit = 4'096;

struct Seen {
  Item::Kind kind;
  bool is_text;
  std::uint16_t code;
  std::string payload;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> decode(gw::ws::Role role, std::string_view bytes, std::size_t piece) {
  gw::ws::Decoder decoder(role, kLimit);
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string part(bytes.substr(at, piece));
    std::span<char> input(part);
    for (Item item = decoder.next(input); item.kind != Item::Kind::NeedMore; item = decoder.next(input)) {
      GW_CHECK(item.payload.size() <= kLimit);
      seen.push_back({item.kind, item.is_text, item.code, std::string(item.payload)});
    }
    GW_CHECK(input.empty());
    GW_CHECK(decoder.state().message.size() <= kLimit);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto role = data[0] % 2 == 0 ? gw::ws::Role::Server : gw::ws::Role::Client;
  const std::size_t piece = 1 + data[1] % 32;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = decode(role, bytes, size);
  GW_CHECK(whole == decode(role, bytes, 1));
  GW_CHECK(whole == decode(role, bytes, piece));
  return 0;
}
