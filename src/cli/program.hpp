#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/context.hpp"

namespace gw::cli {

struct Program {
  std::vector<std::string> words;  ///< The command line without the name of the program.
  config::Environment environment;
  Output::Sinks sinks;
  std::filesystem::path path;  ///< Where the program was found, symbolic links kept.
  bool is_terminal = false;    ///< Both sinks lead to people.
  std::function<int(const RunRequest&)> run_gateway;
};

/// Parses, runs one command, returns the exit code.
int run(const Program& program);

}  // namespace gw::cli
