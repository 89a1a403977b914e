#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "ports/loop.hpp"
#include "store/opening.hpp"
#include "store/operation.hpp"

namespace gw::store {

/// The reading connection. Opened when first needed, used on the reading thread, destroyed when that has
/// ended. Every operation sees one snapshot, which holds all that was committed when it begins.
class Reader {
 public:
  Reader(std::filesystem::path file, Loop& loop) : file_(std::move(file)), loop_(loop) {}

  void handle(std::vector<std::unique_ptr<Operation>>& batch);

 private:
  void read(Operation& operation);

  const std::filesystem::path file_;
  Loop& loop_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace gw::store
