#pragma once

#include <string>
#include <utility>

namespace gw {

/// A token or password. It cannot be printed, logged or compared by accident; `reveal` says where it is
/// really needed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace gw
