#include "store/reader.hpp"

namespace gw::store {

void Reader::handle(std::vector<std::unique_ptr<Operation>>& batch) {
  for (auto& operation : batch) {
    read(*operation);
    std::vector<std::unique_ptr<Operation>> one;
    one.push_back(std::move(operation));
    post_answers(loop_,
                 std::move(one));  // Not at the end of the batch: a long read must not hold back short ones.
  }
}

void Reader::read(Operation& operation) {
  if (!connection_) {
    auto opened = open_for_reading(file_);
    if (!opened) return operation.fail(opened.error());
    if (!*opened) return operation.leave_empty();
    connection_ = std::move(*opened);
  }
  Database& database = *connection_->database;
  if (auto begun = database.run("BEGIN"); !begun) return operation.fail(begun.error());
  (void)operation.run(connection_->tables);                     // The operation keeps what came of it.
  if (database.in_transaction()) (void)database.run("COMMIT");  // Of a read: there is nothing to lose.
}

}  // namespace gw::store
