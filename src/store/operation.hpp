#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/callback.hpp"
#include "base/result.hpp"
#include "ports/loop.hpp"

namespace gw::store {

struct Tables;

/// Something to do in the database and whom to answer. `run` and `fail` are called on a database thread,
/// `answer` once and last on the control thread.
class Operation {
 public:
  virtual ~Operation() = default;
  /// Does it and keeps the result.
  virtual Status run(Tables& tables) = 0;
  /// Replaces the result.
  virtual void fail(const Error& error) = 0;
  /// Makes the result what an empty database would give.
  virtual void leave_empty() = 0;
  virtual void answer() = 0;
};

/// `Work` is a `Result<T>(Tables&)`; it owns everything that it needs.
template <typename T, typename Work>
class TypedOperation final : public Operation {
 public:
  TypedOperation(Work work, Completion<T> done) : work_(std::move(work)), done_(std::move(done)) {}

  Status run(Tables& tables) override {
    result_ = work_(tables);
    if (!result_) return std::unexpected(result_.error());
    return {};
  }
  void fail(const Error& error) override { result_ = std::unexpected(error); }
  void leave_empty() override { result_ = Result<T>(); }
  void answer() override { done_(std::move(result_)); }

 private:
  Work work_;
  Completion<T> done_;
  Result<T> result_;
};

template <typename T, typename Work>
std::unique_ptr<Operation> make_operation(Work work, Completion<T> done) {
  return std::make_unique<TypedOperation<T, Work>>(std::move(work), std::move(done));
}

/// Answers all of them on the control thread, in this order, with one wake-up.
inline void post_answers(Loop& loop, std::vector<std::unique_ptr<Operation>> operations) {
  loop.post([operations = std::move(operations)] {
    for (const auto& operation : operations) operation->answer();
  });
}

}  // namespace gw::store
