#pragma once

#include <string>
#include <string_view>

namespace gw::platform {

/// Tells a service manager of the sd_notify kind how this process fares; says nothing when there is none.
class ServiceNotifier {
 public:
  /// `address` is the value of NOTIFY_SOCKET; empty: no service manager.
  explicit ServiceNotifier(std::string address) : address_(std::move(address)) {}

  /// `READY=1`, `STATUS=…`; several lines at once are one message. A failure is not reported: nobody could
  /// act.
  void send(std::string_view lines) const;

 private:
  std::string address_;
};

}  // namespace gw::platform
