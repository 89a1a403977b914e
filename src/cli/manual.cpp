#include "cli/manual.hpp"

#include <algorithm>

#include "base/version.hpp"
#include "cli/prose.hpp"

namespace gw::cli {
namespace {

std::string page_name(std::string_view path) {
  std::string name = path.empty() ? "openclaw" : "openclaw-" + std::string(path);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

/// `text` as one line that roff shows as it is. What stands in backticks becomes bold.
std::string escaped(std::string_view text) {
  std::string out;
  bool is_bold = false;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    if (c == '`') {
      out += is_bold ? "\\fR" : "\\fB";
      is_bold = !is_bold;
    } else if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }

std::string options_of(std::string_view title, const Command& command) {
  std::string out;
  if (!command.options.empty()) out += ".SH " + std::string(title) + "\n";
  for (const Option& option : command.options) {
    out += ".TP\n" + bold(option.name);
    if (!option.value.empty()) out += " \\fI" + escaped(option.value) + "\\fR";
    out += "\n" + escaped(option.help) + "\n";
  }
  return out;
}

std::string commands_of(const std::vector<const Command*>& commands) {
  std::string out;
  if (!commands.empty()) out += ".SH COMMANDS\n";
  for (const Command* command : commands) {
    out += ".TP\n" + bold("openclaw " + std::string(command->path)) + "\n" + escaped(command->summary) + "\n";
  }
  return out;
}

std::string description_of(const Command& command) {
  std::string out = ".SH DESCRIPTION\n" + escaped(command.summary) + ".\n";
  for (const Block& block : blocks_of(command.details)) {
    out += (block.is_item ? ".IP \\(bu 2\n" : ".PP\n") + escaped(block.text) + "\n";
  }
  return out;
}

std::string examples_of(const Command& command) {
  if (command.examples.empty()) return {};
  std::string out = ".SH EXAMPLES\n.nf\n";
  for (const std::string_view example : command.examples) out += escaped(example) + "\n";
  return out + ".fi\n";
}

std::string see_also(const Command& command, const std::vector<const Command*>& children) {
  std::string out;
  const auto add = [&](std::string_view path) {
    out += (out.empty() ? "" : ",\n") + bold(page_name(path)) + "(1)";
  };
  if (!command.path.empty()) add("");
  for (const Command* child : children) add(child->path);
  return ".SH SEE ALSO\n" + out + "\n";
}

std::string page(const Command& command, std::span<const Command> table) {
  const std::string name = page_name(command.path);
  std::string title = name;
  std::transform(title.begin(), title.end(), title.begin(),
                 [](char c) { return 'a' <= c && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto children = listed_by(command, table);
  std::string out =
      ".TH " + escaped(title) + " 1 \"\" \"openclaw " + std::string(kVersion) + "\" \"openclaw\"\n";
  out += ".SH NAME\n" + escaped(name) + " \\- " + escaped(command.summary) + "\n";
  out += ".SH SYNOPSIS\n" + bold(usage_of(command)) + "\n";
  out += description_of(command) + commands_of(children);
  out += options_of("OPTIONS", command);
  if (!command.path.empty()) out += options_of("GLOBAL OPTIONS", root_command());
  return out + examples_of(command) + see_also(command, children);
}

}  // namespace

std::map<std::string, std::string> manual_pages(std::span<const Command> table) {
  std::map<std::string, std::string> pages;
  pages[page_name("") + ".1"] = page(root_command(), table);
  for (const Command& command : table) {
    pages[page_name(command.path) + ".1"] =
        command.same_as.empty() ? page(command, table) : ".so man1/" + page_name(command.same_as) + ".1\n";
  }
  return pages;
}

}  // namespace gw::cli
