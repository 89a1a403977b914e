#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace gw::cli {

/// Nothing unless it is a port number.
std::optional<std::uint16_t> parse_port(std::string_view text, bool is_zero_good);

/// A positive number of milliseconds below a day; nothing otherwise.
std::optional<Millis> parse_timeout_ms(std::string_view text);

/// A number from 1 to `max`; nothing otherwise.
std::optional<std::int64_t> parse_count(std::string_view text, std::int64_t max);

/// A shared secret nobody can guess: 192 random bits in hexadecimal.
std::string new_token();

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> values);

}  // namespace gw::cli
