#pragma once

#include <utility>

#include "base/result.hpp"

namespace gw::platform {

/// Owns a descriptor and closes it.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  /// Closes what it had, at once.
  Fd& operator=(Fd&& other) noexcept {
    const int taken = other.release();
    reset();
    fd_ = taken;
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();
  /// The descriptor, which the caller is to close.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// `what` and the text of the current `errno`, as an error of that code.
std::unexpected<Error> system_error(Code code, const std::string& what);

/// Takes the numbers 0, 1 and 2 that are closed, so that no file of ours gets one of them and is written to
/// as if it were the terminal. What is read from them is empty; what is written fails.
void hold_standard_descriptors();

/// Keeps `fd` open (or closes it) when this process executes another program.
Status set_inheritable(int fd, bool is_inheritable);

}  // namespace gw::platform
