// Connects, says hello, asks for `health` and closes, again and again, and prints as one line of JSON the
// longest time between two answers and how many connections were refused. Ends after --ms, with 0 at SIGTERM.

#include <csignal>
#include <cstdio>
#include <thread>

#include "gateway_client.hpp"

namespace gw::bench {
namespace {

volatile std::sig_atomic_t is_told_to_end = 0;

struct Outcome {
  std::vector<std::int64_t> gaps_us;  // Between the ends of two successful rounds.
  int refused = 0;
  int failed = 0;  // Connected, and ended before the answer.
};

Status round_trip(const Options& options) {
  auto client = GatewayClient::open(options);
  if (!client) return std::unexpected(std::move(client).error());
  if (auto sent = client->send(request_frame(R"({"type":"req","id":"1","method":"health"})")); !sent)
    return sent;
  return client->wait_response();
}

Outcome run(const Options& options) {
  Outcome outcome;
  const auto begin = Clock::now();
  auto last = begin;
  const auto is_over = [&] {
    return options.time.count() == 0 ? is_told_to_end != 0 : Clock::now() - begin >= options.time;
  };
  while (!is_over()) {
    const auto done = round_trip(options);
    const auto now = Clock::now();
    if (done) {
      outcome.gaps_us.push_back(micros(now - last));
      last = now;
    } else if (done.error().code == Code::Unavailable) {
      ++outcome.refused;
    } else {
      ++outcome.failed;
    }
    if (options.pause.count() > 0) std::this_thread::sleep_for(options.pause);
  }
  outcome.gaps_us.push_back(micros(Clock::now() - last));
  return outcome;
}

}  // namespace
}  // namespace gw::bench

int main(int argc, char** argv) {
  const auto options = gw::bench::parse(argc, argv);
  if (!options) {
    std::fputs("usage: connect_gap [--port N] [--token T] [--ms N] [--pause-ms N]\n", stderr);
    return 2;
  }
  if (options->time.count() == 0) std::signal(SIGTERM, [](int) { gw::bench::is_told_to_end = 1; });
  auto outcome = gw::bench::run(*options);
  const auto rounds = static_cast<long long>(outcome.gaps_us.size() - 1);
  const auto usual_us = static_cast<long long>(gw::bench::percentile(outcome.gaps_us, 0.5));
  const auto longest_us = static_cast<long long>(gw::bench::percentile(outcome.gaps_us, 1.0));
  std::printf(R"({"rounds":%lld,"longestUs":%lld,"usualUs":%lld,"refused":%d,"failed":%d})"
              "\n",
              rounds, longest_us, usual_us, outcome.refused, outcome.failed);
  return rounds > 0 ? 0 : 1;
}
