#pragma once

#include <map>
#include <memory>
#include <utility>

#include "ports/loop.hpp"

namespace gw::test {

/// A Loop whose time passes only in `advance`.
class VirtualLoop final : public Loop {
 public:
  Instant now() const override { return now_; }
  UnixMillis wall_now() const override { return {now_.time_since_epoch().count()}; }
  void post(Callback<> work) override { add(now_, std::move(work)); }
  std::unique_ptr<Timer> after(Millis delay, Callback<> work) override {
    return std::make_unique<Handle>(timers_, add(now_ + delay, std::move(work)));
  }

  /// Runs in order what falls due in the next `time`; 0: what is due now.
  void advance(Millis time) {
    const Instant until = now_ + time;
    while (!timers_->empty() && timers_->begin()->first.first <= until) {
      now_ = timers_->begin()->first.first;
      Callback<> work = std::move(timers_->begin()->second);
      timers_->erase(timers_->begin());
      work();
    }
    now_ = until;
  }
  std::size_t waiting() const { return timers_->size(); }

 private:
  using Key = std::pair<Instant, std::int64_t>;
  using Timers = std::map<Key, Callback<>>;

  class Handle final : public Timer {
   public:
    Handle(std::shared_ptr<Timers> timers, Key key) : timers_(std::move(timers)), key_(key) {}
    ~Handle() override { timers_->erase(key_); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

   private:
    std::shared_ptr<Timers> timers_;
    Key key_;
  };

  Key add(Instant at, Callback<> work) {
    const Key key{at, ++last_id_};
    timers_->emplace(key, std::move(work));
    return key;
  }

  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  std::int64_t last_id_ = 0;
  Instant now_{Millis{1'000}};
};

}  // namespace gw::test
