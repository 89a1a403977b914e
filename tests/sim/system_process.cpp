#include "sim/system_process.hpp"

#include <algorithm>
#include <utility>

namespace gw::sim {

void Process::later(Millis wait, std::function<void()> act) {
  stage_.after(wait, [this, act = std::move(act)]() mutable {
    if (!is_alive_) return;
    if (is_suspended_) return held_.push_back(std::move(act));
    act();
  });
}

void Process::on_writer(std::function<std::function<void()>()> work) {
  // What waits is committed in one group, so that a long queue is not slower.
  writer_free_ = std::max(writer_free_, stage_.now + stage_.dice.millis(0, 2));
  later(writer_free_ - stage_.now, [this, work = std::move(work)] {
    auto answer = work();
    answers_free_ = std::max(answers_free_, stage_.now + stage_.dice.millis(0, 1));
    later(answers_free_ - stage_.now, std::move(answer));
  });
}

void Process::write(std::function<Verdict()> operation, std::function<void(Verdict)> done, bool can_fail) {
  on_writer([this, operation = std::move(operation), done = std::move(done), can_fail]() mutable {
    Verdict verdict = Verdict::Closed;
    if (store_.writer() == number) {
      verdict = can_fail && stage_.has_fault(1) ? Verdict::Storage : operation();
    }
    if (verdict == Verdict::Storage) stage_.disturb();
    return [done = std::move(done), verdict] { done(verdict); };
  });
}

void Process::open_writer(std::function<void()> done) {
  on_writer([this, done = std::move(done)]() mutable {
    store_.open(number);
    return std::move(done);
  });
}

void Process::close_writer(std::function<void()> done) {
  on_writer([this, done = std::move(done)]() mutable {
    store_.close(number);
    return std::move(done);
  });
}

void Process::suspend() {
  if (!is_alive_ || std::exchange(is_suspended_, true)) return;
  suspended_at_ = stage_.now;
  stage_.disturb();
  stage_.trace("p", number, " is suspended");
}

void Process::go_on() {
  if (!is_alive_ || !std::exchange(is_suspended_, false)) return;
  stage_.disturb();
  stage_.trace("p", number, " goes on");
  for (auto& act : std::exchange(held_, {})) later(Millis{0}, std::move(act));
}

void Process::die() {
  if (!std::exchange(is_alive_, false)) return;
  stage_.disturb();
  stage_.trace("p", number, " is gone");
  store_.close(number);
  outside_.died(number);
  held_.clear();
}

}  // namespace gw::sim
