#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"
#include "json/value.hpp"

namespace gw::rpc {

/// What happened to this generation lately: typed events without anything that people wrote. Any thread.
class StabilityRing {
 public:
  static constexpr std::size_t kCapacity = 1'000;  ///< As OpenClaw's; older events are dropped and counted.

  struct Query {
    std::size_t limit = 50;
    std::string type;            ///< Empty: all.
    std::int64_t since_seq = 0;  ///< Only events after it.
  };

  explicit StabilityRing(std::function<UnixMillis()> now) : now_(std::move(now)) {}

  /// `details` are numbers and words of ours.
  void record(std::string_view type, json::Object details);

  /// `{generatedAt, capacity, count, dropped, firstSeq, lastSeq, events[], summary{byType}}`: the newest
  /// events that match, the oldest first.
  json::Object snapshot(const Query& query) const;

 private:
  struct Event {
    std::int64_t seq = 0;
    std::string type;
    json::Object json;
  };

  std::function<UnixMillis()> now_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::deque<Event> events_;
  std::int64_t last_seq_ = 0;
};

/// Passes lines on, and records warnings and errors in a ring: their fixed words, never their fields.
class StabilityLog final : public Log {
 public:
  /// Both must outlive it.
  StabilityLog(Log& log, StabilityRing& ring) : log_(log), ring_(ring) {}

  void write(LogLevel level, std::string_view subsystem, std::string_view message,
             std::initializer_list<LogField> fields) override;

 private:
  Log& log_;
  StabilityRing& ring_;
};

}  // namespace gw::rpc
