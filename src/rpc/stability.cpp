#include "rpc/stability.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace gw::rpc {
namespace {

constexpr std::size_t kWordsBytesMax = 120;

/// A message up to where it names something in particular.
std::string_view fixed_words(std::string_view message) {
  for (const std::string_view end : {": ", " ("}) message = message.substr(0, message.find(end));
  return cut_utf8(message, kWordsBytesMax);
}

}  // namespace

void StabilityRing::record(std::string_view type, json::Object details) {
  const UnixMillis now = now_();
  const std::lock_guard lock(mutex_);
  Event event{.seq = ++last_seq_, .type = std::string(type), .json = {}};
  event.json = {{"seq", event.seq}, {"ts", now.value}, {"type", type}};
  for (const auto& detail : details) event.json[detail.key()] = detail.value();
  events_.push_back(std::move(event));
  if (events_.size() > kCapacity) events_.pop_front();
}

json::Object StabilityRing::snapshot(const Query& query) const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::int64_t> by_type;
  std::deque<const Event*> matching;
  for (const Event& event : events_) {
    if (event.seq <= query.since_seq || (!query.type.empty() && event.type != query.type)) continue;
    ++by_type[event.type];
    matching.push_back(&event);
    if (matching.size() > query.limit) matching.pop_front();
  }
  json::Array events;
  for (const Event* event : matching) events.push_back(event->json);
  json::Object types;
  for (const auto& [type, count] : by_type) types[type] = count;
  const auto seq_or_null = [](const Event* event) {
    return event ? json::Value(event->seq) : json::Value(nullptr);
  };
  return {{"generatedAt", iso8601(now_())},
          {"capacity", kCapacity},
          {"count", events_.size()},
          {"dropped", last_seq_ - static_cast<std::int64_t>(events_.size())},
          {"firstSeq", seq_or_null(events_.empty() ? nullptr : &events_.front())},
          {"lastSeq", seq_or_null(events_.empty() ? nullptr : &events_.back())},
          {"events", std::move(events)},
          {"summary", {{"byType", std::move(types)}}}};
}

void StabilityLog::write(LogLevel level, std::string_view subsystem, std::string_view message,
                         std::initializer_list<LogField> fields) {
  log_.write(level, subsystem, message, fields);
  if (level < LogLevel::Warn) return;
  ring_.record(level == LogLevel::Warn ? "gateway.warning" : "gateway.error",
               {{"subsystem", subsystem}, {"what", fixed_words(message)}});
}

}  // namespace gw::rpc
