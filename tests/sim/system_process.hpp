#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sim/system_store.hpp"

namespace gw::sim {

/// A process: it can be suspended and killed at any point. It has a loop and a thread that writes, each of
/// which does one thing after the other.
class Process {
 public:
  Process(Stage& stage, Store& store, Outside& outside, int number)
      : number(number), stage_(stage), store_(store), outside_(outside) {}

  bool is_alive() const { return is_alive_; }
  bool is_suspended() const { return is_suspended_; }
  Instant suspended_at() const { return suspended_at_; }

  /// Runs on the loop after `wait`, later when the process is suspended, never when it is dead.
  void later(Millis wait, std::function<void()> act);
  void post(std::function<void()> act) { later(Millis{0}, std::move(act)); }

  /// One transaction. It may be committed without `done` ever being called: that is a crash in between.
  /// `can_fail`: the disk may refuse it.
  void write(std::function<Verdict()> operation, std::function<void(Verdict)> done, bool can_fail = true);
  void open_writer(std::function<void()> done);
  /// After everything written before.
  void close_writer(std::function<void()> done);

  void suspend();
  void go_on();
  void die();

  const int number;

 private:
  void on_writer(std::function<std::function<void()>()> work);

  Stage& stage_;
  Store& store_;
  Outside& outside_;
  bool is_alive_ = true;
  bool is_suspended_ = false;
  Instant suspended_at_{};
  std::vector<std::function<void()>> held_;  // While suspended.
  Instant writer_free_{};
  Instant answers_free_{};
};

}  // namespace gw::sim
