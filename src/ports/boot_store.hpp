#pragma once

#include <string>
#include <vector>

#include "base/callback.hpp"
#include "base/time.hpp"

namespace gw {

/// One generation's time of serving.
struct Boot {
  std::string id;
  int generation = 0;
  std::string version;
  UnixMillis started_at;
};

/// Which generations served and how that ended. Call on the control thread; completions arrive there. Fails
/// with `Code::Storage`.
class BootStore {
 public:
  virtual ~BootStore() = default;
  /// Records the start and forgets starts that are a day old. Returns when those were made that have not
  /// ended well since.
  virtual void begin_boot(Boot boot, Completion<std::vector<UnixMillis>> done) = 0;
  /// It ended well: `stopped` or `handed-over`.
  virtual void end_boot(std::string id, std::string outcome, Completion<void> done) = 0;
};

}  // namespace gw
