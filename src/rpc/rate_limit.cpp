#include "rpc/rate_limit.hpp"

#include <algorithm>
#include <tuple>

namespace gw::rpc {
namespace {

std::string write_key(std::string_view method, const Client& client) {
  std::string key(method);
  return key.append("\n").append(client.device_id).append("\n").append(client.address);
}

std::string proof_key(std::string_view address, bool is_local, ProofKind kind) {
  // A proxied client with a loopback peer is not local and must not share its key with the owner's own tools.
  std::string key = kind == ProofKind::SharedSecret ? "secret" : "device";
  return key.append(is_local ? "\nlocal\n" : "\n\n").append(address);
}

}  // namespace

std::optional<frames::WireError> WriteLimiter::admit(std::string_view method, const Client& client,
                                                     Instant now) {
  std::string key = write_key(method, client);
  auto found = windows_.find(key);
  if (found == windows_.end()) {
    make_room(now);
    found = windows_.emplace(std::move(key), Window{.start = now}).first;
  }
  Window& window = found->second;
  if (now - window.start >= limits_.window) window = Window{.start = now};
  if (window.writes < limits_.writes_max) {
    ++window.writes;
    return std::nullopt;
  }
  const Millis wait = window.start + limits_.window - now;
  const auto wait_s = (wait.count() + 999) / 1'000;
  const std::string limit =
      std::to_string(limits_.writes_max) + " per " + std::to_string(limits_.window.count() / 1'000) + "s";
  return frames::WireError{.code = "UNAVAILABLE",
                           .message = "rate limit exceeded for " + std::string(method) + "; retry after " +
                                      std::to_string(wait_s) + "s",
                           .details = {{"method", method}, {"limit", limit}},
                           .is_retryable = true,
                           .retry_after = wait};
}

void WriteLimiter::refund(std::string_view method, const Client& client, Instant now) {
  const auto found = windows_.find(write_key(method, client));
  if (found == windows_.end() || now - found->second.start >= limits_.window) return;
  if (found->second.writes > 0) --found->second.writes;
}

void WriteLimiter::make_room(Instant now) {
  if (windows_.size() < limits_.keys_max) return;
  std::erase_if(windows_, [&](const auto& item) { return now - item.second.start >= limits_.window; });
  if (windows_.size() < limits_.keys_max) return;
  windows_.erase(std::ranges::min_element(windows_, {}, [](const auto& item) { return item.second.start; }));
}

std::optional<Millis> FailedAuthLimiter::locked_for(std::string_view address, ProofKind kind,
                                                    Instant now) const {
  const auto found = entries_.find(proof_key(address, false, kind));
  if (found == entries_.end() || !found->second.locked_until || *found->second.locked_until <= now) {
    return std::nullopt;
  }
  return *found->second.locked_until - now;
}

FailedAuthLimiter::Outcome FailedAuthLimiter::failed(std::string_view address, bool is_local, ProofKind kind,
                                                     Instant now) {
  std::string key = proof_key(address, is_local, kind);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    make_room(now);
    found = entries_.emplace(std::move(key), Entry{.start = now}).first;
  }
  Entry& entry = found->second;
  if (is_over(entry, now)) entry = Entry{.start = now};
  const int before = entry.failures++;
  if (is_local) {
    constexpr int kDoublingsMax = 20;  // Keeps the shift in range; the longest delay is reached long before.
    const Millis delay = limits_.first_delay * (std::int64_t{1} << std::min(before, kDoublingsMax));
    return {.delay = std::min(delay, limits_.longest_delay), .is_first = before == 0};
  }
  if (entry.locked_until || entry.failures < limits_.failures_max) return {.is_first = before == 0};
  entry.locked_until = now + limits_.lock;
  return {.is_first = before == 0, .is_locked_now = true};
}

void FailedAuthLimiter::succeeded(std::string_view address, bool is_local, ProofKind kind) {
  const auto found = entries_.find(proof_key(address, is_local, kind));
  if (found != entries_.end()) entries_.erase(found);
}

bool FailedAuthLimiter::is_over(const Entry& entry, Instant now) const {
  return entry.locked_until ? *entry.locked_until <= now : now - entry.start >= limits_.window;
}

void FailedAuthLimiter::make_room(Instant now) {
  if (entries_.size() < limits_.keys_max) return;
  std::erase_if(entries_, [&](const auto& item) { return is_over(item.second, now); });
  if (entries_.size() < limits_.keys_max) return;
  // Locked addresses go last: else a flood from many addresses would unlock them.
  entries_.erase(std::ranges::min_element(entries_, {}, [](const auto& item) {
    return std::tuple(item.second.locked_until.has_value(), item.second.start);
  }));
}

}  // namespace gw::rpc
