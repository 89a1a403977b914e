#include "cli/help.hpp"

#include <algorithm>

#include "cli/prose.hpp"

namespace gw::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kLeftColumnsMax = 30;

using Rows = std::vector<std::pair<std::string, std::string_view>>;

void add_rows(std::string& out, std::string_view title, const Rows& rows) {
  if (rows.empty()) return;
  out += "\n" + std::string(title) + ":\n";
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, std::min(left.size(), kLeftColumnsMax));
  for (const auto& [left, right] : rows) {
    std::string begin = "  " + left + "  ";
    begin.append(width > left.size() ? width - left.size() : 0, ' ');
    out += wrapped(right, kColumns, begin);
  }
}

Rows rows_of(const std::vector<Option>& options) {
  Rows rows;
  for (const Option& option : options) {
    rows.emplace_back(
        std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value)),
        option.help);
  }
  return rows;
}

Rows rows_of(const std::vector<const Command*>& commands) {
  Rows rows;
  for (const Command* command : commands) rows.emplace_back(command->path, command->summary);
  return rows;
}

void add_lines(std::string& out, std::string_view title, const std::vector<std::string_view>& lines) {
  if (lines.empty()) return;
  out += "\n" + std::string(title) + ":\n";
  for (const std::string_view line : lines) out += "  " + std::string(line) + "\n";
}

}  // namespace

std::string help_for(std::string_view path, std::span<const Command> table) {
  const Command* found = find_command(path, table);
  const Command& command = found ? *found : root_command();
  std::string out = "Usage: " + usage_of(command) + "\n\n" + wrapped(command.summary, kColumns);
  bool was_item = false;
  for (const Block& block : blocks_of(command.details)) {
    if (!(was_item && block.is_item)) out += "\n";
    out += wrapped(without_backticks(block.text), kColumns, block.is_item ? "- " : "");
    was_item = block.is_item;
  }
  add_rows(out, "Commands", rows_of(children_of(command.path, table)));
  if (found) add_rows(out, "Options", rows_of(command.options));
  add_lines(out, "Examples", command.examples);
  add_rows(out, "Global options", rows_of(root_command().options));
  return out;
}

}  // namespace gw::cli
