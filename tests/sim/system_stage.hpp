#pragma once

#include <functional>
#include <map>
#include <sstream>
#include <utility>

#include "sim/world.hpp"

namespace gw::sim {

/// What everybody in a SystemWorld shares: the clock, the agenda, the dice and the rules that were broken.
class Stage {
 public:
  Stage(std::uint64_t seed, std::ostream* trace) : dice(seed), record(trace) {}

  void after(Millis wait, std::function<void()> act) { agenda_.emplace(now + wait, std::move(act)); }
  /// Lets the next thing happen; false: nothing is left.
  bool turn() {
    if (agenda_.empty()) return false;
    auto next = agenda_.extract(agenda_.begin());
    now = std::max(now, next.key());  // After a jump of the clock everything is late.
    next.mapped()();
    return true;
  }

  /// Something went wrong in the world: from here on every time limit counts anew.
  void disturb() { disturbed_at = now; }
  bool has_fault(int percent) { return !is_quiet && dice.chance(percent); }

  bool expect(bool holds, const char* rule) { return record.expect(holds, rule, now); }
  template <typename... Parts>
  void trace(const Parts&... parts) {
    if (!record.is_traced()) return;
    std::ostringstream line;
    (line << ... << parts);
    record.trace(now, line.str());
  }

  Dice dice;
  Record record;
  Instant now{Millis{1'000}};
  Instant disturbed_at{};
  bool is_quiet = false;  // Nothing goes wrong any more.

 private:
  std::multimap<Instant, std::function<void()>> agenda_;
};

}  // namespace gw::sim
