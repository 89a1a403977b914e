// Whatever is read must be writable as strict JSON that both parsers read back as the same value, and every
// error must name a place.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "json/json5.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = gw::json::parse_json5(text);
  if (!value) {
    GW_CHECK(value.error().message.starts_with("line "));
    return 0;
  }
  const std::string written = gw::json::serialize(*value);
  GW_CHECK(gw::json::parse(written).has_value());
  const auto again = gw::json::parse_json5(written);
  GW_CHECK(again.has_value());
  GW_CHECK(gw::json::serialize(*again) == written);
  return 0;
}
