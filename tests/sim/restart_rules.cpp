// What must come of each event, and what must always hold: the rules of RestartWorld, worked out without the
// machine.

#include <algorithm>

#include "sim/restart_world.hpp"

namespace gw::sim {

using restart::Phase;

namespace {

template <typename T>
constexpr auto is = [](const restart::Event& event) { return std::holds_alternative<T>(event); };

}  // namespace

/// Enters the request in the slot, and works out its answer on the way.
void RestartWorld::expect_answer(const restart::Requested& request) {
  if (is_stopping_) return;
  if (!slot_) {
    slot_.emplace(request.id, RestartLedger(limits_, last_start_));
    slot_->ledger.add(request, now_);
    RestartLedger& ledger = slot_->ledger;
    expected_answer_ = {slot_->id, false, ledger.due() - now_, ledger.cooldown_of_last()};
    return;
  }
  RestartLedger& ledger = slot_->ledger;
  const Instant due_before = ledger.due();
  const auto cut_before = ledger.cut_at();
  ledger.add(request, now_);
  expected_answer_ = {slot_->id, true, Millis{0}, Millis{0}};
  if (!slot_->is_pending()) return;
  const bool cuts = request.mode == restart::Mode::Force || request.skip_deferral;
  const bool cuts_sooner = cuts && ledger.cut_at() != cut_before;
  expected_answer_.is_coalesced = ledger.due() == due_before && !cuts_sooner;
  if (!ledger.is_waiting()) {
    expected_answer_.delay = std::max(ledger.due() - now_, Millis{0});
    expected_answer_.cooldown_applied = ledger.cooldown_of_last();
  } else if (cuts_sooner) {
    expected_answer_.delay = std::max(*ledger.cut_at() - now_, Millis{0});
  }
}

RestartWorld::Outcomes RestartWorld::expected(const restart::Event& event) {
  Outcomes want;
  if (is_stopping_) {
    want.refuse = is<restart::Requested>(event);
    return want;
  }
  const bool is_starting = slot_ && slot_->started_at && !slot_->is_handing_over;
  const auto finish = [&](restart::Outcome outcome) {
    want.finish = outcome;
    if (is_fenced_) want.fence = false;
  };
  want.answer = is<restart::Requested>(event);
  if (is<restart::StopAsked>(event)) {
    want.drop = is_starting;
    if (slot_) want.finish = restart::Outcome::Cancelled;
    if (!is_fenced_) want.fence = true;
  } else if (is<restart::Cancelled>(event)) {
    if (!slot_ || slot_->is_handing_over) return want;
    want.drop = is_starting;
    finish(restart::Outcome::Cancelled);
  } else if (is<restart::SuccessorReady>(event)) {
    if (is_starting) want.hand_over_cuts = !running_work_.empty();
  } else if (is<restart::SuccessorFailed>(event)) {
    if (is_starting) finish(restart::Outcome::Failed);
  } else if (is<restart::Resumed>(event)) {
    if (slot_ && slot_->is_handing_over) finish(restart::Outcome::Failed);
  } else if (is<restart::Tick>(event) && is_starting &&
             now_ >= *slot_->started_at + limits_.successor_start) {
    want.drop = true;
    finish(restart::Outcome::Failed);
  } else if (slot_ && slot_->is_pending() && now_ >= slot_->ledger.due()) {
    RestartLedger& ledger = slot_->ledger;
    if (!ledger.is_waiting()) ledger.begin_waiting(now_);
    const auto cut_at = ledger.cut_at();
    want.start = running_work_.empty() || (cut_at && now_ >= *cut_at);
    if (!is_fenced_ && (want.start || now_ >= ledger.fence_at())) want.fence = true;
  }
  return want;
}

RestartWorld::Outcomes RestartWorld::seen(const restart::Effects& effects) const {
  Outcomes got;
  for (const restart::Effect& effect : effects) {
    if (std::holds_alternative<restart::Answer>(effect)) got.answer = true;
    if (std::holds_alternative<restart::Refuse>(effect)) got.refuse = true;
    if (std::holds_alternative<restart::StartSuccessor>(effect)) got.start = true;
    if (std::holds_alternative<restart::DropSuccessor>(effect)) got.drop = true;
    if (const auto* fence = std::get_if<restart::Fence>(&effect)) got.fence = fence->on;
    if (const auto* hand = std::get_if<restart::HandOver>(&effect)) got.hand_over_cuts = hand->cuts;
    if (const auto* end = std::get_if<restart::Finished>(&effect)) got.finish = end->outcome;
  }
  return got;
}

void RestartWorld::compare(const Outcomes& want, const Outcomes& got) {
  const bool has_limit_passed = slot_ && !running_work_.empty();
  expect(want.start || !got.start, has_limit_passed
                                       ? "running work is waited for until its limit"
                                       : "a successor starts when its restart is due, not earlier");
  expect(!want.start || got.start, has_limit_passed
                                       ? "a restart does not wait longer than its limit"
                                       : "an idle gateway does not wait with a restart that is due");
  expect(want.fence == true || got.fence != true, "new work begins until the open phase ends");
  expect(want.fence != true || got.fence == true,
         "the fence goes up when the open phase ends or a stop comes");
  expect(want.fence == false || got.fence != false, "the fence stays up until the restart has ended");
  expect(want.fence != false || got.fence == false, "work begins again when a restart has ended");
  expect(want.drop || !got.drop, "a successor is dropped only when its restart ends");
  expect(!want.drop || got.drop, "a successor that nobody waits for is dropped");
  expect(want.hand_over_cuts || !got.hand_over_cuts, "a hand-over follows a successor that is ready");
  expect(!want.hand_over_cuts || got.hand_over_cuts, "a successor that is ready takes over");
  expect(want.finish || !got.finish, "a restart ends only when it fails or is given up");
  expect(!want.finish || got.finish, "a restart that failed or was given up ends");
  expect(want.finish == got.finish, "the outcome of a restart is what happened to it");
  expect(want.answer == got.answer, "every request is answered, and nothing else is");
  expect(want.refuse == got.refuse, "requests are refused exactly after a stop");
}

void RestartWorld::check_state(bool is_after_tick) {
  if (slot_ && !slot_->is_handing_over && is_stopping_) expect(false, "a stop ends the restart under way");
  expect(slot_ || is_stopping_ || !is_fenced_, "while idle the fence is down");
  expect(slot_ || is_stopping_ || successor_ == Successor::None, "while idle there is no successor");
  expect(machine_.phase() == told_phase_, "every change of phase is told");
  expect(machine_.phase() == expected_phase(), "the phase is the one that clients are told about");
  expect(machine_.id() == (slot_ ? slot_->id : ""), "the id is that of the restart under way");
  if (!slot_) {
    expect(machine_.mode() == restart::Mode::Safe, "without a restart there is no mode left over");
    expect(!machine_.cut_at(), "without a restart there is no limit left over");
  }
  if (slot_ && slot_->is_pending()) {
    expect(machine_.mode() == slot_->ledger.mode(), "the mode is the strongest of all requests");
    expect(machine_.cut_at() == slot_->ledger.cut_at(), "the limit is the shortest of all requests");
  }
  const auto wake = machine_.wake_at();
  const auto wanted = expected_wake();
  expect(wake || !wanted, "a tick is wanted while something must happen by time");
  expect(!wake || wanted, "no tick is wanted while nothing can happen by time");
  expect(!wake || !wanted || *wake <= *wanted, "a tick is wanted no later than it is needed");
  expect(!wake || !wanted || *wake >= *wanted, "a tick is wanted no earlier than it is needed");
  expect(!is_after_tick || !wake || *wake > now_, "a tick does all that is due");
}

Phase RestartWorld::expected_phase() const {
  if (is_stopping_) return Phase::Stopping;
  if (!slot_) return Phase::Idle;
  if (slot_->is_handing_over) return Phase::HandingOver;
  if (slot_->started_at) return Phase::Starting;
  if (!slot_->ledger.is_waiting()) return Phase::Scheduled;
  return is_fenced_ ? Phase::Fenced : Phase::Open;
}

std::optional<Instant> RestartWorld::expected_wake() const {
  if (is_stopping_ || !slot_ || slot_->is_handing_over) return std::nullopt;
  if (slot_->started_at) return *slot_->started_at + limits_.successor_start;
  if (!slot_->ledger.is_waiting()) return slot_->ledger.due();
  const auto cut_at = slot_->ledger.cut_at();
  if (is_fenced_) return cut_at;
  return cut_at ? std::min(*cut_at, slot_->ledger.fence_at()) : slot_->ledger.fence_at();
}

void RestartWorld::check_end() {
  if (record_.broken()) return;
  std::set<std::string> ended = finished_;
  if (is_over_ && slot_) ended.insert(slot_->id);
  if (slot_ && !is_over_) {
    const bool waits_for_ever = slot_->is_pending() && !slot_->ledger.cut_at() && !running_work_.empty();
    expect(waits_for_ever, "a restart ends unless endless work runs and it has no limit");
    ended.insert(slot_->id);
  }
  expect(begun_ == ended, "every restart that was begun is finished exactly once");
}

}  // namespace gw::sim
