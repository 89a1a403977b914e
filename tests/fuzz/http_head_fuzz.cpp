// Reading a head in pieces must end like reading it whole, and no head that is accepted may hold a line end.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "protocol/http_head.hpp"

namespace {

using gw::http1::HeadReader;

constexpr std::size_t kLimit = 1'024;

HeadReader::Progress read(HeadReader& reader, std::string_view bytes, std::size_t piece) {
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string part(bytes.substr(at, piece));
    std::span<char> input(part);
    const auto progress = reader.feed(input);
    GW_CHECK(reader.text().size() <= kLimit);
    if (progress != HeadReader::Progress::NeedMore) return progress;
    GW_CHECK(input.empty());
  }
  return HeadReader::Progress::NeedMore;
}

bool is_one_line(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeadReader whole(kLimit);
  HeadReader pieces(kLimit);
  const auto progress = read(whole, bytes, size + 1);
  GW_CHECK(progress == read(pieces, bytes, 1) || progress == HeadReader::Progress::TooLong);
  if (progress == HeadReader::Progress::Complete) GW_CHECK(whole.text() == pieces.text());

  if (const auto request = gw::http1::parse_request(bytes)) {
    GW_CHECK(is_one_line(request->method) && is_one_line(request->target));
    for (const auto& [name, value] : request->headers) GW_CHECK(is_one_line(name) && is_one_line(value));
    if (const auto accept = gw::http1::check_upgrade(*request)) GW_CHECK(is_one_line(*accept));
  }
  if (const auto response = gw::http1::parse_response(bytes)) {
    GW_CHECK(is_one_line(response->reason));
    (void)gw::http1::check_upgrade_response(*response, "dGhlIHNhbXBsZSBub25jZQ==");
  }
  return 0;
}
