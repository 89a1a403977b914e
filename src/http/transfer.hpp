#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "http/http_client.hpp"

namespace gw::http {

class Worker;

struct Head {
  int status = 0;
  HttpHeaders headers;
};

struct End {
  std::optional<HttpFailure> failure;  ///< Nothing: the response is complete.
  std::string message;
};

/// The bridge of one exchange: the worker's thread puts in what arrives, the control thread takes it out.
class Transfer : public std::enable_shared_from_this<Transfer> {
 public:
  Transfer(Loop& loop, std::weak_ptr<Worker> worker, HttpClientRequest wanted, HttpSink& sink);

  /// Read by the worker's thread only, once it has been handed over.
  HttpClientRequest request;

  // On the worker's thread.
  void put_head(Head head);
  /// False: too much is waiting, nothing was taken. The control thread then asks the worker to go on.
  bool put_body(std::string_view part);
  void put_end(End end);

  // On the control thread.
  void silence() { sink_ = nullptr; }

 private:
  struct Waiting {
    std::optional<Head> head;
    std::string body;
    std::optional<End> end;
  };

  void schedule_locked();
  void deliver();

  Loop& loop_;
  std::weak_ptr<Worker> worker_;
  HttpSink* sink_;  // Control thread only.

  std::mutex mutex_;  // Guards what follows.
  Waiting waiting_;
  bool is_scheduled_ = false;
  bool is_paused_ = false;
};

}  // namespace gw::http
