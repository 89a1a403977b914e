#pragma once

#include <compare>
#include <cstdint>

namespace gw {

/// Names one piece of accepted work; given by the store, never reused.
struct JobId {
  std::int64_t value = 0;
  auto operator<=>(const JobId&) const = default;
};

}  // namespace gw
