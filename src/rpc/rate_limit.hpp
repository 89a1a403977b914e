#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "protocol/frames.hpp"
#include "rpc/client.hpp"

/// Two limiters that count per key in windows. Both hold a bounded number of keys and live on the control
/// thread.
namespace gw::rpc {

/// Writes to the control plane (`config.apply`, `gateway.restart.request`, …): so many per method and client.
class WriteLimiter {
 public:
  struct Limits {
    int writes_max = 30;
    Millis window{60'000};
    std::size_t keys_max = 10'000;
  };

  WriteLimiter() = default;
  explicit WriteLimiter(Limits limits) : limits_(limits) {}

  /// Counts one write. Nothing when it may go on, else the refusal to send.
  std::optional<frames::WireError> admit(std::string_view method, const Client& client, Instant now);
  /// Takes one write back, for a request that changed nothing (it joined a restart already under way).
  /// Harmless when its window is over.
  void refund(std::string_view method, const Client& client, Instant now);

  std::size_t keys() const { return windows_.size(); }

 private:
  struct Window {
    Instant start;
    int writes = 0;
  };

  void make_room(Instant now);

  Limits limits_;
  std::map<std::string, Window, std::less<>> windows_;
};

enum class ProofKind { SharedSecret, DeviceToken };

/// Failed proofs of one address. A local client is never locked out, since that would let any process on the
/// machine lock out its owner; its refusals are delayed instead, longer each time.
class FailedAuthLimiter {
 public:
  struct Limits {
    int failures_max = 10;
    Millis window{60'000};
    Millis lock{300'000};
    Millis first_delay{250};
    Millis longest_delay{5'000};
    std::size_t keys_max = 10'000;
  };

  FailedAuthLimiter() = default;
  explicit FailedAuthLimiter(Limits limits) : limits_(limits) {}

  /// How long this address stays locked; nothing when it may try.
  std::optional<Millis> locked_for(std::string_view address, ProofKind kind, Instant now) const;

  struct Outcome {
    Millis delay{0};        ///< Wait this long before the refusal is sent; 0 unless local.
    bool is_first = false;  ///< Of its window.
    bool is_locked_now = false;
  };
  Outcome failed(std::string_view address, bool is_local, ProofKind kind, Instant now);
  /// Forgets the failures of an address that proved itself.
  void succeeded(std::string_view address, bool is_local, ProofKind kind);

  std::size_t keys() const { return entries_.size(); }

 private:
  struct Entry {
    Instant start;
    int failures = 0;
    std::optional<Instant> locked_until;
  };

  bool is_over(const Entry& entry, Instant now) const;
  void make_room(Instant now);

  Limits limits_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace gw::rpc
