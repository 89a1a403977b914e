#include "gateway/entrance.hpp"

#include <string>
#include <unistd.h>
#include <utility>

#include "config/changes.hpp"

namespace gw::gateway {
namespace {

bool is_guarded(const config::Config& config) {
  if (config.auth_mode == config::AuthMode::Password) return !config.password.empty();
  return config.auth_mode == config::AuthMode::Token && !config.token.empty() && !config.has_run_token;
}

keeper::Configured configured_of(const config::Config& config, std::int64_t attempt) {
  return {.attempt = attempt,
          .port = config.port,
          .bind = config.bind,
          .custom_bind_host = config.custom_bind_host,
          .is_guarded = is_guarded(config),
          .probation = config.probation,
          .log_level = config.log_level,
          .log_console_level = config.log_console_level,
          .log_console_style = config.log_console_style,
          .log_file = config.log_file.string(),
          .log_file_bytes_max = config.log_file_bytes_max};
}

}  // namespace

// A keeper that listens for a configuration with a secret follows only the one that serves: without this, a
// generation whose configuration has none could never begin.
void Entrance::make_safe(std::function<void()> done) {
  const bool is_safe = config::may_listen_on(parts_.running, parts_.facts.host).has_value();
  const bool can_be = config::may_listen_on(parts_.running, parts_.running.bind_host).has_value();
  if (is_safe || !can_be || !parts_.keeper.can_restart()) return done();
  on_safe_ = std::move(done);
  announce();
}

Status Entrance::open() {
  if (auto may = config::may_listen_on(parts_.running, parts_.facts.host); !may) return may;
  if (auto started = start(sockets_); !started) return started;
  is_open_ = true;
  return {};
}

Status Entrance::start(const std::vector<platform::Fd>& sockets) {
  for (const platform::Fd& socket : sockets) {
    if (auto started = parts_.listener.start(socket.get()); !started) return started;
  }
  return {};
}

void Entrance::close() {
  is_open_ = false;
  on_safe_ = nullptr;
  parts_.listener.stop_accepting();
  // One without a keeper has no others to serve on again.
  if (parts_.keeper.can_restart()) sockets_.clear();
}

void Entrance::announce() {
  if (parts_.keeper.can_restart()) return parts_.keeper.send(configured_of(parts_.running, ++attempt_));
  if (parts_.running.port == parts_.facts.port && parts_.running.bind_host == parts_.facts.host) {
    return parts_.settle(std::nullopt);
  }
  parts_.settle(config::Issue{"gateway", "there is no keeper that could open another socket"});
}

// The new sockets first: at every moment somebody accepts.
void Entrance::on_listening(const keeper::Listening& message, std::vector<platform::Fd> sockets) {
  if (message.is_move && !is_open_ && !on_safe_) return;
  if (message.is_move && is_open_) {
    if (auto started = start(sockets); !started) return parts_.fail(started.error());
    for (const platform::Fd& old : sockets_) parts_.listener.leave(old.get());
  }
  sockets_ = std::move(sockets);
  parts_.facts.host = message.host;
  parts_.facts.port = message.port;
  if (!message.is_move) return;
  parts_.keeper.send(keeper::Moved{});
  if (is_open_) return log_address();
  if (const auto done = std::exchange(on_safe_, nullptr)) done();
}

void Entrance::on_adopted(const keeper::Adopted& message) {
  if (message.attempt != attempt_) return;  // A later answer is on its way.
  if (const auto done = std::exchange(on_safe_, nullptr)) {
    if (message.problem.empty()) return done();  // Opening says what is wrong.
    return parts_.fail(Error{Code::Unavailable, message.problem});
  }
  if (message.problem.empty()) return parts_.settle(std::nullopt);
  const char* key = parts_.running.port != parts_.facts.port ? "gateway.port" : "gateway.bind";
  parts_.settle(config::Issue{key, message.problem});
}

void Entrance::log_address() const {
  parts_.log.info(
      "gateway",
      "http server listening (ws://" + parts_.facts.host + ":" + std::to_string(parts_.facts.port) + ")",
      {{"generation", parts_.facts.generation}, {"pid", ::getpid()}});
}

}  // namespace gw::gateway
