#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/command.hpp"

namespace gw::cli {

struct Parsed {
  const Command* command = nullptr;  ///< Null: only help or the version was asked for.
  std::string path;                  ///< The words of a command or of a group of commands.
  Args args;
  Args root;  ///< Options of the root.
  bool wants_help = false;
  bool wants_version = false;
};

/// `words` without the name of the program. Fails with `Code::InvalidRequest` and a text that follows `error:
/// `. Options may stand before or after the words of a command that has them.
Result<Parsed> parse(std::span<const std::string> words, std::span<const Command> table);

}  // namespace gw::cli
