#pragma once

#include <string_view>

#include "ports/work_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// What runs were about to do in the world, and what came of it. States: `attempted`, then one of `done`,
/// `failed` and `interrupted` (nobody knows).
class StepTable {
 public:
  explicit StepTable(Database& database);

  Status prepare();
  /// Fails with `Code::Conflict` when that attempt has a step of that number.
  Status attempt(const Step& step, UnixMillis at);
  /// Fails with `Code::Conflict` when the step is not `attempted`.
  Status end(const Step& step, std::string_view state, std::string_view outcome, UnixMillis at);
  /// Ends what is still `attempted` in the job.
  Status end_open(JobId job, std::string_view state, UnixMillis at);
  /// The same for the running jobs of everyone but `owner`.
  Status interrupt_others(std::string_view owner, UnixMillis at);

 private:
  Database& database_;
  Statement attempt_, end_, end_open_, interrupt_others_;
};

}  // namespace gw::store
