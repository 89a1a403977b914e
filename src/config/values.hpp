#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"

namespace gw::config {

/// The values of the file as the table of keys sees them. One that is wrong counts as missing: it has been
/// reported by `validate`. Paths are dotted and of literal names; each must be a key of the table.
class Values {
 public:
  /// Of the whole file, or of an object that the table calls `below`, like `models.providers.*`. `object`
  /// must outlive this.
  explicit Values(const json::Object& object, std::string_view below = {}) : object_(object), below_(below) {}

  /// What stands in the file; nullptr when nothing does.
  const json::Value* given(std::string_view path) const;
  /// What counts: what stands in the file, else the default; null when there is neither.
  json::Value at(std::string_view path) const;

  // For keys that have a default of this type.
  bool flag(std::string_view path) const { return at(path).as_bool(); }
  std::int64_t number(std::string_view path) const;
  /// Without white space around it; empty when there is neither a value nor a default.
  std::string text(std::string_view path) const;
  /// As they are; none when there is neither.
  std::vector<std::string> texts(std::string_view path) const;

 private:
  const json::Object& object_;
  std::string_view below_;
};

}  // namespace gw::config
