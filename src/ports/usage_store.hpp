#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "ports/loop.hpp"
#include "ports/model_client.hpp"

namespace gw {

/// What the runs that ended on one day used.
struct UsageDay {
  std::int64_t day = 0;    ///< Days since 1970-01-01, UTC.
  std::int64_t calls = 0;  ///< Model calls that were answered.
  ModelUsage usage;
};

/// Reads what runs used. Written by WorkStore::finish, in the transaction of the run's end. Call on the
/// control thread; completions arrive there. Fails with `Code::Storage`.
class UsageStore {
 public:
  virtual ~UsageStore() = default;
  /// The days with any use from `first_day` to `last_day`, the earliest first; of all agents when `agent_id`
  /// is empty.
  virtual void usage(std::int64_t first_day, std::int64_t last_day, std::string agent_id,
                     Completion<std::vector<UsageDay>> done) = 0;
};

}  // namespace gw
