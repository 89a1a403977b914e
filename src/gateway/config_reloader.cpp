#include "gateway/config_reloader.hpp"

#include <algorithm>
#include <utility>

#include "config/changes.hpp"

namespace gw::gateway {
namespace {

using config::ReloadMode;

constexpr std::string_view kSubsystem = "gateway/reload";
constexpr std::string_view kRequester = "config-change";

std::string joined(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : ", ") + path;
  return text;
}

std::optional<config::Issue> problem_of(const Result<config::Loaded>& loaded, bool had_file) {
  if (!loaded) return config::Issue{"", loaded.error().message};
  if (!loaded->issues.empty()) return loaded->issues.front();
  if (had_file && !loaded->config.file_exists) return config::Issue{"", "the file is gone"};
  return config::refusal_of(loaded->config);
}

}  // namespace

ConfigReloader::ConfigReloader(Parts parts)
    : parts_(std::move(parts)),
      started_(parts_.running),
      seen_(started_.source),
      mode_(started_.reload_mode),
      files_(started_.files) {}

void ConfigReloader::look(Cause cause, Callback<> done) {
  if (is_reading_) {
    next_ = next_ == Cause::Asked ? Cause::Asked : cause;
    if (done) wait_again_.push_back(std::move(done));
    return;
  }
  is_reading_ = true;
  if (done) waiting_.push_back(std::move(done));
  parts_.load([this, cause, stops = stops_](Result<config::Loaded> loaded) {
    is_reading_ = false;
    if (stops == stops_) settle(cause, std::move(loaded));
    for (Callback<>& call : std::exchange(waiting_, {})) call();
    waiting_ = std::exchange(wait_again_, {});
    if (const auto again = std::exchange(next_, std::nullopt)) look(*again);
  });
}

void ConfigReloader::stop() {
  ++stops_;
  next_.reset();
  waiting_.clear();
  wait_again_.clear();
}

void ConfigReloader::settle(Cause cause, Result<config::Loaded> loaded) {
  if (loaded && !loaded->config.files.empty()) files_ = loaded->config.files;
  if (const auto issue = problem_of(loaded, parts_.running.file_exists)) return refuse(*issue);
  config::Config& file = loaded->config;
  if (problem_) parts_.log.info(kSubsystem, "the configuration is valid again");
  problem_.reset();
  warn_of_mode(file.reload_mode);

  const auto [live, listener, _, no_effect] = config::changes_between(parts_.running, file);
  std::vector<std::string> restart = config::changes_between(started_, file).need_restart;
  const bool is_new = cause == Cause::Asked || file.source != seen_ || restart != awaiting_restart_ ||
                      listener_problem_.has_value();
  seen_ = file.source;
  mode_ = file.reload_mode;
  if (!is_new) return tell();

  std::vector<std::string> all = live;
  all.insert(all.end(), listener.begin(), listener.end());
  all.insert(all.end(), restart.begin(), restart.end());
  all.insert(all.end(), no_effect.begin(), no_effect.end());
  parts_.log.info(kSubsystem, "config change detected; evaluating reload (" + joined(all) + ")");
  if (mode_ == ReloadMode::Off) {
    parts_.log.info(kSubsystem, "config reload disabled (gateway.reload.mode=off)");
    return tell();
  }
  parts_.apply(config::applicable(parts_.running, file));
  if (!live.empty()) parts_.log.info(kSubsystem, "config hot reload applied (" + joined(live) + ")");
  if (!listener.empty()) {
    parts_.log.info(kSubsystem, "config change moves the listener (" + joined(listener) + ")");
  }
  if (!no_effect.empty()) {
    parts_.log.warn(kSubsystem,
                    "config change has no effect on a gateway that runs (" + joined(no_effect) + ")");
  }
  settle_restart(std::move(restart));
  tell();
}

void ConfigReloader::settle_listener(std::optional<config::Issue> problem) {
  if (problem) {
    parts_.log.warn(kSubsystem, "cannot listen where the configuration says: " + problem->message +
                                    "\nServing on where it was; mend it and send SIGHUP, or change it again");
    listener_problem_ = {problem->path, problem->message, parts_.loop.wall_now()};
  } else if (!std::exchange(listener_problem_, std::nullopt)) {
    return;
  }
  tell();
}

void ConfigReloader::set_watching(bool on) {
  is_watching_ = on;
  tell();
}

void ConfigReloader::refuse(const config::Issue& issue) {
  const std::string text = (issue.path.empty() ? "" : issue.path + ": ") + issue.message;
  if (!problem_ || problem_->path != issue.path || problem_->message != issue.message)
    parts_.log.warn(kSubsystem, "config reload skipped (invalid config): " + text + "; serving on as before");
  problem_ = {issue.path, issue.message, parts_.loop.wall_now()};
  tell();
}

void ConfigReloader::warn_of_mode(ReloadMode mode) {
  if (mode != ReloadMode::Hot && mode != ReloadMode::Restart) return;
  if (std::exchange(has_warned_of_mode_, true)) return;
  parts_.log.warn(kSubsystem,
                  std::string("gateway.reload.mode=") + (mode == ReloadMode::Hot ? "hot" : "restart") +
                      " means hybrid here: what can be applied is, the rest restarts the gateway");
}

void ConfigReloader::settle_restart(std::vector<std::string> paths) {
  const bool was_awaited = !awaiting_restart_.empty();
  awaiting_restart_ = std::move(paths);
  if (!awaiting_restart_.empty()) return ask_for_restart();
  if (was_awaited) withdraw_restart();
}

void ConfigReloader::ask_for_restart() {
  const std::string paths = joined(awaiting_restart_);
  const std::size_t runs = parts_.restart.preflight().embedded_runs;
  const std::string wait = " — deferring until " + std::to_string(runs) + " active embedded run(s) complete";
  parts_.log.warn(kSubsystem,
                  "config change requires gateway restart (" + paths + ")" + (runs > 0 ? wait : ""));
  engine::RestartRequest request;
  request.requester.client = kRequester;
  request.requester.reason = "config change: " + paths;
  request.requester.changed_paths = awaiting_restart_;
  parts_.restart.request(std::move(request), [this](Result<engine::RestartAnswer> answer) {
    if (!answer) parts_.log.error(kSubsystem, "restart refused", {{"error", answer.error().message}});
  });
}

// A restart that somebody else wants as well goes on.
void ConfigReloader::withdraw_restart() {
  const engine::RestartStatus status = parts_.restart.status();
  if (!status.current) return;
  const bool is_ours = std::ranges::all_of(status.current->requesters, [](const json::Value& requester) {
    return json::text_or(requester.get_object(), "client") == kRequester;
  });
  if (!is_ours || !parts_.restart.cancel()) return;
  parts_.log.info(kSubsystem, "the configuration is as it was; restart cancelled");
}

void ConfigReloader::tell() {
  parts_.tell({.is_active = is_watching_ && mode_ != ReloadMode::Off,
               .problem = problem_ ? problem_ : listener_problem_,
               .awaiting_restart = awaiting_restart_});
}

}  // namespace gw::gateway
