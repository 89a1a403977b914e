#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.hpp"

namespace gw::json {

/// Reads the members of a closed parameter object one by one and collects what is wrong, in the words that
/// OpenClaw clients know: `must have required property 'x'`, `at /x: must be string`, `at root: unexpected
/// property 'y'`. Read everything, then call `finish`, which also reports members that nobody asked for.
class Reader {
 public:
  /// `value` must outlive the reader. Null counts as an empty object; any other non-object is an error.
  /// `path` is where the value stands in the parameters (`/client`), for the messages; empty at the root.
  explicit Reader(const Value& value, std::string path = {});

  /// A string that must be there and must not be empty.
  std::string text(std::string_view key);
  /// A string that may be absent; `bytes_max` 0 means no limit of its own.
  std::optional<std::string> optional_text(std::string_view key, std::size_t bytes_max = 0);
  std::optional<bool> optional_bool(std::string_view key);
  /// A whole number in [low, high] that may be absent.
  std::optional<std::int64_t> optional_int(std::string_view key, std::int64_t low, std::int64_t high);
  /// Any value; nullptr when absent.
  const Value* any(std::string_view key);
  /// Accepts these members without reading them.
  void ignore(std::initializer_list<std::string_view> keys);
  /// Accepts members that nobody asked for.
  void ignore_rest() { closed_ = false; }
  /// Adds a problem of the caller's own.
  void problem(std::string text);

  /// Fails with `Code::InvalidRequest` and all problems joined by `; `.
  Status finish();

 private:
  const Value* take(std::string_view key);
  std::string at(std::string_view key) const;
  std::string place() const;

  std::string path_;
  const Object* object_ = nullptr;
  std::string problems_;
  std::string taken_;  // "\0key\0key\0": the members asked for.
  bool closed_ = true;
};

}  // namespace gw::json
