#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace gw::mask {

inline constexpr std::size_t kPatternsMax = 32;
inline constexpr std::size_t kPatternBytesMax = 512;

/// Patterns of what must not be seen in a text. Copies share the compiled patterns; any thread may use them.
class Masks {
 public:
  Masks() = default;  ///< Hides nothing.

  /// Takes one more pattern: a regular expression that ignores case, or `/expression/flags`, of which `i`,
  /// `m` and `s` mean something. `Code::InvalidRequest` when it is not one, needs more than time in
  /// proportion to the text (look-around), or exceeds a limit above.
  Status add(std::string_view pattern);

  bool empty() const { return compiled_.empty(); }

  /// `text` with `***` in place of every match: of its last group that is not empty where it has groups, else
  /// of all of it. Takes time in proportion to the length of the text for each pattern.
  std::string applied_to(std::string_view text) const;

 private:
  struct Compiled;
  std::vector<std::shared_ptr<const Compiled>> compiled_;
};

}  // namespace gw::mask
