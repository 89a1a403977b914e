#include "gateway/change_watch.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "config/changes.hpp"

namespace gw::gateway {
namespace {

constexpr Millis kProgramSettle{1'000};  // An installation writes more than one file.

/// Of the file, through links: a file put in its place differs. Empty when there is none that can be run.
std::string identity_of(const std::filesystem::path& program) {
  struct stat info{};
  if (::stat(program.c_str(), &info) != 0 || ::access(program.c_str(), X_OK) != 0) return {};
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) + ":" +
         std::to_string(info.st_size) + ":" + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec);
}

std::string joined(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : ", ") + path;
  return text;
}

}  // namespace

ChangeWatch::ChangeWatch(Parts parts)
    : parts_(std::move(parts)), own_program_(identity_of("/proc/self/exe")) {
  std::error_code error;
  own_path_ = std::filesystem::read_symlink("/proc/self/exe", error);
}

void ChangeWatch::start() {
  if (parts_.config.reload_mode != config::ReloadMode::Off) {
    watch(config_, {parts_.config_file}, parts_.config.reload_debounce, [this] { look_at_config(); });
  }
  std::vector<std::filesystem::path> programs{own_path_};
  if (!parts_.installed.empty()) programs.push_back(parts_.installed);
  watch(program_, programs, kProgramSettle, [this] { look_at_program(); });
}

void ChangeWatch::stop() {
  config_ = {};
  program_ = {};
}

void ChangeWatch::watch(Watched& watched, const std::vector<std::filesystem::path>& files, Millis settle,
                        std::function<void()> look) {
  auto opened = platform::watch_files();
  Status added = opened ? Status{} : std::unexpected(opened.error());
  for (const auto& file : files) {
    if (added) added = (*opened)->add(file);
  }
  if (!added) {
    return parts_.log.warn("gateway/reload", "changes on disk are not noticed; restart after a change",
                           {{"error", added.error().message}});
  }
  watched.files = *std::move(opened);
  const auto look_later = [this, &watched, settle, look = std::move(look)] {
    watched.settled = parts_.loop.after(settle, look);
  };
  watched.watch = parts_.loop.watch_readable(watched.files->fd(), [&watched, look_later] {
    if (watched.files->has_changed()) look_later();
  });
  look_later();
}

void ChangeWatch::look_at_config() {
  auto loaded = parts_.load_config();
  if (!loaded || !loaded->issues.empty()) {
    const std::string problem =
        loaded ? loaded->issues.front().path + ": " + loaded->issues.front().message : loaded.error().message;
    return parts_.log.warn("gateway/reload",
                           "config reload skipped (invalid config): " + problem + "; serving on as before");
  }
  const config::Changes changes = config::changes_between(parts_.config, loaded->config);
  parts_.config = std::move(loaded->config);
  if (!changes.need_stop.empty()) {
    parts_.log.warn("gateway/reload", "config change is applied by a stop and a start of the gateway (" +
                                          joined(changes.need_stop) + ")");
  }
  if (changes.need_restart.empty()) return;
  const std::string paths = joined(changes.need_restart);
  if (parts_.config.reload_mode == config::ReloadMode::Hot) {
    return parts_.log.warn("gateway/reload", "config change requires gateway restart (" + paths +
                                                 ") — ignored, because gateway.reload.mode is hot");
  }
  const engine::Preflight preflight = parts_.restart.preflight();
  const std::string wait =
      " — deferring until " + std::to_string(preflight.embedded_runs) + " active embedded run(s) complete";
  parts_.log.warn("gateway/reload", "config change requires gateway restart (" + paths + ")" +
                                        (preflight.embedded_runs > 0 ? wait : ""));
  request("config-change", "config change: " + paths, changes.need_restart);
}

void ChangeWatch::look_at_program() {
  const std::string on_disk = identity_of(program_on_disk());
  if (on_disk.empty() || on_disk == own_program_) return;
  own_program_ = on_disk;  // Asked for once; a successor that was no good is not tried again and again.
  // One that is starting was found on disk by then.
  const bool is_starting = parts_.restart.phase() == restart::Phase::Starting;
  const auto attempt = parts_.restart.last_attempt();
  if (is_starting || (attempt && parts_.loop.now() - *attempt <= kProgramSettle)) return;
  parts_.log.warn("gateway/reload", "the program on disk has changed; restarting",
                  {{"program", program_on_disk().string()}});
  request("program-change", "program changed", {});
}

std::filesystem::path ChangeWatch::program_on_disk() const {
  if (!parts_.libexec.empty()) return parts_.libexec / own_path_.filename();
  std::error_code error;
  const auto installed = std::filesystem::canonical(parts_.installed, error);
  if (error) return own_path_;
  return (installed.parent_path() / ".." / "libexec" / own_path_.filename()).lexically_normal();
}

void ChangeWatch::request(const std::string& client, const std::string& reason,
                          std::vector<std::string> paths) {
  engine::RestartRequest request;
  request.requester.client = client;
  request.requester.reason = reason;
  request.requester.changed_paths = std::move(paths);
  parts_.restart.request(std::move(request), [this](Result<engine::RestartAnswer> answer) {
    if (!answer) {
      parts_.log.error("gateway/reload", "restart refused", {{"error", answer.error().message}});
    }
  });
}

}  // namespace gw::gateway
