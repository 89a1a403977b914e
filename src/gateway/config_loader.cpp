#include "gateway/config_loader.hpp"

#include <utility>

namespace gw::gateway {

void ConfigLoader::load(Callback<Result<config::Loaded>> done) {
  // The thread before has posted its answer, so it is at its end.
  thread_ = std::jthread([this, done = std::move(done)]() mutable {
    auto loaded = load_();
    loop_.post([alive = std::weak_ptr<bool>(is_alive_), done = std::move(done),
                loaded = std::move(loaded)]() mutable {
      if (!alive.expired()) done(std::move(loaded));
    });
  });
}

}  // namespace gw::gateway
