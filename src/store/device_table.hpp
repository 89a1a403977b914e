#pragma once

#include <vector>

#include "ports/device_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// Paired devices, one row for each role. The tokens stand in it as they are: the file's mode protects them.
class DeviceTable {
 public:
  explicit DeviceTable(Database& database);

  Status prepare();
  /// Inserts or replaces by id and role.
  Status save(const Device& device);
  Result<std::vector<Device>> all();

 private:
  Statement save_, all_;
};

}  // namespace gw::store
