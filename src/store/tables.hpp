#pragma once

#include "store/boot_table.hpp"
#include "store/device_table.hpp"
#include "store/job_table.hpp"
#include "store/message_table.hpp"
#include "store/restart_table.hpp"
#include "store/session_table.hpp"
#include "store/sqlite.hpp"
#include "store/step_table.hpp"
#include "store/task_table.hpp"
#include "store/usage_table.hpp"

namespace gw::store {

/// Every table on one connection. Statements are prepared when first used, so a reader carries no writing
/// ones.
struct Tables {
  explicit Tables(Database& d)
      : jobs(d), messages(d), sessions(d), steps(d), tasks(d), restarts(d), devices(d), boots(d), usage(d) {}

  /// Prepares every statement now: fails when the schema is not what the program expects.
  Status prepare();

  JobTable jobs;
  MessageTable messages;
  SessionTable sessions;
  StepTable steps;
  TaskTable tasks;
  RestartTable restarts;
  DeviceTable devices;
  BootTable boots;
  UsageTable usage;
};

inline Status Tables::prepare() {
  if (auto ready = jobs.prepare(); !ready) return ready;
  if (auto ready = messages.prepare(); !ready) return ready;
  if (auto ready = sessions.prepare(); !ready) return ready;
  if (auto ready = steps.prepare(); !ready) return ready;
  if (auto ready = tasks.prepare(); !ready) return ready;
  if (auto ready = restarts.prepare(); !ready) return ready;
  if (auto ready = devices.prepare(); !ready) return ready;
  if (auto ready = boots.prepare(); !ready) return ready;
  return usage.prepare();
}

}  // namespace gw::store
