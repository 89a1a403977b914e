#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"
#include "cli/output.hpp"
#include "json/value.hpp"

namespace gw::cli {

/// What a person reads of an answer of `gateway.restart.status`: phase, what it waits for, time left.
std::string progress_text(const json::Object& status, Millis elapsed);

/// `[####......]`; empty boxes only when the time left is unknown.
std::string progress_bar(Millis elapsed, std::optional<Millis> remaining);

/// Shows the course of a restart: one line that is written over on a terminal, a line for each change
/// otherwise, nothing with `--json`.
class RestartView {
 public:
  RestartView(Output& out, bool is_terminal) : out_(out), is_terminal_(is_terminal) {}

  void show(const json::Object& status, Millis elapsed);
  /// Leaves the terminal as if nothing had been written over. To be called before anything else is printed.
  void end();

 private:
  Output& out_;
  bool is_terminal_;
  bool is_bar_shown_ = false;
  std::string shown_;      // The phase and the blockers of the latest line.
  Millis shown_after_{0};  // When that was.
};

}  // namespace gw::cli
