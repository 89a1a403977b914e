#include "engine/crash_guard.hpp"

#include <algorithm>
#include <utility>

namespace gw::engine {

void CrashGuard::begin(Boot boot) {
  boot_id_ = boot.id;
  const UnixMillis now = boot.started_at;
  store_.begin_boot(std::move(boot), [this, now](Result<std::vector<UnixMillis>> unclean) {
    if (!unclean) {
      return log_.error("gateway", "could not record the start", {{"error", unclean.error().message}});
    }
    if (const auto time = restart::crash_loop_hold(*unclean, now, limits_)) hold(unclean->size(), *time);
  });
}

void CrashGuard::end(const std::string& outcome) {
  timer_.reset();
  store_.end_boot(boot_id_, outcome, [this](Result<void> done) {
    if (!done) log_.error("gateway", "could not record the end", {{"error", done.error().message}});
  });
}

std::optional<CrashGuard::Held> CrashGuard::held() const {
  if (!timer_) return std::nullopt;
  return Held{unclean_starts_, std::max(Millis{0}, std::chrono::duration_cast<Millis>(until_ - loop_.now()))};
}

void CrashGuard::hold(std::size_t unclean_starts, Millis time) {
  unclean_starts_ = unclean_starts;
  until_ = loop_.now() + time;
  timer_ = loop_.after(time, [this] { release(); });
  engine_.hold_interrupted(true);
  log_.error("gateway",
             "gateway restart-loop breaker tripped: " + std::to_string(unclean_starts) +
                 " unclean boot(s) within " + std::to_string(limits_.window.count()) +
                 "ms; holding interrupted runs back.",
             {{"forMs", time.count()}});
}

void CrashGuard::release() {
  timer_.reset();
  log_.info("gateway", "gateway restart-loop breaker recovered; interrupted runs begin again");
  engine_.hold_interrupted(false);
}

}  // namespace gw::engine
