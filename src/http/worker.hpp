#pragma once

#include <memory>
#include <mutex>
#include <pthread.h>
#include <string>
#include <vector>

#include "http/curl_library.hpp"
#include "http/transfer.hpp"

namespace gw::http {

class Exchange;

/// The thread that runs libcurl. It is started by the first `begin` and waits in the kernel while nothing is
/// under way. `begin`, `resume`, `cancel` and `stop` are called on the control thread and do not block,
/// except `stop`.
class Worker {
 public:
  /// `library` is the file name of libcurl.
  explicit Worker(std::string library);
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void begin(std::shared_ptr<Transfer> transfer);
  /// The transfer may receive again.
  void resume(std::shared_ptr<Transfer> transfer);
  /// Ends the transfer; nothing happens when it is over already.
  void cancel(std::shared_ptr<Transfer> transfer);
  /// Ends all transfers and the thread; later calls do nothing.
  void stop();

 private:
  enum class Order { Begin, Resume, Cancel };
  struct Command {
    Order order;
    std::shared_ptr<Transfer> transfer;
  };

  void send(Command command);
  bool start_thread();
  static void* thread_main(void* self);
  void run();
  void serve();
  bool take_commands();
  void carry_out(Command command);
  void begin_exchange(std::shared_ptr<Transfer> transfer);
  void collect_finished();
  int wait_ms();
  void refuse_all(std::string why);
  void refuse_locked(const Command& command) const;

  const std::string library_;
  pthread_t thread_{};
  bool is_started_ = false;  // Control thread only.

  std::mutex mutex_;  // Guards what follows.
  std::vector<Command> commands_;
  bool is_stopping_ = false;
  std::string refusal_;     // Why nothing can be sent at all; empty as long as it can.
  CURLM* multi_ = nullptr;  // Set by the worker's thread while it can be woken.

  // Worker's thread only.
  CurlLibrary curl_{};
  std::vector<std::unique_ptr<Exchange>> exchanges_;
};

}  // namespace gw::http
