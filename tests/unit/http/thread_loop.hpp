#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "ports/loop.hpp"

namespace gw::test {

/// A Loop in real time on the thread of the test, for what needs a second thread. It runs only inside
/// `run_until`.
class ThreadLoop final : public Loop {
 public:
  Instant now() const override {
    return std::chrono::time_point_cast<Millis>(std::chrono::steady_clock::now());
  }
  UnixMillis wall_now() const override { return {1'000'000'000'000}; }

  void post(Callback<> work) override {
    {
      const std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
    }
    woken_.notify_one();
  }

  std::unique_ptr<Timer> after(Millis delay, Callback<> work) override {
    const std::int64_t id = ++last_id_;
    timers_->insert({id, Pending{now() + delay, std::move(work)}});
    return std::make_unique<Handle>(timers_, id);
  }

  /// Runs what is due until `is_done`; false when that takes longer than a test may.
  bool run_until(const std::function<bool()>& is_done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      Callback<> work = next();
      if (work) work();
    }
    return true;
  }

  /// Everything that waits now.
  void run_posted() {
    std::deque<Callback<>> all;
    {
      const std::lock_guard lock(mutex_);
      all.swap(work_);
    }
    for (Callback<>& work : all) work();
  }

 private:
  struct Pending {
    Instant at;
    Callback<> work;
  };
  using Timers = std::map<std::int64_t, Pending>;

  class Handle final : public Timer {
   public:
    Handle(std::shared_ptr<Timers> timers, std::int64_t id) : timers_(std::move(timers)), id_(id) {}
    ~Handle() override { timers_->erase(id_); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

   private:
    std::shared_ptr<Timers> timers_;
    std::int64_t id_;
  };

  Callback<> next() {
    for (auto it = timers_->begin(); it != timers_->end(); ++it) {
      if (it->second.at > now()) continue;
      Callback<> work = std::move(it->second.work);
      timers_->erase(it);
      return work;
    }
    std::unique_lock lock(mutex_);
    // Short, so that timers and the limit of the test are looked at again.
    woken_.wait_for(lock, Millis{10}, [&] { return !work_.empty(); });
    if (work_.empty()) return {};
    Callback<> work = std::move(work_.front());
    work_.pop_front();
    return work;
  }

  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  std::int64_t last_id_ = 0;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<Callback<>> work_;
};

}  // namespace gw::test
