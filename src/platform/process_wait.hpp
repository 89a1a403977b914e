#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "platform/process_identity.hpp"

namespace gw::platform {

/// Sends a signal to exactly that process and waits for its end. Nothing to do when it is gone already.
/// `Code::TimedOut` when it lives on, `Code::Unauthorized` when it belongs to another user.
Status signal_and_wait(const ProcessIdentity& process, int signal, Millis limit);

}  // namespace gw::platform
