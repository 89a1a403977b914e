#include "net/event_loop.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace gw {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Only one thread runs the context; others may post to it.
constexpr int kOneRunningThread = 1;

class LoopTimer final : public Timer {
 public:
  LoopTimer(asio::io_context& context, Millis delay, Callback<> work)
      : state_(std::make_shared<State>(context, std::move(work))) {
    state_->clock.expires_after(delay);
    state_->clock.async_wait([state = state_](const error_code& error) {
      // An expired timer may be destroyed between its expiry and this call, so the error alone does not tell.
      if (error || state->is_cancelled) return;
      std::exchange(state->work, {})();
    });
  }

  ~LoopTimer() override {
    state_->is_cancelled = true;
    state_->clock.cancel();
  }

  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

 private:
  struct State {
    State(asio::io_context& context, Callback<> w) : clock(context), work(std::move(w)) {}
    asio::steady_timer clock;
    Callback<> work;
    bool is_cancelled = false;
  };

  std::shared_ptr<State> state_;
};

class LoopWatch final : public Watch {
 public:
  LoopWatch(asio::io_context& context, std::function<void()> readable)
      : state_(std::make_shared<State>(context, std::move(readable))) {}

  ~LoopWatch() override {
    state_->is_open = false;
    if (state_->descriptor.is_open()) state_->descriptor.release();
  }

  LoopWatch(const LoopWatch&) = delete;
  LoopWatch& operator=(const LoopWatch&) = delete;

  bool start(int fd) {
    error_code error;
    state_->descriptor.assign(fd, error);
    if (!error) wait_readable(state_);
    return !error;
  }

  void when_writable(std::function<void()> ready) override {
    state_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                  [state = state_, ready = std::move(ready)](const error_code& error) {
                                    if (!error && state->is_open) ready();
                                  });
  }

  void stop_reading() override { state_->is_reading = false; }

 private:
  struct State {
    State(asio::io_context& context, std::function<void()> r) : descriptor(context), readable(std::move(r)) {}
    asio::posix::stream_descriptor descriptor;
    std::function<void()> readable;
    bool is_open = true;
    bool is_reading = true;
  };

  static void wait_readable(const std::shared_ptr<State>& state) {
    state->descriptor.async_wait(asio::posix::descriptor_base::wait_read, [state](const error_code& error) {
      if (error || !state->is_open || !state->is_reading) return;
      state->readable();
      if (state->is_open && state->is_reading) wait_readable(state);
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace

// Posted work waits in a queue of our own: one lock and, only when the queue was empty, one wake-up of the
// context.
struct EventLoop::Impl {
  asio::io_context context{kOneRunningThread};
  asio::executor_work_guard<asio::io_context::executor_type> keeps_running{context.get_executor()};
  std::mutex mutex;
  std::vector<Callback<>> posted;   // Guarded by `mutex`.
  std::vector<Callback<>> running;  // Control thread only.

  void run_posted() {
    {
      const std::scoped_lock lock(mutex);
      running.swap(posted);
    }
    for (Callback<>& work : running) std::exchange(work, {})();
    running.clear();
  }
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}

EventLoop::~EventLoop() = default;

void EventLoop::run() {
  impl_->context.run();
  impl_->context.restart();
}

void EventLoop::stop() { impl_->context.stop(); }

Instant EventLoop::now() const { return std::chrono::floor<Millis>(std::chrono::steady_clock::now()); }

UnixMillis EventLoop::wall_now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::floor<Millis>(since_epoch).count()};
}

void EventLoop::post(Callback<> work) {
  bool was_empty = false;
  {
    const std::scoped_lock lock(impl_->mutex);
    was_empty = impl_->posted.empty();
    impl_->posted.push_back(std::move(work));
  }
  if (was_empty) asio::post(impl_->context, [impl = impl_.get()] { impl->run_posted(); });
}

std::unique_ptr<Timer> EventLoop::after(Millis delay, Callback<> work) {
  return std::make_unique<LoopTimer>(impl_->context, delay, std::move(work));
}

std::unique_ptr<Watch> EventLoop::watch_readable(int fd, std::function<void()> readable) {
  auto watch = std::make_unique<LoopWatch>(impl_->context, std::move(readable));
  if (!watch->start(fd)) return nullptr;
  return watch;
}

}  // namespace gw
