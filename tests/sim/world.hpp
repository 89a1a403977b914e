#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace gw::sim {

/// Every choice of a world comes from here, so that its seed is the whole world (SplitMix64).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  /// From [0, end).
  int below(int end) { return static_cast<int>(next() % static_cast<std::uint64_t>(end)); }
  bool chance(int percent) { return below(100) < percent; }
  /// From [least, most].
  Millis millis(int least, int most) { return Millis{least + below(most - least + 1)}; }
  /// From [0, 1).
  double share() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

/// The first broken rule of a world, and what led to it when somebody wants to read that.
class Record {
 public:
  explicit Record(std::ostream* trace) : trace_(trace) {}

  bool expect(bool holds, const std::string& rule, Instant now) {
    if (!holds && !broken_) {
      broken_ = rule + " (at " + std::to_string(now.time_since_epoch().count()) + " ms)";
      if (trace_) *trace_ << "  BROKEN: " << *broken_ << "\n";
    }
    return holds;
  }
  bool is_traced() const { return trace_ != nullptr; }
  void trace(Instant now, const std::string& line) {
    if (trace_) *trace_ << now.time_since_epoch().count() << " ms  " << line << "\n";
  }
  const std::optional<std::string>& broken() const { return broken_; }

 private:
  std::ostream* trace_;
  std::optional<std::string> broken_;
};

/// Plays one world; tells the rule that broke. Writes its history to the stream where there is one.
using World = std::function<std::optional<std::string>(std::uint64_t seed, std::ostream* trace)>;

inline std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (!text || !*text) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

/// Plays `worlds` worlds with the seeds 1, 2, …, or those that the environment asks for: `GW_SEED` is the
/// first (and only, unless `GW_WORLDS` says more). Stops at the first that fails and plays it again with its
/// history.
inline void play(std::uint64_t worlds, const World& world) {
  const auto seed = number_from_environment("GW_SEED");
  const auto count = number_from_environment("GW_WORLDS");
  const std::uint64_t first = seed.value_or(1);
  const std::uint64_t end = first + count.value_or(seed ? 1 : worlds);
  if (seed && end == first + 1) {
    if (const auto broken = world(first, &std::cout)) ADD_FAILURE() << "seed " << first << ": " << *broken;
    return;
  }
  for (std::uint64_t played = first; played != end; ++played) {
    const auto broken = world(played, nullptr);
    if (!broken) continue;
    std::ostringstream history;
    (void)world(played, &history);
    ADD_FAILURE() << history.str() << "seed " << played << ": " << *broken << "\nreplay: script/sim --seed "
                  << played;
    return;
  }
}

}  // namespace gw::sim
