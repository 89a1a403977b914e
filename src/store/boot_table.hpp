#pragma once

#include <string_view>
#include <vector>

#include "ports/boot_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// The starts of the last day.
class BootTable {
 public:
  explicit BootTable(Database& database);

  Status prepare();
  Result<std::vector<UnixMillis>> begin(const Boot& boot);
  Status end(std::string_view id, std::string_view outcome, UnixMillis at);

 private:
  Statement insert_, trim_, unclean_, end_;
};

}  // namespace gw::store
