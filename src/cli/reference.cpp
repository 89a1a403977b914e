#include "cli/reference.hpp"

#include <algorithm>

#include "cli/prose.hpp"

namespace gw::cli {
namespace {

constexpr std::size_t kColumns = 120;
constexpr std::string_view kOrigin =
    "<!-- Made by script/docs from the table of commands in src/cli. -->\n\n";

std::string file_of(const Command& command) {
  const std::string_view path = command.same_as.empty() ? command.path : command.same_as;
  std::string name(path.empty() ? "openclaw" : path);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name + ".md";
}

std::string name_of(const Command& command) {
  return command.path.empty() ? "openclaw" : "openclaw " + std::string(command.path);
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*') out += '\\';
    out += c;
  }
  return out;
}

std::string prose(std::string_view details) {
  std::string out;
  bool was_item = false;
  for (const Block& block : blocks_of(details)) {
    if (!(was_item && block.is_item)) out += "\n";
    out += wrapped(block.text, kColumns, block.is_item ? "- " : "");
    was_item = block.is_item;
  }
  return out;
}

std::string list_of(const std::vector<const Command*>& commands) {
  if (commands.empty()) return {};
  std::string out = "\n## Commands\n\n| command | |\n|---|---|\n";
  for (const Command* command : commands) {
    out += "| [`" + name_of(*command) + "`](" + file_of(*command) + ") | " + cell(command->summary) + " |\n";
  }
  return out;
}

std::string options_of(const Command& command) {
  std::string out;
  if (!command.options.empty()) out += "\n## Options\n\n| option | meaning |\n|---|---|\n";
  for (const Option& option : command.options) {
    out += "| `" + std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value)) +
           "` | " + cell(option.help) + " |\n";
  }
  return out;
}

std::string examples_of(const Command& command) {
  if (command.examples.empty()) return {};
  std::string out = "\n## Examples\n\n```\n";
  for (const std::string_view example : command.examples) out += std::string(example) + "\n";
  return out + "```\n";
}

std::string page(const Command& command, std::span<const Command> table) {
  std::string out(kOrigin);
  out += "# `" + name_of(command) + "`\n\n" + wrapped(std::string(command.summary) + ".", kColumns);
  out += "\n```\n" + usage_of(command) + "\n```\n";
  for (const Command& other : table) {
    if (other.same_as == command.path && !command.path.empty()) out += "\nAlso: `" + name_of(other) + "`.\n";
  }
  out += prose(command.details) + list_of(listed_by(command, table)) + options_of(command);
  out += examples_of(command);
  return out + "\nSee also: [the command line](README.md), [all commands](openclaw.md).\n";
}

}  // namespace

std::map<std::string, std::string> reference_pages(std::span<const Command> table) {
  std::map<std::string, std::string> pages;
  pages[file_of(root_command())] = page(root_command(), table);
  for (const Command& command : table) {
    if (command.same_as.empty()) pages[file_of(command)] = page(command, table);
  }
  return pages;
}

}  // namespace gw::cli
