#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "core/restart/machine.hpp"

namespace gw::restart {

/// A machine with small round limits; times are milliseconds since the start of the test.
class RestartFixture : public testing::Test {
 protected:
  static constexpr Limits kLimits{.open_phase = Millis{100},
                                  .deferral = Millis{1'000},
                                  .cooldown = Millis{300},
                                  .successor_start = Millis{50}};

  static Instant at(int ms) { return Instant{Millis{1'000'000 + ms}}; }

  Effects step(const Event& event, int ms) { return machine_.step(event, at(ms)); }
  Effects ask(const Requested& event, int ms) { return step(event, ms); }
  Effects work(std::size_t running, int ms) { return step(WorkChanged{running}, ms); }
  Effects tick(int ms) { return step(Tick{}, ms); }

  /// A first restart whose successor was started at `ms` and failed: the cooldown runs from there.
  void fail_an_attempt(int ms) {
    (void)ask({.id = "failed", .mode = Mode::Force}, ms);
    (void)step(SuccessorFailed{"broken"}, ms);
  }

  /// Milliseconds of `wake_at`, which must be there.
  int wake() const {
    if (!machine_.wake_at()) return -1;
    return static_cast<int>((*machine_.wake_at() - at(0)).count());
  }

  Phase phase() const { return machine_.phase(); }

  Machine machine_{kLimits};
};

template <typename T>
std::optional<T> find(const Effects& effects) {
  for (const Effect& effect : effects) {
    if (const T* found = std::get_if<T>(&effect)) return *found;
  }
  return std::nullopt;
}

template <typename T>
bool has(const Effects& effects) {
  return find<T>(effects).has_value();
}

/// What was told about the fence: up, down, or nothing.
inline std::optional<bool> fence_in(const Effects& effects) {
  const auto fence = find<Fence>(effects);
  return fence ? std::optional(fence->on) : std::nullopt;
}

inline std::vector<Phase> phases_in(const Effects& effects) {
  std::vector<Phase> phases;
  for (const Effect& effect : effects) {
    if (const auto* changed = std::get_if<PhaseChanged>(&effect)) phases.push_back(changed->phase);
  }
  return phases;
}

}  // namespace gw::restart
