#include "core/run/machine.hpp"

#include <algorithm>

namespace gw::run {

Effects Machine::step(const Event& event, Instant now) {
  if (phase_ == Phase::Over) return {};
  return std::visit([&](const auto& e) { return on(e, now); }, event);
}

Effects Machine::on(const Begin&, Instant now) {
  if (phase_ != Phase::New) return {};
  phase_ = Phase::Calling;
  attempt_ = 1;
  if (limits_.timeout > Millis{0}) deadline_ = now + limits_.timeout;
  return {CallModel{}};
}

Effects Machine::on(const Answered& event, Instant) {
  if (phase_ != Phase::Calling) return {};
  if (!event.has_tool_calls) return end(Ending::Answered);
  if (++tool_rounds_ >= limits_.tool_rounds_max) return end(Ending::TooManyToolRounds);
  phase_ = Phase::Tools;
  return {RunTools{}};
}

Effects Machine::on(const CallFailed& event, Instant now) {
  if (phase_ != Phase::Calling) return {};
  if (!event.is_retryable) return end(Ending::Failed);
  const auto wait = retry::wait_after(attempt_, limits_.retry, event.dice, event.retry_after);
  if (!wait) return end(Ending::Failed);
  phase_ = Phase::Waiting;
  ++attempt_;
  retry_at_ = now + *wait;
  return {};
}

Effects Machine::on(const ToolsDone&, Instant) {
  if (phase_ != Phase::Tools) return {};
  phase_ = Phase::Calling;
  attempt_ = 1;
  return {CallModel{}};
}

Effects Machine::on(const AbortAsked&, Instant) { return end(Ending::Aborted); }

Effects Machine::on(const Tick&, Instant now) {
  if (deadline_ && now >= *deadline_) return end(Ending::TimedOut);
  if (phase_ != Phase::Waiting || now < retry_at_) return {};
  phase_ = Phase::Calling;
  return {CallModel{.is_retry = true}};
}

Effects Machine::end(Ending ending) {
  const bool is_cut_short = ending == Ending::Aborted || ending == Ending::TimedOut;
  const bool has_call = phase_ == Phase::Calling;
  phase_ = Phase::Over;
  if (has_call && is_cut_short) return {DropCall{}, End{ending}};
  return {End{ending}};
}

std::optional<Instant> Machine::wake_at() const {
  if (is_over()) return std::nullopt;
  if (phase_ != Phase::Waiting) return deadline_;
  return deadline_ ? std::min(*deadline_, retry_at_) : retry_at_;
}

}  // namespace gw::run
