#include "store/step_table.hpp"

namespace gw::store {
namespace {

constexpr const char* kAttempt = R"(
  INSERT INTO step (job_id, attempt, number, kind, detail, state, started_at_ms)
  VALUES (?1, ?2, ?3, ?4, ?5, 'attempted', ?6)
)";

constexpr const char* kEnd = R"(
  UPDATE step SET state = ?4, outcome = ?5, ended_at_ms = ?6
   WHERE job_id = ?1 AND attempt = ?2 AND number = ?3 AND state = 'attempted'
)";

constexpr const char* kEndOpen = R"(
  UPDATE step SET state = ?2, ended_at_ms = ?3 WHERE job_id = ?1 AND state = 'attempted'
)";

constexpr const char* kInterruptOthers = R"(
  UPDATE step SET state = 'interrupted', ended_at_ms = ?2
   WHERE state = 'attempted'
     AND job_id IN (SELECT id FROM job WHERE ended_at_ms IS NULL AND state = 'running' AND owner <> ?1)
)";

}  // namespace

StepTable::StepTable(Database& d)
    : database_(d),
      attempt_(d, kAttempt),
      end_(d, kEnd),
      end_open_(d, kEndOpen),
      interrupt_others_(d, kInterruptOthers) {}

Status StepTable::prepare() {
  for (auto* one : {&attempt_, &end_, &end_open_, &interrupt_others_}) {
    if (auto ready = one->prepare(); !ready) return ready;
  }
  return {};
}

Status StepTable::attempt(const Step& step, UnixMillis at) {
  return attempt_.run(step.job.value, step.attempt, step.number, step.kind, step.detail, at);
}

Status StepTable::end(const Step& step, std::string_view state, std::string_view outcome, UnixMillis at) {
  auto done = end_.run(step.job.value, step.attempt, step.number, state, outcome, at);
  if (done && database_.changed_rows() == 0) {
    return fail(Code::Conflict, "step " + std::to_string(step.number) + " of job " +
                                    std::to_string(step.job.value) + " has no open attempt");
  }
  return done;
}

Status StepTable::end_open(JobId job, std::string_view state, UnixMillis at) {
  return end_open_.run(job.value, state, at);
}

Status StepTable::interrupt_others(std::string_view owner, UnixMillis at) {
  return interrupt_others_.run(owner, at);
}

}  // namespace gw::store
