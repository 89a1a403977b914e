#include "mask/masks.hpp"

#include <re2/re2.h>

#include "mask/pattern_source.hpp"

namespace gw::mask {
namespace {

constexpr std::int64_t kMemoryBytesMax = 1 << 20;  // Of one pattern, compiled and at work.
constexpr std::string_view kShown = "***";

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options options_for(const PatternSource& source) {
  RE2::Options options;
  options.set_case_sensitive(!source.ignores_case);
  options.set_dot_nl(source.dot_takes_newline);
  options.set_max_mem(kMemoryBytesMax);
  options.set_log_errors(false);
  return options;
}

}  // namespace

struct Masks::Compiled {
  explicit Compiled(const PatternSource& source)
      : expression(source.many_lines ? "(?m:" + source.expression + ")" : source.expression,
                   options_for(source)) {}

  std::string applied_to(std::string_view text) const;

  RE2 expression;
};

std::string Masks::Compiled::applied_to(std::string_view text) const {
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1);
  std::string out;
  std::size_t copied = 0;  // Bytes of `text` that are in `out`, or hidden.
  std::size_t at = 0;
  while (at <= text.size() && expression.Match(piece(text), at, text.size(), RE2::UNANCHORED, groups.data(),
                                               static_cast<int>(groups.size()))) {
    const auto begin_of = [&](const re2::StringPiece& group) {
      return static_cast<std::size_t>(group.data() - text.data());
    };
    const std::size_t end = begin_of(groups[0]) + groups[0].size();
    std::size_t hidden = groups.size() - 1;
    while (hidden > 0 && groups[hidden].empty()) --hidden;
    if (!groups[hidden].empty()) {
      out += text.substr(copied, begin_of(groups[hidden]) - copied);
      out += kShown;
      copied = begin_of(groups[hidden]) + groups[hidden].size();
    }
    at = groups[0].empty() ? end + 1 : end;
  }
  return out += text.substr(copied);
}

Status Masks::add(std::string_view pattern) {
  if (compiled_.size() == kPatternsMax) {
    return fail(Code::InvalidRequest, "more than " + std::to_string(kPatternsMax) + " patterns");
  }
  if (pattern.size() > kPatternBytesMax) {
    return fail(Code::InvalidRequest, "longer than " + std::to_string(kPatternBytesMax) + " bytes");
  }
  auto compiled = std::make_shared<const Compiled>(pattern_source(pattern));
  if (!compiled->expression.ok()) {
    return fail(Code::InvalidRequest,
                "not a pattern that can be searched for in bounded time: " + compiled->expression.error());
  }
  compiled_.push_back(std::move(compiled));
  return {};
}

std::string Masks::applied_to(std::string_view text) const {
  std::string out(text);
  for (const auto& compiled : compiled_) out = compiled->applied_to(out);
  return out;
}

}  // namespace gw::mask
