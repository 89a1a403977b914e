#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/restart/machine.hpp"

namespace gw::sim {

/// One restart as its requests ask for it. Keeps the list of all of them and works every deadline out again
/// from that list at each question; the machine keeps deadlines only. The two must agree.
class RestartLedger {
 public:
  RestartLedger(restart::Limits limits, std::optional<Instant> last_start)
      : limits_(limits), last_start_(last_start) {}

  void add(const restart::Requested& request, Instant now);
  void begin_waiting(Instant now) { waiting_since_ = now; }
  bool is_waiting() const { return waiting_since_.has_value(); }

  /// Nothing happens before.
  Instant due() const;
  /// New work stops beginning. Only while waiting.
  Instant fence_at() const;
  /// Running work is not waited for any longer; nothing: it always is.
  std::optional<Instant> cut_at() const;

  /// Of the request added last: by how much the cooldown put it off.
  Millis cooldown_of_last() const;
  restart::Mode mode() const;
  bool is_forced() const { return mode() == restart::Mode::Force; }

 private:
  struct Joined {
    restart::Requested request;
    Instant asked_for;     // When it wants the restart: its arrival and its delay.
    bool is_late = false;  // Came when the restart was already waiting.
  };

  Instant allowed(const Joined& joined) const;
  Instant due_of_first(std::size_t count) const;

  restart::Limits limits_;
  std::optional<Instant> last_start_;
  std::optional<Instant> waiting_since_;
  std::vector<Joined> joined_;
};

}  // namespace gw::sim
