#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace gw::store {

/// A thread and the queue in front of it. The thread begins with the first item and takes what is queued in
/// batches.
///
/// `push` and `stop` are called on one thread; the handler runs on the worker's own.
template <typename Item>
class Worker {
 public:
  using Handler = std::function<void(std::vector<Item>& batch)>;

  Worker(std::size_t batch_max, Handler handler) : batch_max_(batch_max), handler_(std::move(handler)) {}
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Takes `item` unless `queued_max` are waiting already; a refused item stays with the caller.
  /// Fails with `Code::Unavailable`.
  Status push(Item& item, std::size_t queued_max) {
    if (!thread_.joinable()) {
      if (auto begun = start(); !begun) return begun;
    }
    {
      const std::scoped_lock lock(mutex_);
      if (items_.size() >= queued_max)
        return fail(Code::Unavailable, "the database is too far behind; try again");
      items_.push_back(std::move(item));
    }
    wake_.notify_one();
    return {};
  }

  /// Lets the thread finish everything queued, then ends it.
  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  Status start() {
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error& error) {
      return fail(Code::Unavailable, std::string("cannot start a database thread: ") + error.what());
    }
    return {};
  }

  void work() {
    std::vector<Item> batch;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !items_.empty(); });
        if (items_.empty()) return;
        while (!items_.empty() && batch.size() < batch_max_) {
          batch.push_back(std::move(items_.front()));
          items_.pop_front();
        }
      }
      handler_(batch);
      batch.clear();
    }
  }

  const std::size_t batch_max_;
  const Handler handler_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> items_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gw::store
