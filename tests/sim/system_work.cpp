#include "sim/system_work.hpp"

#include <utility>

namespace gw::sim {
namespace {

constexpr Millis kStoreRetryWait{5};
constexpr int kOwnersPerProcess = 1'000;

}  // namespace

Run::Run(WorkContext context, Item item, run::Limits limits, std::function<void()> over)
    : context_(context), item_(item), machine_(limits), over_(std::move(over)) {}

Run::~Run() {
  *is_alive_ = false;
  stop_taking();
}

std::function<void()> Run::guarded(std::function<void()> act) {
  return [alive = is_alive_, act = std::move(act)] {
    if (*alive) act();
  };
}

void Run::step(const run::Event& event) {
  const auto alive = is_alive_;
  for (const run::Effect& effect : machine_.step(event, context_.stage.now)) {
    std::visit([&](const auto& e) { apply(e); }, effect);
    if (!*alive) return;
  }
  arm_timer();
}

void Run::arm_timer() {
  const auto wake = machine_.wake_at();
  if (wake == std::exchange(timer_, wake) || !wake) return;
  context_.process.later(std::max(*wake - context_.stage.now, Millis{0}),
                         guarded([this] { step(run::Tick{}); }));
}

void Run::apply(const run::CallModel& effect) {
  if (effect.is_retry) return record(false, [this] { take_step(); });
  if (position_ >= item_.recorded) return take_step();
  ++position_;
  context_.process.post(guarded([this] { step(run::Answered{.has_tool_calls = true}); }));
}

void Run::apply(const run::RunTools&) {
  if (position_ % 2 == 0) return record(true, [this] { take_step(); });
  if (position_ >= item_.recorded) return take_step();
  ++position_;
  context_.process.post(guarded([this] { step(run::ToolsDone{}); }));
}

void Run::apply(const run::End& effect) {
  stop_taking();
  const bool is_aborted = effect.ending == run::Ending::Aborted || effect.ending == run::Ending::TimedOut;
  commit(is_aborted                               ? ItemState::Aborted
         : effect.ending == run::Ending::Answered ? ItemState::Done
                                                  : ItemState::Failed);
}

void Run::take_step() {
  context_.stage.trace("p", context_.process.number, "   item ", item_.number, " takes step ", position_);
  context_.outside.begin(context_.process.number, item_, position_);
  is_taking_ = true;
  if (context_.stage.has_fault(3)) return;  // The other side hangs; the run's own limit ends it.
  context_.process.later(context_.stage.dice.millis(0, 25), guarded([this, taking = ++takings_] {
                           if (is_taking_ && taking == takings_) step_taken();
                         }));
}

void Run::step_taken() {
  stop_taking();
  if (position_ % 2 == 1) return record(true, [this] { step(run::ToolsDone{}); });
  if (context_.stage.has_fault(10)) {
    return step(run::CallFailed{.is_retryable = context_.stage.dice.chance(80),
                                .retry_after = std::nullopt,
                                .dice = context_.stage.dice.share()});
  }
  step(run::Answered{.has_tool_calls = position_ / 2 < item_.rounds});
}

void Run::stop_taking() {
  if (std::exchange(is_taking_, false)) context_.outside.end(item_.session);
}

void Run::record(bool is_done, std::function<void()> then) {
  const auto done = [this, alive = is_alive_, is_done, then](Verdict verdict) {
    if (!*alive || machine_.is_over()) return;  // A run that is over has its end to record.
    if (verdict == Verdict::Conflict) return over_();
    if (verdict != Verdict::Ok) {
      return context_.process.later(kStoreRetryWait, guarded([this, is_done, then] {
                                      if (!machine_.is_over()) record(is_done, then);
                                    }));
    }
    if (is_done) ++position_;
    then();
  };
  context_.process.write([&store = context_.store, item = item_.number, attempt = item_.attempt,
                          is_done] { return store.step(item, attempt, is_done); },
                         done);
}

void Run::commit(ItemState state) {
  context_.process.write([&store = context_.store, item = item_.number, owner = item_.owner,
                          state] { return store.finish(item, owner, state); },
                         [this, alive = is_alive_, state](Verdict verdict) {
                           if (!*alive) return;
                           if (verdict == Verdict::Ok || verdict == Verdict::Conflict) return over_();
                           context_.process.later(kStoreRetryWait, guarded([this, state] { commit(state); }));
                         });
}

Work::Work(WorkContext context, int concurrent_max, run::Limits limits, Hooks hooks)
    : context_(context),
      concurrent_max_(concurrent_max),
      limits_(limits),
      hooks_(std::move(hooks)),
      lanes_(concurrent_max) {}

void Work::start(std::function<void(bool)> done) {
  is_cut_ = false;
  owner_ = context_.process.number * kOwnersPerProcess + ++times_served_;
  auto queued = std::make_shared<std::vector<int>>();
  context_.process.write(
      [this, queued] {
        *queued = context_.store.take_over(owner_);
        return Verdict::Ok;
      },
      [this, queued, served = times_served_, done = std::move(done)](Verdict verdict) {
        if (is_cut_ || served != times_served_ || verdict != Verdict::Ok) return done(false);
        is_started_ = true;
        for (const int item : *queued) enqueue(item);
        pump_later();
        done(true);
      });
}

void Work::submit(int key, int session, int rounds, std::function<void(bool)> done) {
  if (!is_started_ || is_cut_) return done(false);
  auto admitted = std::make_shared<std::pair<int, bool>>();
  context_.process.write(
      [this, key, session, rounds, admitted] {
        const auto before = context_.store.items().size();
        const int item = context_.store.admit(key, session, rounds);
        *admitted = {item, context_.store.items().size() > before};
        return Verdict::Ok;
      },
      [this, admitted, done = std::move(done)](Verdict verdict) {
        if (verdict == Verdict::Ok && admitted->second && is_started_) {
          enqueue(admitted->first);
          pump_later();
        }
        done(verdict == Verdict::Ok);
      });
}

void Work::enqueue(int item) {
  const int session = context_.store.item(item).session;
  entries_.emplace(item, Entry{.session = session, .run = nullptr});
  lanes_.add(JobId{item}, "s" + std::to_string(session));
}

void Work::pump_later() {
  context_.process.post([this] { pump(); });
}

void Work::pump() {
  if (is_cut_) return;
  const std::vector<JobId> ready = lanes_.begin_ready();
  for (const JobId job : ready) begin(static_cast<int>(job.value));
  if (!ready.empty()) report_change();
}

void Work::begin(int item) {
  context_.stage.expect(hooks_.may_begin(), "nothing begins behind the fence");
  auto begun = std::make_shared<Item>();
  context_.process.write(
      [this, item, owner = owner_, begun] {
        const Verdict verdict = context_.store.begin(item, owner);
        *begun = context_.store.item(item);
        return verdict;
      },
      [this, item, begun](Verdict verdict) {
        if (!is_cut_) on_begun(item, verdict, *begun);
      });
}

void Work::on_begun(int item, Verdict verdict, const Item& begun) {
  const auto found = entries_.find(item);
  if (found == entries_.end()) return;  // Aborted or cut meanwhile.
  if (verdict == Verdict::Conflict) return over(item);
  if (verdict != Verdict::Ok) {
    lanes_.put_back(JobId{item});
    report_change();
    return context_.process.later(kStoreRetryWait, [this] { pump(); });
  }
  found->second.run = std::make_unique<Run>(context_, begun, limits_, [this, item] { over(item); });
  Run& run = *found->second.run;
  const bool is_abort_wanted = found->second.is_abort_wanted;
  run.begin();
  if (is_abort_wanted) run.abort();
}

void Work::over(int item) {
  const auto found = entries_.find(item);
  if (found == entries_.end()) return;
  const Entry entry = std::move(found->second);  // Ends at the end of this function.
  entries_.erase(found);
  lanes_.remove(JobId{item});
  report_change();
  pump_later();
}

void Work::abort(int session) {
  for (auto& [item, entry] : entries_) {
    if (entry.session != session) continue;
    if (!lanes_.is_running(JobId{item})) {
      context_.process.write(
          [this, number = item] { return context_.store.finish(number, owner_, ItemState::Aborted); },
          [this, number = item](Verdict verdict) {
            if (verdict == Verdict::Ok) over(number);
          });
    } else if (entry.run) {
      entry.run->abort();
    } else {
      entry.is_abort_wanted = true;
    }
  }
}

void Work::fence(bool on) {
  lanes_.fence(on);
  if (!on) pump_later();
}

void Work::cut() {
  is_cut_ = true;
  is_started_ = false;
  entries_.clear();
  const bool was_fenced = lanes_.is_fenced();
  lanes_ = queue::Lanes(concurrent_max_);
  lanes_.fence(was_fenced);
  report_change();
}

void Work::report_change() {
  context_.process.post([this] { hooks_.changed(); });
}

}  // namespace gw::sim
