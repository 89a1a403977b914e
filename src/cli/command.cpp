#include "cli/command.hpp"

#include <algorithm>

namespace gw::cli {

std::optional<std::string> Args::text(std::string_view name) const {
  const auto at = options_.find(std::string(name));
  return at == options_.end() ? std::nullopt : std::optional(at->second);
}

const Command* find_command(std::string_view path, std::span<const Command> table) {
  const auto at = std::find_if(table.begin(), table.end(), [&](const Command& c) { return c.path == path; });
  return at == table.end() ? nullptr : &*at;
}

bool is_below(std::string_view path, std::string_view group) {
  return group.empty() || path == group || (path.starts_with(group) && path[group.size()] == ' ');
}

std::vector<const Command*> children_of(std::string_view path, std::span<const Command> table) {
  std::vector<const Command*> found;
  for (const Command& command : table) {
    if (command.path == path || !is_below(command.path, path)) continue;
    const std::string_view rest = command.path.substr(path.empty() ? 0 : path.size() + 1);
    if (rest.find(' ') == std::string_view::npos) found.push_back(&command);
  }
  return found;
}

std::vector<const Command*> listed_by(const Command& command, std::span<const Command> table) {
  if (!command.path.empty()) return children_of(command.path, table);
  std::vector<const Command*> all;
  for (const Command& each : table) {
    if (each.same_as.empty()) all.push_back(&each);
  }
  return all;
}

std::vector<std::string_view> operands_of(const Command& command) {
  std::vector<std::string_view> names;
  std::string_view rest = command.operand;
  while (!rest.empty()) {
    const std::size_t end = rest.find('>');
    names.push_back(rest.substr(1, end - 1));
    rest.remove_prefix(std::min(rest.size(), end + 2));
  }
  return names;
}

std::string usage_of(const Command& command) {
  std::string usage = "openclaw";
  if (!command.path.empty()) usage += " " + std::string(command.path);
  if (!command.operand.empty()) usage += " " + std::string(command.operand);
  if (!command.run) return usage + " <command>";
  return command.options.empty() ? usage : usage + " [options]";
}

}  // namespace gw::cli
