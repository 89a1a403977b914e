#include "http/transfer.hpp"

#include <utility>

#include "http/worker.hpp"

namespace gw::http {

Transfer::Transfer(Loop& loop, std::weak_ptr<Worker> worker, HttpClientRequest wanted, HttpSink& sink)
    : request(std::move(wanted)), loop_(loop), worker_(std::move(worker)), sink_(&sink) {}

void Transfer::put_head(Head head) {
  const std::lock_guard lock(mutex_);
  waiting_.head = std::move(head);
  schedule_locked();
}

bool Transfer::put_body(std::string_view part) {
  const std::lock_guard lock(mutex_);
  if (waiting_.body.size() >= kHttpWaitingBytesMax) {
    is_paused_ = true;
    return false;
  }
  waiting_.body.append(part);
  schedule_locked();
  return true;
}

void Transfer::put_end(End end) {
  const std::lock_guard lock(mutex_);
  waiting_.end = std::move(end);
  schedule_locked();
}

// One visit to the control thread takes everything that has come until then.
void Transfer::schedule_locked() {
  if (is_scheduled_) return;
  is_scheduled_ = true;
  loop_.post([self = shared_from_this()] { self->deliver(); });
}

void Transfer::deliver() {
  Waiting taken;
  bool was_paused = false;
  {
    const std::lock_guard lock(mutex_);
    taken = std::exchange(waiting_, {});
    is_scheduled_ = false;
    was_paused = std::exchange(is_paused_, false);
  }
  if (was_paused) {
    if (auto worker = worker_.lock()) worker->resume(shared_from_this());
  }
  // Each call of the sink may silence it.
  if (sink_ != nullptr && taken.head) sink_->on_head(taken.head->status, taken.head->headers);
  if (sink_ != nullptr && !taken.body.empty()) sink_->on_body(taken.body);
  if (!taken.end) return;
  HttpSink* sink = std::exchange(sink_, nullptr);
  if (sink == nullptr) return;
  if (taken.end->failure) {
    sink->on_failed(*taken.end->failure, taken.end->message);
  } else {
    sink->on_done();
  }
}

}  // namespace gw::http
