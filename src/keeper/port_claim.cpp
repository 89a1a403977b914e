#include "keeper/port_claim.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

#include "platform/gateway_lock.hpp"
#include "platform/port_owner.hpp"
#include "platform/process_wait.hpp"

namespace gw::keeper {
namespace {

constexpr int kRoundsMax = 16;  // One ends a process; more listeners on one port are somebody's trick.
constexpr Millis kStopLimit{30'000};
constexpr Millis kTermGrace{700};
constexpr Millis kKillLimit{2'000};

Status end(const platform::ProcessIdentity& process, Millis grace) {
  const auto asked = platform::signal_and_wait(process, SIGTERM, grace);
  if (asked || asked.error().code != Code::TimedOut) return asked;
  return platform::signal_and_wait(process, SIGKILL, kKillLimit);
}

/// The one whose end ends the others: a keeper, whose generations have its socket.
const platform::PortOwner& root_of(const std::vector<platform::PortOwner>& owners) {
  const auto has_parent_here = [&](const platform::PortOwner& owner) {
    return std::ranges::find(owners, owner.parent, &platform::PortOwner::pid) != owners.end();
  };
  const auto root = std::ranges::find_if_not(owners, has_parent_here);
  return root == owners.end() ? owners.front() : *root;
}

}  // namespace

Status claim_port(std::uint16_t port, const std::filesystem::path& lock_file) {
  if (const auto owner = platform::live_lock_owner(lock_file); owner && owner->port == port) {
    if (auto ended = end(owner->process, kStopLimit); !ended) return ended;
  }
  for (int round = 0; round < kRoundsMax; ++round) {
    const auto owners = platform::port_owners(port);
    if (owners.empty()) return {};
    const auto process = platform::identity_of(root_of(owners).pid);
    if (!process) continue;  // It has just ended.
    if (auto ended = end(*process, kTermGrace); !ended) return ended;
  }
  return fail(Code::TimedOut, "port " + std::to_string(port) + " is taken again and again");
}

}  // namespace gw::keeper
