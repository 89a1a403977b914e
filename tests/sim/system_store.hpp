#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/system_stage.hpp"

namespace gw::sim {

enum class ItemState { Queued, Running, Done, Failed, Aborted };

inline bool is_over(ItemState state) { return state != ItemState::Queued && state != ItemState::Running; }

/// One accepted piece of work. Its steps are counted from 0: model calls are even, rounds of tools odd.
struct Item {
  int number = 0;
  int session = 0;
  int rounds = 0;  // Of tools that its model asks for.
  ItemState state = ItemState::Queued;
  int owner = 0;     // A time of serving of one generation.
  int attempt = 0;   // How often it was begun.
  int recorded = 0;  // Steps with a recorded outcome; they are not taken again.
  int attempted = -1;
};

enum class Verdict { Ok, Conflict, Storage, Closed };

/// What is on disk: each operation is one transaction. One process at a time may write.
class Store {
 public:
  explicit Store(Stage& stage) : stage_(stage) {}

  void open(int process);
  void close(int process);
  std::optional<int> writer() const { return writer_; }

  /// `key` makes repeated submissions one item.
  int admit(int key, int session, int rounds);
  std::vector<int> take_over(int owner);
  Verdict begin(int item, int owner);
  /// The step under way ends, well or not, and the next one, or the same one again, is attempted.
  Verdict step(int item, int attempt, bool is_done);
  Verdict finish(int item, int owner, ItemState state);
  const Item& item(int number) const { return items_.at(static_cast<std::size_t>(number)); }
  const std::vector<Item>& items() const { return items_; }

  void save_restart(const std::string& id);
  void finish_restart(const std::string& id, const std::string& outcome);
  std::vector<std::string> open_restarts() const;
  /// Nothing: unknown. Empty: under way.
  std::optional<std::string> outcome(const std::string& id) const;

 private:
  Stage& stage_;
  std::optional<int> writer_;
  std::vector<Item> items_;  // By number; never removed.
  std::map<int, int> keys_;
  std::map<std::string, std::string> restarts_;  // Id to outcome.
};

/// The world outside the database: model calls and tools that are being carried out.
class Outside {
 public:
  Outside(Stage& stage, Store& store) : stage_(stage), store_(store) {}

  void begin(int process, const Item& asked, int step);
  void end(int session) { busy_.erase(session); }
  void died(int process);

 private:
  Stage& stage_;
  Store& store_;
  std::map<int, int> busy_;  // Session to the process that works for it.
};

}  // namespace gw::sim
