#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace gw::platform {

inline constexpr std::size_t kCapturedBytesMax = 1'048'576;  ///< Of standard output and standard error each.

struct CapturedCall {
  std::string program;                 ///< A path, or a name that is looked up in the PATH of `environment`.
  std::vector<std::string> arguments;  ///< Without the name of the program.
  std::vector<std::string> environment;  ///< `NAME=value`, all of it.
  std::string input;                     ///< On its standard input.
  Millis limit{30'000};
  Millis quiet_limit{0};  ///< Between two pieces of output, and before the first; 0: as long as `limit`.
  std::size_t output_bytes_max = kCapturedBytesMax;
};

struct CapturedRun {
  int exit_code = 0;  ///< As a shell counts: 128 and the number of the signal.
  std::string out;
  std::string err;
};

/// Runs a program to its end, without a shell; blocks this thread. `Code::NotFound` when there is no such
/// program, `Code::TimedOut` when it ran or was quiet for longer than its limit, `Code::Unavailable` when it
/// cannot be started or writes too much; it is killed then.
Result<CapturedRun> run_captured(const CapturedCall& call);

}  // namespace gw::platform
