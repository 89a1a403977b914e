// queue::Lanes against a naive second implementation, operation by operation.

#include <algorithm>
#include <string>
#include <vector>

#include "core/queue/lanes.hpp"
#include "sim/world.hpp"

namespace gw::sim {
namespace {

/// Every job in one list, every question answered by a walk along it. A session gets its turn when it comes
/// to have a job that can begin: a ticket, drawn from a counter.
class NaiveLanes {
 public:
  explicit NaiveLanes(std::size_t concurrent_max) : concurrent_max_(concurrent_max) {}

  void add(JobId job, const std::string& session) {
    jobs_.push_back({job, session});
    give_tickets();
  }

  std::vector<JobId> begin_ready() {
    std::vector<JobId> begun;
    while (!is_fenced && running() < concurrent_max_) {
      const auto next = std::ranges::min_element(tickets_, {}, &Ticket::number);
      if (next == tickets_.end()) break;
      Job& job = *std::ranges::find(jobs_, next->session, &Job::session);
      tickets_.erase(next);
      job.is_running = true;
      begun.push_back(job.id);
    }
    return begun;
  }

  void remove(JobId id) {
    std::erase_if(jobs_, [&](const Job& job) { return job.id == id; });
    give_tickets();
  }

  void put_back(JobId id) {
    std::ranges::find(jobs_, id, &Job::id)->is_running = false;
    give_tickets();
  }

  bool is_running(JobId id) const {
    return std::ranges::any_of(jobs_, [&](const Job& job) { return job.id == id && job.is_running; });
  }
  std::size_t running() const {
    return static_cast<std::size_t>(std::ranges::count(jobs_, true, &Job::is_running));
  }
  std::size_t waiting() const { return jobs_.size() - running(); }
  std::size_t waiting_in(const std::string& session) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        jobs_, [&](const Job& job) { return job.session == session && !job.is_running; }));
  }

  bool is_fenced = false;

 private:
  // Jobs stand in the order in which they were accepted; of one session, the running one always stands first.
  struct Job {
    JobId id;
    std::string session;
    bool is_running = false;
  };
  struct Ticket {
    std::string session;
    int number = 0;
  };

  bool can_begin(const std::string& session) const {
    const auto first = std::ranges::find(jobs_, session, &Job::session);
    return first != jobs_.end() && !first->is_running;
  }

  void give_tickets() {
    std::erase_if(tickets_, [&](const Ticket& ticket) { return !can_begin(ticket.session); });
    for (const Job& job : jobs_) {
      const bool has_ticket = std::ranges::find(tickets_, job.session, &Ticket::session) != tickets_.end();
      if (!has_ticket && can_begin(job.session)) tickets_.push_back({job.session, ++tickets_given_});
    }
  }

  std::size_t concurrent_max_;
  std::vector<Job> jobs_;
  std::vector<Ticket> tickets_;
  int tickets_given_ = 0;
};

std::string text_of(const std::vector<JobId>& jobs) {
  std::string text;
  for (const JobId job : jobs) text += " " + std::to_string(job.value);
  return text;
}

std::optional<std::string> play_lanes(std::uint64_t seed, std::ostream* trace) {
  Dice dice(seed);
  Record record(trace);
  const int concurrent_max = 1 + dice.below(4);
  const int sessions = 1 + dice.below(6);
  queue::Lanes lanes(concurrent_max);
  NaiveLanes naive(static_cast<std::size_t>(concurrent_max));
  int jobs = 0;

  for (int operation = 0; operation < 120 && !record.broken(); ++operation) {
    const Instant at{Millis{operation}};
    const JobId some{jobs == 0 ? 0 : 1 + dice.below(jobs)};
    const int choice = dice.below(100);
    if (choice < 35) {
      const std::string session = "s" + std::to_string(dice.below(sessions));
      record.trace(at, "add " + std::to_string(++jobs) + " to " + session);
      lanes.add(JobId{jobs}, session);
      naive.add(JobId{jobs}, session);
    } else if (choice < 60) {
      const auto begun = lanes.begin_ready();
      record.trace(at, "begin" + text_of(begun));
      const auto wanted = naive.begin_ready();
      record.expect(begun == wanted, "these jobs begin:" + text_of(wanted), at);
    } else if (choice < 85) {
      record.trace(at, "remove " + std::to_string(some.value));
      lanes.remove(some);
      naive.remove(some);
    } else if (choice < 93) {
      if (!naive.is_running(some)) continue;
      record.trace(at, "put back " + std::to_string(some.value));
      lanes.put_back(some);
      naive.put_back(some);
    } else {
      naive.is_fenced = dice.chance(50);
      record.trace(at, naive.is_fenced ? "fence up" : "fence down");
      lanes.fence(naive.is_fenced);
    }
    const std::string session = "s" + std::to_string(dice.below(sessions));
    record.expect(lanes.running() == naive.running(), "as many jobs run as were begun", at);
    record.expect(lanes.waiting() == naive.waiting(), "as many jobs wait as were added", at);
    record.expect(lanes.is_running(some) == naive.is_running(some), "a job runs from begin to end", at);
    record.expect(lanes.waiting_in(session) == naive.waiting_in(session), "each session has its own jobs",
                  at);
    record.expect(lanes.is_fenced() == naive.is_fenced, "the fence stands where it was put", at);
  }
  return record.broken();
}

TEST(LanesSim, TheLanesDoWhatAWalkAlongAListDoes) { play(5'000, play_lanes); }

}  // namespace
}  // namespace gw::sim
