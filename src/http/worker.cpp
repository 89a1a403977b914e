#include "http/worker.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "http/exchange.hpp"

namespace gw::http {
namespace {

constexpr std::size_t kStackBytes =
    262'144;                             // libcurl and TLS need far less; name lookups have their own thread.
constexpr long kIdleConnectionsMax = 8;  // Kept open for reuse.
constexpr Millis kWaitMax{3'600'000};    // A wait without a reason to wake up ends only by a wake-up.

}  // namespace

Worker::Worker(std::string library) : library_(std::move(library)) {}

Worker::~Worker() { stop(); }

void Worker::begin(std::shared_ptr<Transfer> transfer) {
  if (!start_thread()) {
    transfer->put_end(
        {HttpFailure::Unreachable, "the system does not allow another thread for HTTP requests"});
    return;
  }
  send({Order::Begin, std::move(transfer)});
}

void Worker::resume(std::shared_ptr<Transfer> transfer) { send({Order::Resume, std::move(transfer)}); }

void Worker::cancel(std::shared_ptr<Transfer> transfer) { send({Order::Cancel, std::move(transfer)}); }

void Worker::send(Command command) {
  const std::lock_guard lock(mutex_);
  if (!is_started_ || is_stopping_) return;
  if (!refusal_.empty()) return refuse_locked(command);
  commands_.push_back(std::move(command));
  if (multi_ != nullptr) curl_.multi_wakeup(multi_);
}

void Worker::stop() {
  if (!is_started_) return;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    if (multi_ != nullptr) curl_.multi_wakeup(multi_);
  }
  pthread_join(thread_, nullptr);
  is_started_ = false;
}

bool Worker::start_thread() {
  if (is_started_) return true;
  // Signals are for the control thread; a write to a closed TLS connection must not raise SIGPIPE here.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  is_started_ = pthread_create(&thread_, &attributes, &Worker::thread_main, this) == 0;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return is_started_;
}

void* Worker::thread_main(void* self) {
  static_cast<Worker*>(self)->run();
  return nullptr;
}

void Worker::run() {
  auto curl = load_curl(library_.c_str());
  if (!curl) return refuse_all(curl.error().message);
  curl_ = *curl;
  if (curl_.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return refuse_all("libcurl cannot be initialised");
  CURLM* multi = curl_.multi_init();
  if (multi == nullptr) {
    refuse_all("out of memory for HTTP requests");
  } else {
    {
      const std::lock_guard lock(mutex_);
      multi_ = multi;
    }
    serve();
    exchanges_.clear();
    {
      const std::lock_guard lock(mutex_);
      multi_ = nullptr;
      commands_.clear();
    }
    curl_.multi_cleanup(multi);
  }
  curl_.global_cleanup();
}

void Worker::serve() {
  curl_.multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
  while (take_commands()) {
    int running = 0;
    curl_.multi_perform(multi_, &running);
    collect_finished();
    curl_.multi_poll(multi_, nullptr, 0, wait_ms(), nullptr);
  }
}

// False: the thread is to end.
bool Worker::take_commands() {
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return false;
    commands.swap(commands_);
  }
  for (Command& command : commands) carry_out(std::move(command));
  return true;
}

void Worker::carry_out(Command command) {
  if (command.order == Order::Begin) return begin_exchange(std::move(command.transfer));
  const auto found = std::ranges::find_if(
      exchanges_, [&](const auto& exchange) { return exchange->transfer() == command.transfer; });
  if (found == exchanges_.end()) return;
  if (command.order == Order::Resume) {
    (*found)->resume(Exchange::Clock::now());
  } else {
    exchanges_.erase(found);
  }
}

void Worker::begin_exchange(std::shared_ptr<Transfer> transfer) {
  auto exchange = std::make_unique<Exchange>(curl_, multi_, std::move(transfer));
  if (auto begun = exchange->begin(); !begun) {
    const bool is_bad = begun.error().code == Code::InvalidRequest;
    exchange->transfer()->put_end(
        {is_bad ? HttpFailure::BadRequest : HttpFailure::Unreachable, begun.error().message});
    return;
  }
  exchanges_.push_back(std::move(exchange));
}

void Worker::collect_finished() {
  int left = 0;
  while (CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;  // The message is gone once its handle is removed.
    std::erase_if(exchanges_, [&](const auto& exchange) {
      if (exchange->easy() != easy) return false;
      exchange->end(code);
      return true;
    });
  }
}

// Until the first silent exchange must be ended; ends those that are due.
int Worker::wait_ms() {
  const auto now = Exchange::Clock::now();
  Millis wait = kWaitMax;
  std::erase_if(exchanges_, [&](const auto& exchange) {
    const Millis left = exchange->silence_left(now);
    if (left <= Millis{0}) {
      exchange->end_silent();
      return true;
    }
    wait = std::min(wait, left);
    return false;
  });
  return static_cast<int>(wait.count());
}

// Nothing can be sent, now or later: the thread ends, `send` goes on refusing.
void Worker::refuse_all(std::string why) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(why);
  for (const Command& command : commands_) refuse_locked(command);
  commands_.clear();
}

void Worker::refuse_locked(const Command& command) const {
  if (command.order == Order::Begin) command.transfer->put_end({HttpFailure::Unreachable, refusal_});
}

}  // namespace gw::http
