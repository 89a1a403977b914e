#pragma once

#include <map>
#include <optional>
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
  std::string_view details;  ///< Paragraphs for help, manual and reference: what it does, JSON, exit codes.
  std::string_view operand;  ///< `<path> <value>`: those that must be given; empty: none.
  std::vector<Option> options;
  std::vector<std::string_view> examples;      ///< Whole command lines; a test runs each.
  int (*run)(Context& cli, const Args& args);  ///< The exit code.
};

/// Every command, in the order of the help.
const std::vector<Command>& commands();

/// Options before or after every command: `--profile`, `--no-color` and so on.
const std::vector<Option>& root_options();

}  // namespace gw::cli
