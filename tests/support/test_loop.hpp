#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/callback.hpp"
#include "base/result.hpp"
#include "ports/loop.hpp"

namespace gw::test {

/// A control thread that is the test itself: posted work runs inside `run_until` and `run_posted`.
/// Time stands still until the test moves it with `advance`.
class TestLoop final : public Loop {
 public:
  /// In real time; far beyond what any test needs, so reaching it is a failure.
  static constexpr std::chrono::seconds kDeadline{30};

  Instant now() const override { return now_; }
  UnixMillis wall_now() const override { return wall_; }

  void post(Callback<> work) override {
    {
      const std::scoped_lock lock(mutex_);
      posted_.push_back(std::move(work));
    }
    wake_.notify_one();
  }

  [[nodiscard]] std::unique_ptr<Timer> after(Millis delay, Callback<> work) override {
    const Key key{now_ + delay, ++timers_made_};
    timers_->emplace(key, std::move(work));
    return std::make_unique<Entry>(timers_, key);
  }

  /// Time passes, and no timer has run yet.
  void jump(Millis by) { now_ += by; }

  /// Runs posted work until `is_met`. False when that did not happen within kDeadline.
  bool run_until(const std::function<bool()>& is_met) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!is_met()) {
      auto work = next(deadline);
      if (!work) return false;
      (*work)();
    }
    return true;
  }

  /// Runs what is posted now and what that posts in turn, without waiting.
  void run_posted() {
    while (run_one()) {
    }
  }

  /// Runs the oldest posted work; false when there is none.
  bool run_one() {
    auto work = next({});
    if (work) (*work)();
    return work.has_value();
  }

  /// Moves both clocks and runs the timers that become due, in the order of their times.
  void advance(Millis by) {
    const auto target = now_ + by;
    wall_.value += by.count();
    run_posted();
    while (!timers_->empty() && timers_->begin()->first.first <= target) {
      now_ = std::max(now_, timers_->begin()->first.first);
      auto work = std::move(timers_->begin()->second);
      timers_->erase(timers_->begin());
      work();
      run_posted();
    }
    now_ = target;
  }

  /// Calls `start` with a completion and runs the loop until that is called.
  template <typename T>
  Result<T> await(const std::function<void(Completion<T>)>& start) {
    const auto result = std::make_shared<std::optional<Result<T>>>();
    start([result](Result<T> value) { *result = std::move(value); });
    if (!run_until([&] { return result->has_value(); })) return fail(Code::TimedOut, "no completion");
    return std::move(**result);
  }

 private:
  using Key = std::pair<Instant, int>;
  using Timers = std::map<Key, Callback<>>;

  struct Entry final : Timer {
    Entry(std::shared_ptr<Timers> t, Key k) : timers(std::move(t)), key(k) {}
    ~Entry() override { timers->erase(key); }
    std::shared_ptr<Timers> timers;
    Key key;
  };

  std::optional<Callback<>> next(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (posted_.empty() && deadline == std::chrono::steady_clock::time_point{}) return std::nullopt;
    if (!wake_.wait_until(lock, deadline, [this] { return !posted_.empty(); })) return std::nullopt;
    auto work = std::move(posted_.front());
    posted_.pop_front();
    return work;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Callback<>> posted_;
  std::shared_ptr<Timers> timers_ =
      std::make_shared<Timers>();  // Shared: a timer may be dropped after the loop.
  int timers_made_ = 0;
  Instant now_{Millis{1'000'000}};
  UnixMillis wall_{1'795'000'000'000};
};

}  // namespace gw::test
