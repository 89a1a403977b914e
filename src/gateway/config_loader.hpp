#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "base/callback.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "ports/loop.hpp"

namespace gw::gateway {

/// Reads the configuration on a thread of its own: a program that gives a secret may take seconds, and no
/// client is to wait for it. Lives on the control thread.
class ConfigLoader {
 public:
  /// `load` may be called on any thread.
  ConfigLoader(Loop& loop, std::function<Result<config::Loaded>()> load)
      : loop_(loop), load_(std::move(load)) {}
  /// Waits for the read under way: as long as the slowest secret takes.
  ~ConfigLoader() = default;
  ConfigLoader(const ConfigLoader&) = delete;
  ConfigLoader& operator=(const ConfigLoader&) = delete;

  /// `done` is called later, on the control thread; not at all when this ends first. One at a time: not
  /// before the `done` of the one before.
  void load(Callback<Result<config::Loaded>> done);

 private:
  Loop& loop_;
  std::function<Result<config::Loaded>()> load_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
  std::jthread thread_;
};

}  // namespace gw::gateway
