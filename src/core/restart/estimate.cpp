#include "core/restart/estimate.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace gw::restart {
namespace {

constexpr std::size_t kSamplesMin = 5;  // A median of fewer is a guess.

}  // namespace

Estimate estimate(std::span<const Millis> ages, std::span<const Millis> durations) {
  Estimate result{Millis{0}, durations.size()};
  for (const Millis age : ages) {
    std::vector<Millis> longer;
    std::ranges::copy_if(durations, std::back_inserter(longer), [&](Millis d) { return d > age; });
    result.samples = std::min(result.samples, longer.size());
    if (longer.size() < kSamplesMin) {
      result.remaining.reset();
      continue;
    }
    const auto median = longer.begin() + static_cast<std::ptrdiff_t>(longer.size() / 2);
    std::ranges::nth_element(longer, median);
    if (result.remaining) result.remaining = std::max(*result.remaining, *median - age);
  }
  return result;
}

}  // namespace gw::restart
