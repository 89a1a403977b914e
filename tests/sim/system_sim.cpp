#include "sim/system_world.hpp"

namespace gw::sim {
namespace {

TEST(SystemSim, NothingAcceptedIsLostOrRepeatedWhateverHappensToTheProcesses) {
  int worlds = 0;
  SystemWorld::Reached reached;
  play(20'000, [&](std::uint64_t seed, std::ostream* trace) {
    SystemWorld world(seed, trace);
    auto broken = world.play();
    ++worlds;
    world.add_to(reached);
    return broken;
  });
  std::cout << worlds << " worlds: " << reached.items << " items, " << reached.taken_again
            << " taken again; restarts " << reached.restarted << " done, " << reached.failed << " failed, "
            << reached.cancelled << " cancelled; " << reached.resumes << " predecessors served again, "
            << reached.keepers << " keepers\n";
  if (worlds < 1'000) return;
  // A world in which nothing happens breaks no rule.
  EXPECT_GT(reached.items, worlds);
  EXPECT_GT(reached.restarted, worlds);
  for (const int rare : {reached.taken_again, reached.failed, reached.cancelled, reached.resumes}) {
    EXPECT_GT(rare, worlds / 50);
  }
  EXPECT_GT(reached.keepers, worlds);
}

}  // namespace
}  // namespace gw::sim
