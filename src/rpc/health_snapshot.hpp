#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "config/config.hpp"
#include "ports/loop.hpp"
#include "ports/work_store.hpp"
#include "rpc/event_hub.hpp"

namespace gw::rpc {

/// What became of the latest look at the configuration file.
struct ConfigReloadState {
  struct Problem {
    std::string path;  ///< Dotted; empty for the whole file.
    std::string message;
    UnixMillis at{};  ///< When it was found.
  };
  bool is_active = false;                     ///< A change is noticed and applied.
  std::optional<Problem> problem;             ///< Why the file is not what the gateway runs with.
  std::vector<std::string> awaiting_restart;  ///< Changed paths that only a successor acts on.
};

/// The answer of `health`, kept as text: asking costs a copy. Refreshed in the background when it is asked
/// for and older than `kFresh`, and announced every `limits::kHealthInterval` while anyone is connected.
class HealthSnapshot {
 public:
  static constexpr Millis kFresh{1'000};

  HealthSnapshot(const config::Config& config, std::string database, Loop& loop, WorkStore& store,
                 EventHub& hub);
  ~HealthSnapshot();

  const std::string& text();
  std::int64_t version() const { return version_; }
  /// Sends the `health` event to one connection.
  void send_to(const std::string& conn_id, std::int64_t presence_version);
  /// The configuration or its file changed: the next answer says so, and who is connected is told.
  void config_changed(ConfigReloadState state);
  /// Begins the regular announcements.
  void start(std::function<std::int64_t()> presence_version);

 private:
  void refresh();
  void build();
  void announce();
  void announce_later();

  const config::Config& config_;
  std::string database_;
  Loop& loop_;
  WorkStore& store_;
  EventHub& hub_;
  std::function<std::int64_t()> presence_version_;
  SessionPage page_;
  ConfigReloadState reload_;
  std::string text_;
  Instant built_at_{};
  std::int64_t version_ = 1;
  bool is_refreshing_ = false;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace gw::rpc
