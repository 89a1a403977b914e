#pragma once

#include <string_view>
#include <vector>

#include "ports/usage_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// No run uses more tokens of one kind; what a server counts beyond that is taken for this much.
inline constexpr std::int64_t kRunTokensMax = 1'000'000'000'000;

/// What model calls used, summed up by day, agent and model.
class UsageTable {
 public:
  explicit UsageTable(Database& database);

  Status prepare();
  /// Adds to the day of `at`.
  Status add(UnixMillis at, std::string_view agent_id, std::string_view model, std::int64_t calls,
             const ModelUsage& usage);
  Result<std::vector<UsageDay>> days(std::int64_t first, std::int64_t last, std::string_view agent_id);

 private:
  Statement add_, days_;
};

}  // namespace gw::store
