#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/work_engine.hpp"
#include "support/memory_work_store.hpp"
#include "support/recording_observer.hpp"
#include "support/scripted_model.hpp"
#include "support/test_loop.hpp"

namespace gw::test {

/// A WorkEngine on fakes, with everything that it says kept. `run` turns the loop until nothing is posted;
/// time moves only with `loop.advance`.
class EngineBench {
 public:
  using Kind = RecordingObserver::Kind;
  template <typename T>
  using Answer = std::shared_ptr<std::optional<Result<T>>>;

  explicit EngineBench(engine::WorkLimits limits = {}, std::shared_ptr<MemoryDisk> on_disk = {},
                       const std::string& owner = "gen-1")
      : disk(on_disk ? std::move(on_disk) : std::make_shared<MemoryDisk>()),
        store(loop, disk),
        models(loop),
        engine({loop, log, store, models, observer, [] { return 0.5; }, owner}, limits,
               [this] { ++changes; }) {}

  /// Serves; true when the store allowed it.
  bool start() {
    bool is_started = false;
    engine.start([&](Result<void> started) { is_started = started.has_value(); });
    loop.run_posted();
    return is_started;
  }

  void run() { loop.run_posted(); }

  static NewJob job(const std::string& run_id, const std::string& session = "s1",
                    JobKind kind = JobKind::Chat) {
    return {.kind = kind,
            .run_id = run_id,
            .session_key = session,
            .session_id = "id-" + session,
            .agent_id = "main",
            .text = "text of " + run_id};
  }

  Answer<Admission> submit(NewJob job) {
    const auto answer = std::make_shared<std::optional<Result<Admission>>>();
    engine.submit(std::move(job), [answer](Result<Admission> given) { *answer = std::move(given); });
    return answer;
  }

  Answer<std::vector<std::string>> abort(const std::string& session, std::optional<std::string> run_id = {}) {
    const auto answer = std::make_shared<std::optional<Result<std::vector<std::string>>>>();
    engine.abort(session, run_id,
                 [answer](Result<std::vector<std::string>> given) { *answer = std::move(given); });
    return answer;
  }

  Answer<std::optional<json::Object>> await(const std::string& run_id, std::optional<Millis> timeout = {},
                                            std::optional<JobKind> kind = {}) {
    const auto answer = std::make_shared<std::optional<Result<std::optional<json::Object>>>>();
    engine.await(kind, run_id, timeout,
                 [answer](Result<std::optional<json::Object>> given) { *answer = std::move(given); });
    return answer;
  }

  JobState state_of(const std::string& run_id, JobKind kind = JobKind::Chat) {
    return disk->find(kind, run_id)->job.state;
  }

  std::vector<std::string> roles_of(const std::string& run_id) const {
    std::vector<std::string> roles;
    for (const Message& row : disk->rows_of(run_id)) roles.emplace_back(json::text_or(row.body, "role"));
    return roles;
  }

  TestLoop loop;
  NullLog log;
  std::shared_ptr<MemoryDisk> disk;
  MemoryWorkStore store;
  ScriptedModel models;
  RecordingObserver observer;
  int changes = 0;
  engine::WorkEngine engine;
};

}  // namespace gw::test
