#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "protocol/sse.hpp"

// However a stream is cut, it gives the same events. The first byte says how it is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = std::size_t{data[0]} % 16 + 1;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const gw::sse::Limits limits{.line_bytes_max = 64, .event_bytes_max = 128};

  gw::sse::Decoder whole(limits);
  std::vector<gw::sse::Event> expected;
  const bool is_good = whole.feed(stream, expected).has_value();

  gw::sse::Decoder cut(limits);
  std::vector<gw::sse::Event> events;
  bool is_still_good = true;
  for (std::size_t at = 0; at < stream.size() && is_still_good; at += piece) {
    is_still_good = cut.feed(stream.substr(at, piece), events).has_value();
  }
  GW_CHECK(is_good == is_still_good);
  GW_CHECK(std::ranges::equal(expected, events, [](const auto& a, const auto& b) {
    return a.name == b.name && a.data == b.data && a.id == b.id;
  }));
  for (const auto& event : events) GW_CHECK(event.data.size() <= limits.event_bytes_max);
  return 0;
}
