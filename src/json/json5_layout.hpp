#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Where things stand in a JSON5 text that is known to be right.
namespace gw::json::json5 {

/// Bytes [begin, end) of the text.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Member {
  std::string name;  ///< Of an object's member, escapes resolved; empty for an item of a list.
  Span key;          ///< Empty for an item of a list.
  Span value;
  std::optional<std::size_t> comma;  ///< After the value.
};

/// The inside of an object or a list.
struct Container {
  bool is_list = false;
  Span inside;  ///< Between the brackets.
  std::vector<Member> members;
};

/// The one value of the text.
Span root_value(std::string_view text);

/// The object or list that begins at byte `at`; nothing when another value stands there.
std::optional<Container> container_at(std::string_view text, std::size_t at);

/// The first byte from `at` on that is neither white space nor part of a comment.
std::size_t skip_space(std::string_view text, std::size_t at);

}  // namespace gw::json::json5
