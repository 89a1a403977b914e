#pragma once

#include <vector>

#include "ports/restart_store.hpp"

namespace gw::engine {

/// What those who asked for a restart from a session are told there once it has ended: one note a session,
/// however often it asked.
std::vector<SessionNote> notes_for(const RestartRecord& record, UnixMillis at);

}  // namespace gw::engine
