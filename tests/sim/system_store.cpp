#include "sim/system_store.hpp"

#include <algorithm>

namespace gw::sim {

void Store::open(int process) {
  stage_.expect(!writer_ || *writer_ == process, "one process at a time has the database open for writing");
  writer_ = process;
}

void Store::close(int process) {
  if (writer_ == process) writer_.reset();
}

int Store::admit(int key, int session, int rounds) {
  const auto [at, is_new] = keys_.emplace(key, static_cast<int>(items_.size()));
  if (is_new) items_.push_back({.number = at->second, .session = session, .rounds = rounds});
  return at->second;
}

std::vector<int> Store::take_over(int owner) {
  std::vector<int> queued;
  for (Item& item : items_) {
    if (item.state == ItemState::Running && item.owner != owner) item.state = ItemState::Queued;
    if (item.state == ItemState::Queued) queued.push_back(item.number);
  }
  return queued;
}

Verdict Store::begin(int number, int owner) {
  Item& item = items_.at(static_cast<std::size_t>(number));
  if (item.state != ItemState::Queued) return Verdict::Conflict;
  const bool is_next = std::ranges::none_of(items_, [&](const Item& other) {
    return other.session == item.session && other.number < number && !is_over(other.state);
  });
  stage_.expect(is_next, "the work of a session begins in the order in which it was accepted");
  item.state = ItemState::Running;
  item.owner = owner;
  item.attempted = item.recorded;
  ++item.attempt;
  return Verdict::Ok;
}

Verdict Store::step(int number, int attempt, bool is_done) {
  Item& item = items_.at(static_cast<std::size_t>(number));
  if (item.state != ItemState::Running || item.attempt != attempt) return Verdict::Conflict;
  if (is_done) ++item.recorded;
  item.attempted = item.recorded;
  return Verdict::Ok;
}

Verdict Store::finish(int number, int owner, ItemState state) {
  Item& item = items_.at(static_cast<std::size_t>(number));
  if (is_over(item.state)) return Verdict::Conflict;
  if (item.state == ItemState::Running && item.owner != owner) return Verdict::Conflict;
  item.state = state;
  return Verdict::Ok;
}

void Store::save_restart(const std::string& id) {
  const auto [at, is_new] = restarts_.emplace(id, "");
  // A signal can join in the predecessor while that takes over from a successor that told of success.
  stage_.expect(is_new || at->second.empty() || at->second == "restarted",
                "a restart that is over does not begin again");
}

void Store::finish_restart(const std::string& id, const std::string& outcome) {
  std::string& written = restarts_[id];
  // A successor that told of success can still fail in its probation.
  stage_.expect(written.empty() || (written == "restarted" && outcome == "failed"),
                "a restart has one outcome");
  written = outcome;
}

std::vector<std::string> Store::open_restarts() const {
  std::vector<std::string> ids;
  for (const auto& [id, outcome] : restarts_) {
    if (outcome.empty()) ids.push_back(id);
  }
  return ids;
}

std::optional<std::string> Store::outcome(const std::string& id) const {
  const auto at = restarts_.find(id);
  return at == restarts_.end() ? std::nullopt : std::optional(at->second);
}

void Outside::begin(int process, const Item& asked, int step) {
  const Item& item = store_.item(asked.number);
  stage_.expect(store_.writer() == process, "only who may write works");
  stage_.expect(busy_.emplace(item.session, process).second, "one thing at a time is done for a session");
  stage_.expect(step >= item.recorded, "a step with a recorded outcome is not taken again");
  stage_.expect(item.state == ItemState::Running && item.attempt == asked.attempt && item.attempted == step,
                "a step is on record before it is taken");
}

void Outside::died(int process) {
  std::erase_if(busy_, [&](const auto& busy) { return busy.second == process; });
}

}  // namespace gw::sim
