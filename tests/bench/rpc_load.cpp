// Keeps `health` requests under way on several connections and prints, as one line of JSON, how many were
// answered in a second and how long one took.

#include <cstdio>
#include <deque>
#include <sys/epoll.h>
#include <unistd.h>

#include "gateway_client.hpp"

namespace gw::bench {
namespace {

struct Load {
  GatewayClient client;
  std::deque<Clock::time_point> sent;  // When each request under way left, the oldest first.
};

Status send_requests(Load& load, const std::string& frame, int count) {
  std::string bytes;
  for (int number = 0; number < count; ++number) bytes += frame;
  const auto now = Clock::now();
  load.sent.insert(load.sent.end(), static_cast<std::size_t>(count), now);
  return load.client.send(bytes);
}

struct Outcome {
  std::int64_t answered = 0;
  std::vector<std::int64_t> latencies_us;
  Clock::duration took{};
};

Status answer_one(Load& load, const std::string& frame, Outcome& outcome) {
  auto responses = load.client.read_some();
  if (!responses) return std::unexpected(std::move(responses).error());
  const auto now = Clock::now();
  for (int number = 0; number < *responses && !load.sent.empty(); ++number) {
    outcome.latencies_us.push_back(micros(now - load.sent.front()));
    load.sent.pop_front();
  }
  outcome.answered += *responses;
  return *responses > 0 ? send_requests(load, frame, *responses) : Status{};
}

Result<Outcome> run(std::vector<Load>& loads, const Options& options) {
  const std::string frame = request_frame(R"({"type":"req","id":"1","method":"health"})");
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t at = 0; at < loads.size(); ++at) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = at}};
    ::epoll_ctl(poller, EPOLL_CTL_ADD, loads[at].client.descriptor(), &event);
  }
  Outcome outcome;
  const auto begin = Clock::now();
  for (Load& load : loads) {
    if (auto sent = send_requests(load, frame, options.depth); !sent)
      return std::unexpected(std::move(sent).error());
  }
  std::vector<epoll_event> events(loads.size());
  while (Clock::now() - begin < options.time) {
    const int ready = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 1'000);
    for (int at = 0; at < ready; ++at) {
      Load& load = loads[events[static_cast<std::size_t>(at)].data.u64];
      if (auto done = answer_one(load, frame, outcome); !done)
        return std::unexpected(std::move(done).error());
    }
  }
  outcome.took = Clock::now() - begin;
  ::close(poller);
  return outcome;
}

int main_of(const Options& options) {
  std::vector<Load> loads;
  for (int number = 0; number < options.connections; ++number) {
    auto client = GatewayClient::open(options);
    if (!client) {
      std::fprintf(stderr, "rpc_load: %s\n", client.error().message.c_str());
      return 1;
    }
    loads.push_back({std::move(*client), {}});
  }
  auto outcome = run(loads, options);
  if (!outcome) {
    std::fprintf(stderr, "rpc_load: %s\n", outcome.error().message.c_str());
    return 1;
  }
  const double seconds = std::chrono::duration<double>(outcome->took).count();
  const std::int64_t median_us = percentile(outcome->latencies_us, 0.5);
  const std::int64_t slow_us = percentile(outcome->latencies_us, 0.99);
  std::printf(R"({"connections":%d,"depth":%d,"perSecond":%.0f,"p50Us":%lld,"p99Us":%lld})"
              "\n",
              options.connections, options.depth, static_cast<double>(outcome->answered) / seconds,
              static_cast<long long>(median_us), static_cast<long long>(slow_us));
  return 0;
}

}  // namespace
}  // namespace gw::bench

int main(int argc, char** argv) {
  const auto options = gw::bench::parse(argc, argv);
  if (!options) {
    std::fputs("usage: rpc_load [--port N] [--token T] [--connections N] [--depth N] [--ms N]\n", stderr);
    return 2;
  }
  return gw::bench::main_of(*options);
}
