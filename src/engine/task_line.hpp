#pragma once

#include <string>

#include "engine/work_engine.hpp"

namespace gw::engine {

/// A running task on one line, as a preflight and the log name it:
/// `taskId=… runId=… status=running runtime=… label=… title=…`; the last two only where they are set.
std::string task_line(const RunningTask& task);

}  // namespace gw::engine
