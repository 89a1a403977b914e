#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gw::cli {

struct Context;

struct Option {
  std::string_view name;   ///< `--port`.
  std::string_view value;  ///< `<n>`; empty: a switch.
  std::string_view help;
};

/// What the words of a command line came to.
class Args {
 public:
  bool has(std::string_view name) const { return options_.contains(std::string(name)); }
  std::optional<std::string> text(std::string_view name) const;
  const std::vector<std::string>& operands() const { return operands_; }

  void set(std::string_view name, std::string value) { options_[std::string(name)] = std::move(value); }
  void add_operand(std::string text) { operands_.push_back(std::move(text)); }

 private:
  std::map<std::string, std::string> options_;  // Name to value, empty for a switch. The last one wins.
  std::vector<std::string> operands_;
};

/// One line of the table that parsing, help, manual pages, reference and completion come from.
struct Command {
  std::string_view path;  ///< `gateway restart`.
  std::string_view summary;
  std::string_view details;  ///< For help, manual and reference, in the notation of prose.hpp.
  std::string_view operand;  ///< `<path> <value>`: those that must be given; empty: none.
  std::vector<Option> options;
  std::vector<std::string_view> examples;                ///< Whole command lines; a test runs each.
  int (*run)(Context& cli, const Args& args) = nullptr;  ///< The exit code. Null: a group of commands.
  std::string_view same_as = {};  ///< Path of the command that this is another name of; empty: none.
};

/// Every command and group of commands, in the order of the help.
const std::vector<Command>& commands();

/// `openclaw` itself: its options may stand before or after every command.
const Command& root_command();

/// The line with exactly this path, or null.
const Command* find_command(std::string_view path, std::span<const Command> table);

/// True for `group` itself and for everything in it; the empty group is the root.
bool is_below(std::string_view path, std::string_view group);

/// Lines one word longer than `path`.
std::vector<const Command*> children_of(std::string_view path, std::span<const Command> table);

/// What the page of `command` lists: a group's own commands; for the root all, each by its first name.
std::vector<const Command*> listed_by(const Command& command, std::span<const Command> table);

/// `path` and `value` of `<path> <value>`.
std::vector<std::string_view> operands_of(const Command& command);

/// `openclaw config set <path> <value> [options]`.
std::string usage_of(const Command& command);

}  // namespace gw::cli
