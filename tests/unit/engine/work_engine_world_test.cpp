#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
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
namespace {

constexpr std::uint64_t kWorlds = 4'000;
constexpr int kMovesPerWorld = 60;

/// One seed's play: submits, duplicates, aborts, store failures, fences, crashes and hand-overs at random
/// moments, then quiet until all work is over.
class World {
 public:
  explicit World(std::uint64_t seed) : dice_(seed) { build(); }

  void play() {
    for (int i = 0; i < kMovesPerWorld && !::testing::Test::HasFailure(); ++i) move();
    come_to_rest();
    check();
  }

 private:
  struct Sent {
    NewJob job;
    bool is_acknowledged = false;
    JobId id;
  };

  /// What dies in a crash.
  struct Generation {
    Generation(World& world, const std::string& owner)
        : store(world.loop_, world.disk_),
          models(world.loop_),
          engine({world.loop_, world.log_, store, models, observer, [&world] { return world.unit(); }, owner},
                 {.concurrent_runs = 2, .run = {.timeout = Millis{60'000}}}, [] {}) {}
    MemoryWorkStore store;
    ScriptedModel models;
    RecordingObserver observer;
    engine::WorkEngine engine;
  };

  int draw(int below) { return std::uniform_int_distribution<int>(0, below - 1)(dice_); }
  double unit() { return std::uniform_real_distribution<double>(0.0, 1.0)(dice_); }

  void build() {
    generation_ = std::make_unique<Generation>(*this, "gen-" + std::to_string(++generations_));
    begun_here_.clear();
    generation_->models.otherwise = [this](const ModelRequest& request) { return reply(request); };
    generation_->observer.before_begun = [this](const engine::RunInfo& run) {
      begun_here_[run.run_id] = true;
    };
    generation_->observer.before_ended = [this](const engine::RunInfo& run) {
      EXPECT_EQ(++ends_told_[run.run_id], 1) << run.run_id << " ended twice";
      EXPECT_EQ(disk_->find(run.kind, run.run_id)->times_ended, 1) << "told before its commit";
    };
    start();
  }

  void start() {
    generation_->engine.start([this, number = ++starts_](const Result<void>& started) {
      if (!started && number == starts_ && !is_crashing_) start();
    });
  }

  ModelReply reply(const ModelRequest& request) {
    if (is_calm_) return answering("calm");
    switch (draw(10)) {
      case 0:
        return failing(false, {"half"});
      case 1:
      case 2:
        return failing(true, {"half"});
      case 3:
        return hanging({"half"});
      case 4:
        return calling_tools({{"c" + std::to_string(request.messages.size()), "look", "{}"}});
      default:
        return answering("answer");
    }
  }

  void move() {
    switch (draw(16)) {
      case 0:
      case 1:
      case 2:
        return submit_new();
      case 3:
        return submit_again();
      case 4:
        return abort();
      case 5:
        generation_->store.fail_next(static_cast<StoreCall>(draw(7)), 1 + draw(2),
                                     draw(2) == 0 ? Code::Storage : Code::Unavailable);
        return;
      case 6:
        return generation_->engine.fence(draw(2) == 0);
      case 7:
        if (draw(3) == 0) return crash();
        return;
      case 8:
        if (draw(3) == 0) return hand_over();
        return;
      case 9:
        return loop_.advance(Millis{draw(3'000)});
      default:
        for (int i = draw(12); i > 0; --i) loop_.run_one();
    }
  }

  void submit_new() {
    const std::string id = "r" + std::to_string(sent_.size());
    const std::string session = "s" + std::to_string(draw(3));
    NewJob job{.kind = draw(2) == 0 ? JobKind::Chat : JobKind::Agent,
               .run_id = id,
               .session_key = session,
               .text = "text of " + id};
    sent_.emplace(id, Sent{.job = job});
    submit(std::move(job));
  }

  void submit_again() {
    if (!sent_.empty()) submit(any().job);
  }

  void submit(NewJob job) {
    const std::string id = job.run_id;
    generation_->engine.submit(std::move(job), [this, id](const Result<Admission>& admission) {
      if (!admission) return;
      Sent& sent = sent_.at(id);
      const auto* stored = disk_->find(sent.job.kind, id);
      ASSERT_NE(stored, nullptr) << id << " was acknowledged before its commit";
      EXPECT_EQ(stored->job.id, admission->job.id);
      if (sent.is_acknowledged) {
        EXPECT_FALSE(admission->is_new) << id << " was accepted twice";
        EXPECT_EQ(sent.id, admission->job.id);
      }
      if (admission->is_new) EXPECT_FALSE(begun_here_[id]) << id << " began before it was acknowledged";
      sent.is_acknowledged = true;
      sent.id = admission->job.id;
    });
  }

  Sent& any() { return std::next(sent_.begin(), draw(static_cast<int>(sent_.size())))->second; }

  void abort() {
    if (sent_.empty()) return;
    const Sent& sent = any();
    const auto run_id = draw(3) == 0 ? std::nullopt : std::optional(sent.job.run_id);
    generation_->engine.abort(sent.job.session_key, run_id,
                              [this](const Result<std::vector<std::string>>& aborted) {
                                if (!is_crashing_) check_aborted(*aborted);
                              });
  }

  void check_aborted(const std::vector<std::string>& run_ids) {
    for (const std::string& id : run_ids) {
      EXPECT_TRUE(is_over(disk_->find(sent_.at(id).job.kind, id)->job.state))
          << id << " told before its commit";
    }
  }

  // Everything in memory is gone at any point; what was committed stays.
  void crash() {
    is_crashing_ = true;
    generation_.reset();
    is_crashing_ = false;
    build();
  }

  // A planned one: runs are cut, what is under way is committed, and either the same generation or the next
  // one takes the queue.
  void hand_over() {
    ++starts_;  // One that is under way is not repeated.
    generation_->engine.cut();
    if (draw(2) == 0) loop_.run_posted();
    if (draw(3) == 0) return start();
    loop_.run_posted();
    crash();
  }

  void come_to_rest() {
    is_calm_ = true;
    generation_->store.heal();
    generation_->engine.fence(false);
    for (int i = 0; i < 100; ++i) {
      loop_.advance(Millis{5'000});
      if (generation_->engine.running() + generation_->engine.waiting() == 0) break;
    }
    EXPECT_EQ(generation_->engine.running() + generation_->engine.waiting(), 0U) << "play never ends";
  }

  void check() {
    for (const auto& [id, sent] : sent_) check_job(id, sent);
    for (const auto& [key, session] : disk_->sessions) check_transcript(session.messages);
  }

  void check_job(const std::string& id, const Sent& sent) {
    const auto* stored = disk_->find(sent.job.kind, id);
    EXPECT_TRUE(stored || !sent.is_acknowledged) << id << " was acknowledged and is lost";
    if (!stored) return;
    EXPECT_TRUE(is_over(stored->job.state)) << id << " never ended";
    EXPECT_EQ(stored->times_ended, 1) << id;
    int questions = 0;
    int answers = 0;
    for (const Message& row : disk_->rows_of(id)) {
      questions += json::text_or(row.body, "role") == "user" ? 1 : 0;
      answers += is_answer(row) ? 1 : 0;
    }
    const bool was_begun = stored->job.result.contains("startedAt");  // Else it was aborted in the queue.
    EXPECT_EQ(questions, stored->job.attempt > 0 ? 1 : 0) << id;
    EXPECT_EQ(answers, was_begun ? 1 : 0) << id;
  }

  // The rows of a run that asked for tools are no answers.
  static bool is_answer(const Message& row) {
    return json::text_or(row.body, "role") == "assistant" &&
           json::text_or(row.body, "stopReason") != "toolUse";
  }

  // Messages are answered in the order in which they were accepted, each before the next is asked.
  void check_transcript(const std::vector<Message>& rows) {
    std::int64_t last_job = 0;
    std::string asked;
    for (const Message& row : rows) {
      if (json::text_or(row.body, "role") == "user") {
        const std::int64_t job = disk_->find(sent_.at(row.run_id).job.kind, row.run_id)->job.id.value;
        EXPECT_GT(job, last_job) << row.run_id << " was begun out of order";
        last_job = job;
        asked = row.run_id;
      }
      EXPECT_EQ(row.run_id, asked) << "a row of one run stands in another";
    }
  }

  std::mt19937_64 dice_;
  TestLoop loop_;
  NullLog log_;
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  std::map<std::string, Sent> sent_;
  std::map<std::string, bool> begun_here_;
  std::map<std::string, int> ends_told_;
  std::unique_ptr<Generation> generation_;
  int generations_ = 0;
  int starts_ = 0;
  bool is_calm_ = false;
  bool is_crashing_ = false;
};

TEST(WorkEngineWorldTest, AcknowledgedWorkEndsOnceInOrderWhateverFails) {
  for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).play();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace gw::test
