#include "core/queue/lanes.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace gw::queue {

void Lanes::add(JobId job, const std::string& session) {
  const bool is_new = entries_.emplace(job, Entry{session}).second;
  GW_CHECK(is_new);
  Lane& lane = lanes_[session];
  lane.waiting.push_back(job);
  join_turns(session, lane);
}

std::vector<JobId> Lanes::begin_ready() {
  std::vector<JobId> begun;
  if (is_fenced_) return begun;
  while (running_ < concurrent_max_ && !turns_.empty()) {
    const std::string session = std::move(turns_.front());
    turns_.pop_front();
    Lane& lane = lanes_.at(session);  // A lane in turn has a job to begin: remove() takes emptied ones out.
    lane.is_in_turn = false;
    const JobId job = lane.waiting.front();
    lane.waiting.pop_front();
    lane.is_running = true;
    entries_.at(job).is_running = true;
    ++running_;
    begun.push_back(job);
  }
  return begun;
}

void Lanes::remove(JobId job) {
  const auto found = entries_.find(job);
  if (found == entries_.end()) return;
  const Entry entry = std::move(found->second);
  entries_.erase(found);
  Lane& lane = lanes_.at(entry.session);
  if (entry.is_running) {
    lane.is_running = false;
    --running_;
    join_turns(entry.session, lane);
  } else {
    std::erase(lane.waiting, job);
  }
  drop_if_empty(entry.session);
}

void Lanes::put_back(JobId job) {
  Entry& entry = entries_.at(job);
  GW_CHECK(entry.is_running);
  entry.is_running = false;
  --running_;
  Lane& lane = lanes_.at(entry.session);
  lane.is_running = false;
  lane.waiting.push_front(job);
  join_turns(entry.session, lane);
}

bool Lanes::is_running(JobId job) const {
  const auto found = entries_.find(job);
  return found != entries_.end() && found->second.is_running;
}

bool Lanes::is_running_in(const std::string& session) const {
  const auto found = lanes_.find(session);
  return found != lanes_.end() && found->second.is_running;
}

std::size_t Lanes::waiting_in(const std::string& session) const {
  const auto found = lanes_.find(session);
  return found == lanes_.end() ? 0 : found->second.waiting.size();
}

void Lanes::join_turns(const std::string& session, Lane& lane) {
  if (lane.is_running || lane.is_in_turn || lane.waiting.empty()) return;
  lane.is_in_turn = true;
  turns_.push_back(session);
}

void Lanes::drop_if_empty(const std::string& session) {
  const auto found = lanes_.find(session);
  if (found->second.is_running || !found->second.waiting.empty()) return;
  if (found->second.is_in_turn) std::erase(turns_, session);
  lanes_.erase(found);
}

}  // namespace gw::queue
