#pragma once

#include <expected>
#include <string>
#include <utility>

namespace gw {

/// What a caller should do about a failure. The message of an Error says what was tried on which thing.
enum class Code {
  InvalidRequest,  ///< The caller's fault: wrong shape or value. Trying again cannot help.
  NotFound,        ///< The thing named does not exist.
  Conflict,        ///< The thing is in a state that forbids this.
  Unauthorized,    ///< The caller may not do this.
  Unavailable,     ///< Cannot be done now; trying again later may help.
  TimedOut,        ///< Nothing came back in time; the outcome is unknown.
  Storage,         ///< The database refused: disk full, read-only, damaged.
  Cancelled,       ///< Ended on request.
};

struct Error {
  Code code;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace gw
