#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.hpp"
#include "store/opening.hpp"
#include "store/sqlite_store.hpp"
#include "support/test_loop.hpp"

namespace gw::test {

/// A directory of its own for each test, removed afterwards.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "gw-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Keeps the messages of what was logged; written from the database threads.
class MemoryLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::string_view message, std::initializer_list<LogField>) override {
    const std::scoped_lock lock(mutex_);
    lines_.emplace_back(message);
  }
  std::size_t count(std::string_view message) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(lines_, message));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// One store with the waiting taken out: every call returns its outcome.
class Store {
 public:
  Store(std::filesystem::path file, TestLoop& l) : loop(l), store(std::move(file), l, log) {}

  Status open() {
    return loop.await<void>([&](auto done) { store.open_writer(std::move(done)); });
  }
  Status close() {
    return loop.await<void>([&](auto done) { store.close_writer(std::move(done)); });
  }
  Result<Admission> admit(NewJob job) {
    return loop.await<Admission>([&](auto done) { store.admit(job, std::move(done)); });
  }
  Result<std::vector<Job>> take_over(const std::string& owner) {
    return loop.await<std::vector<Job>>([&](auto done) { store.take_over(owner, std::move(done)); });
  }
  Result<Begun> begin(JobId id, const std::string& owner = "g1", UnixMillis at = UnixMillis{2'000}) {
    const Step step{.number = 1, .kind = "model_call", .detail = "echo"};
    return loop.await<Begun>([&](auto done) { store.begin(id, owner, step, at, std::move(done)); });
  }
  Status step(std::optional<Step> finished, std::string outcome, std::optional<Step> next,
              std::vector<Message> messages = {}) {
    return loop.await<void>(
        [&](auto done) { store.step(finished, outcome, next, messages, std::move(done)); });
  }
  Result<std::vector<Message>> finish(Outcome outcome) {
    return loop.await<std::vector<Message>>([&](auto done) { store.finish(outcome, std::move(done)); });
  }
  Result<std::optional<Job>> find_job(JobKind kind, const std::string& run_id) {
    return loop.await<std::optional<Job>>([&](auto done) { store.find_job(kind, run_id, std::move(done)); });
  }
  Result<std::optional<Job>> find_run(const std::string& run_id) {
    return loop.await<std::optional<Job>>([&](auto done) { store.find_run(run_id, std::move(done)); });
  }
  Result<History> history(const std::string& key, std::int64_t before = 0, std::size_t limit = 1'000) {
    return loop.await<History>([&](auto done) { store.history(key, before, limit, std::move(done)); });
  }
  Result<SessionPage> sessions(std::size_t limit, std::size_t offset = 0, const std::string& search = "") {
    return loop.await<SessionPage>(
        [&](auto done) { store.sessions(limit, offset, search, std::move(done)); });
  }
  Result<bool> prune(UnixMillis before) {
    return loop.await<bool>([&](auto done) { store.prune(before, std::move(done)); });
  }
  Result<TaskPage> tasks(TaskQuery query) {
    return loop.await<TaskPage>([&](auto done) { store.tasks(query, std::move(done)); });
  }
  Result<std::optional<TaskRecord>> find_task(const std::string& name) {
    return loop.await<std::optional<TaskRecord>>([&](auto done) { store.find_task(name, std::move(done)); });
  }
  Result<std::vector<UsageDay>> usage(std::int64_t first, std::int64_t last, const std::string& agent = "") {
    return loop.await<std::vector<UsageDay>>(
        [&](auto done) { store.usage(first, last, agent, std::move(done)); });
  }
  Status save(RestartRecord record) {
    return loop.await<void>([&](auto done) { store.save(record, std::move(done)); });
  }
  Result<std::vector<RestartRecord>> recent(std::size_t limit, const std::string& before = "") {
    return loop.await<std::vector<RestartRecord>>(
        [&](auto done) { store.recent(limit, before, std::move(done)); });
  }
  Result<std::vector<Millis>> durations(std::size_t limit) {
    return loop.await<std::vector<Millis>>([&](auto done) { store.durations(limit, std::move(done)); });
  }
  Status save_device(Device device) {
    return loop.await<void>([&](auto done) { store.save_device(device, std::move(done)); });
  }
  Result<std::vector<Device>> load_devices() {
    return loop.await<std::vector<Device>>([&](auto done) { store.load_devices(std::move(done)); });
  }

  TestLoop& loop;
  MemoryLog log;
  SqliteStore store;
};

inline NewJob new_job(const std::string& run_id, const std::string& key = "agent:main:main",
                      UnixMillis at = UnixMillis{1'000}) {
  return NewJob{.kind = JobKind::Chat,
                .run_id = run_id,
                .session_key = key,
                .session_id = "session-of-" + run_id,
                .agent_id = "main",
                .text = "hello from " + run_id,
                .options = {{"timeoutMs", 5'000}},
                .accepted_at = at};
}

inline Message answer(const std::string& text) {
  return Message{.body = {{"role", "assistant"}, {"content", text}}};
}

inline Outcome outcome_of(JobId id, JobState state = JobState::Done, const std::string& owner = "g1") {
  return Outcome{.job = id,
                 .owner = owner,
                 .state = state,
                 .messages = {answer("fine")},
                 .result = {{"ok", true}},
                 .model = "builtin/echo",
                 .ended_at = UnixMillis{3'000}};
}

/// Of a failure that was expected; a success fails the test.
Code code_of(const auto& result) {
  EXPECT_FALSE(result);
  return result ? Code::Cancelled : result.error().code;
}

inline std::string text_of(const Message& message) {
  const auto* content = json::array_at(message.body, "content");
  if (content == nullptr) return std::string(json::text_or(message.body, "content"));
  return std::string(json::text_or(content->at(0).as_object(), "text"));
}

/// `state/outcome` of every step, in order.
inline std::string steps_in(const std::filesystem::path& file) {
  auto connection = store::open_for_reading(file);
  if (!connection || !*connection) return "no database";
  auto text = (*connection)
                  ->database->text(
                      "SELECT group_concat(attempt || '.' || number || ' ' || state || '/' || outcome, ', ')"
                      " FROM (SELECT * FROM step ORDER BY job_id, attempt, number)");
  return text ? *text : text.error().message;
}

/// A store on a fresh file, open for writing.
class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }

  /// Ends the store and makes a new one on the same file.
  void reopen() {
    db.reset();
    db = std::make_unique<Store>(file, loop);
    const auto opened = db->open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  /// A job that was admitted as new.
  Job admitted(const NewJob& wanted) {
    auto admission = db->admit(wanted);
    EXPECT_TRUE(admission && admission->is_new);
    return admission ? std::move(admission->job) : Job{};
  }

  TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "state.db";
  TestLoop loop;
  std::unique_ptr<Store> db;
};

}  // namespace gw::test
