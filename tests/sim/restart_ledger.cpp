#include "sim/restart_ledger.hpp"

#include <algorithm>

namespace gw::sim {

using restart::Mode;

void RestartLedger::add(const restart::Requested& request, Instant now) {
  joined_.push_back({request, now + std::max(request.delay, Millis{0}), is_waiting()});
}

Instant RestartLedger::allowed(const Joined& joined) const {
  if (!last_start_ || joined.request.mode == Mode::Force) return joined.asked_for;
  return std::max(joined.asked_for, *last_start_ + limits_.cooldown);
}

Instant RestartLedger::due_of_first(std::size_t count) const {
  Instant due = allowed(joined_.front());
  for (std::size_t i = 1; i < count; ++i) {
    if (!joined_[i].is_late) due = std::min(due, allowed(joined_[i]));
  }
  return due;
}

Instant RestartLedger::due() const { return due_of_first(joined_.size()); }

Instant RestartLedger::fence_at() const {
  Instant at = *waiting_since_ + limits_.open_phase;
  for (const Joined& joined : joined_) {
    if (joined.request.mode != Mode::Safe) {
      at = std::min(at, joined.is_late ? joined.asked_for : *waiting_since_);
    }
  }
  return at;
}

std::optional<Instant> RestartLedger::cut_at() const {
  std::optional<Instant> cut;
  for (std::size_t i = 0; i < joined_.size(); ++i) {
    const restart::Requested& request = joined_[i].request;
    const Instant from = std::max(due_of_first(i + 1), joined_[i].asked_for);
    const bool cuts_now = request.mode == Mode::Force || request.skip_deferral;
    const Millis limit = request.mode == Mode::Wait ? request.wait : limits_.deferral;
    if (!cuts_now && limit == Millis{0}) continue;
    const Instant at = cuts_now ? from : from + limit;
    cut = cut ? std::min(*cut, at) : at;
  }
  return cut;
}

Millis RestartLedger::cooldown_of_last() const { return allowed(joined_.back()) - joined_.back().asked_for; }

Mode RestartLedger::mode() const {
  Mode strongest = Mode::Safe;
  for (const Joined& joined : joined_) strongest = std::max(strongest, joined.request.mode);
  return strongest;
}

}  // namespace gw::sim
