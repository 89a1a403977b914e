#include "cli/prose.hpp"

#include <algorithm>
#include <sstream>

namespace gw::cli {

std::vector<Block> blocks_of(std::string_view details) {
  std::vector<Block> blocks;
  bool is_open = false;
  std::istringstream lines{std::string(details)};
  for (std::string line; std::getline(lines, line);) {
    std::string_view text = line;
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
    if (text.empty()) {
      is_open = false;
      continue;
    }
    const bool is_item = text.starts_with("- ");
    if (is_item) text.remove_prefix(2);
    if (is_open && !is_item) {
      blocks.back().text += " " + std::string(text);
    } else {
      blocks.push_back({std::string(text), is_item});
    }
    is_open = true;
  }
  return blocks;
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view first) {
  std::string out(first);
  std::size_t column = first.size();
  bool is_first_word = true;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word; is_first_word = false) {
    if (is_first_word) {
      out += word;
      column += word.size();
    } else if (column + 1 + word.size() > width) {
      out += "\n" + std::string(first.size(), ' ') + word;
      column = first.size() + word.size();
    } else {
      out += " " + word;
      column += 1 + word.size();
    }
  }
  return out + "\n";
}

std::string without_backticks(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '`');
  return plain;
}

}  // namespace gw::cli
