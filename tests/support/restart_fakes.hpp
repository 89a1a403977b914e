#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/restart_driver.hpp"
#include "ports/loop.hpp"
#include "ports/restart_store.hpp"
#include "ports/supervisor.hpp"

namespace gw::test {

/// Stands in for the keeper as a generation sees it; the test plays its answers by calling the driver.
class FakeSupervisor final : public Supervisor {
 public:
  bool can_restart() const override { return has_keeper; }
  int pid() const override { return 4711; }
  void start_successor(std::int64_t) override { ++started; }
  void drop_successor() override { ++dropped; }
  void released() override { ++releases; }
  void report_status(const std::string& line) override { status.push_back(line); }

  bool has_keeper = true;
  int started = 0;
  int dropped = 0;
  int releases = 0;
  std::vector<std::string> status;
};

/// Stands in for the restart table: commits in the loop's next turn, newest first. What `records` holds when
/// a driver is built is what earlier generations left.
class MemoryRestartStore final : public RestartStore {
 public:
  explicit MemoryRestartStore(Loop& loop) : loop_(loop) {}

  void save(RestartRecord record, Completion<void> done) override {
    loop_.post([this, record = std::move(record), done = std::move(done)]() mutable {
      if (is_failing) return done(fail(Code::Storage, "told to fail"));
      const auto known = std::ranges::find(records, record.id, &RestartRecord::id);
      if (known != records.end()) {
        *known = std::move(record);
      } else {
        records.push_front(std::move(record));
      }
      done({});
    });
  }

  void finish(RestartRecord record, std::vector<SessionNote> told, Completion<void> done) override {
    notes.insert(notes.end(), told.begin(), told.end());
    save(std::move(record), std::move(done));
  }

  void recent(std::size_t limit, std::string before, Completion<std::vector<RestartRecord>> done) override {
    loop_.post([this, limit, before = std::move(before), done = std::move(done)]() mutable {
      if (is_failing) return done(fail(Code::Storage, "told to fail"));
      auto first = records.begin();
      if (!before.empty()) {
        first = std::ranges::find(records, before, &RestartRecord::id);
        if (first != records.end()) ++first;
      }
      const auto count = std::min(static_cast<std::ptrdiff_t>(limit), records.end() - first);
      done(std::vector(first, first + count));
    });
  }

  std::deque<RestartRecord> records;
  std::vector<SessionNote> notes;  // Of `finish`, whether it failed or not.
  bool is_failing = false;

 private:
  Loop& loop_;
};

/// Stands in for the listener, its clients and the writer: they have stopped when the test says so.
class FakeService final : public engine::Service {
 public:
  void stop_serving(bool is_restart, Callback<> done) override {
    stops.push_back(is_restart);
    stopping_.push_back(std::move(done));
  }
  void serve_again() override { ++times_served_again; }
  void exit(int code) override { exit_code = code; }

  /// Everything that was asked to stop has stopped.
  void finish_stopping() {
    for (auto& done : std::exchange(stopping_, {})) done();
  }

  std::vector<bool> stops;  // One for each call: whether it was for a restart.
  int times_served_again = 0;
  std::optional<int> exit_code;

 private:
  std::vector<Callback<>> stopping_;
};

}  // namespace gw::test
