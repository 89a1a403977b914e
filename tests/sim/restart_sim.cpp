#include "sim/restart_world.hpp"

namespace gw::sim {
namespace {

TEST(RestartSim, EveryWorldKeepsTheRulesOfARestart) {
  play(30'000, [](std::uint64_t seed, std::ostream* trace) { return RestartWorld(seed, trace).play(); });
}

}  // namespace
}  // namespace gw::sim
