#pragma once

#include <string>
#include <string_view>

namespace gw::mask {

/// A pattern as RE2 takes it.
struct PatternSource {
  std::string expression;
  bool ignores_case = true;
  bool many_lines = false;  ///< `^` and `$` match at every line.
  bool dot_takes_newline = false;
};

/// Reads a pattern as OpenClaw's configuration has it, `expression` or `/expression/flags`. A back-reference,
/// which no search in bounded time can do, becomes the expression of its group: it then hides more, never
/// less.
PatternSource pattern_source(std::string_view pattern);

}  // namespace gw::mask
