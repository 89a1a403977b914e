#pragma once

namespace gw {

/// Prints the failed condition to stderr and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace gw

/// Our own invariant, always on. Never used on anything read from outside.
#define GW_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::gw::check_failed(#condition, __FILE__, __LINE__))
