#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "ports/restart_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// The newest restarts; older ones are dropped as new ones arrive.
class RestartTable {
 public:
  explicit RestartTable(Database& database);

  Status prepare();
  /// Inserts or replaces by id, then keeps the newest 200.
  /// Fails with `Code::InvalidRequest` when the requesters could not be read back.
  Status save(const RestartRecord& record);
  /// Newest first; with `before`, those older than the restart of that id.
  Result<std::vector<RestartRecord>> recent(std::size_t limit, std::string_view before);

 private:
  Statement save_, trim_, recent_, recent_before_;
};

}  // namespace gw::store
