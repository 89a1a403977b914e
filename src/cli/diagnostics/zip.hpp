#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace gw::cli::diagnostics {

struct ZipMember {
  std::string name;  ///< `logs/openclaw.jsonl`.
  std::string text;
};

/// A ZIP archive (APPNOTE 6.3, without compression) of members below 4 GiB in all, dated `at` in UTC.
std::string zip_of(const std::vector<ZipMember>& members, UnixMillis at);

/// CRC-32 as ZIP and PNG have it.
std::uint32_t crc32(std::string_view bytes);

}  // namespace gw::cli::diagnostics
