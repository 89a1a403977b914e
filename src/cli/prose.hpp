#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gw::cli {

/// A piece of a command's details. Its notation is the part of Markdown that a terminal and a manual page can
/// show as well: paragraphs with an empty line between them, items of a list that begin with `- `, and words
/// in backticks. Line ends and indentation within a block mean nothing.
struct Block {
  std::string text;  ///< On one line, backticks kept.
  bool is_item = false;
};

std::vector<Block> blocks_of(std::string_view details);

/// `text` in lines of at most `width` columns, each ended by a line feed; the first begins with `first`, the
/// others with as many blanks. A longer word gets a line of its own.
std::string wrapped(std::string_view text, std::size_t width, std::string_view first = "");

/// For where nothing can be set apart.
std::string without_backticks(std::string_view text);

}  // namespace gw::cli
