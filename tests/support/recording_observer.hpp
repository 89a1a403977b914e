#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/run_observer.hpp"

namespace gw::test {

/// Stands in for the broadcast of run events: keeps all that it is told.
class RecordingObserver final : public engine::RunObserver {
 public:
  enum class Kind { Begun, Text, Thinking, Retry, Ended };
  struct Event {
    Kind kind;
    engine::RunInfo run;
    std::string text;
    std::string delta;
    bool is_replaced = false;
    Millis wait{0};
    engine::RunEnd end;
  };

  void on_begun(const engine::RunInfo& run) override {
    if (before_begun) before_begun(run);
    events.push_back({.kind = Kind::Begun, .run = run});
  }
  void on_text(const engine::RunInfo& run, std::string_view text, std::string_view delta,
               bool is_replaced) override {
    events.push_back({.kind = Kind::Text,
                      .run = run,
                      .text = std::string(text),
                      .delta = std::string(delta),
                      .is_replaced = is_replaced});
  }
  void on_thinking(const engine::RunInfo& run, std::string_view text, std::string_view delta) override {
    events.push_back(
        {.kind = Kind::Thinking, .run = run, .text = std::string(text), .delta = std::string(delta)});
  }
  void on_retry(const engine::RunInfo& run, const ModelFailure& failure, Millis wait) override {
    events.push_back({.kind = Kind::Retry, .run = run, .text = failure.message, .wait = wait});
  }
  void on_ended(const engine::RunInfo& run, const engine::RunEnd& end) override {
    if (before_ended) before_ended(run);
    events.push_back({.kind = Kind::Ended, .run = run, .end = end});
  }

  std::vector<Event> all(Kind kind) const {
    std::vector<Event> found;
    std::ranges::copy_if(events, std::back_inserter(found), [&](const Event& e) { return e.kind == kind; });
    return found;
  }
  /// Run ids in the order in which that happened to them.
  std::vector<std::string> runs(Kind kind) const {
    std::vector<std::string> ids;
    for (const Event& event : all(kind)) ids.push_back(event.run.run_id);
    return ids;
  }

  std::vector<Event> events;
  std::function<void(const engine::RunInfo&)> before_begun;
  std::function<void(const engine::RunInfo&)> before_ended;
};

}  // namespace gw::test
