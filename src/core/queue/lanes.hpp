#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"

namespace gw::queue {

/// Which accepted job may begin next. Each session is a lane: its jobs run one at a time, in the order they
/// were accepted. Lanes take turns, at most `concurrent_max` of them at once. Knows ids only; the store has
/// the work.
class Lanes {
 public:
  explicit Lanes(int concurrent_max) : concurrent_max_(concurrent_max) {}

  /// Running jobs beyond a smaller limit run on.
  void set_concurrent_max(int concurrent_max) { concurrent_max_ = concurrent_max; }

  /// A job that waits. Each id may be added once.
  void add(JobId job, const std::string& session);

  /// The jobs that begin now; they count as running from here on. Empty while fenced.
  std::vector<JobId> begin_ready();

  /// A running job is over, or a waiting one is not wanted any more. Other ids are ignored.
  void remove(JobId job);

  /// A running job that could not begin: back to the head of its lane.
  void put_back(JobId job);

  /// While fenced nothing begins; jobs can still be added.
  void fence(bool on) { is_fenced_ = on; }
  bool is_fenced() const { return is_fenced_; }

  bool is_running(JobId job) const;
  bool is_running_in(const std::string& session) const;
  std::size_t running() const { return static_cast<std::size_t>(running_); }
  std::size_t waiting() const { return entries_.size() - running(); }
  std::size_t waiting_in(const std::string& session) const;

 private:
  struct Lane {
    std::deque<JobId> waiting;
    bool is_running = false;
    bool is_in_turn = false;  // Stands in turns_.
  };
  struct Entry {
    std::string session;
    bool is_running = false;
  };
  struct Hash {
    std::size_t operator()(JobId job) const { return std::hash<std::int64_t>{}(job.value); }
  };

  void join_turns(const std::string& session, Lane& lane);
  void drop_if_empty(const std::string& session);

  int concurrent_max_;
  int running_ = 0;
  bool is_fenced_ = false;
  std::unordered_map<std::string, Lane> lanes_;
  std::unordered_map<JobId, Entry, Hash> entries_;
  std::deque<std::string> turns_;  // Sessions that have a job to begin, in the order they get their turn.
};

}  // namespace gw::queue
