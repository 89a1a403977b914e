#include "gateway/change_watch.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <utility>

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

}  // namespace

ChangeWatch::ChangeWatch(Parts parts)
    : parts_(std::move(parts)), own_program_(identity_of("/proc/self/exe")) {
  std::error_code error;
  own_path_ = std::filesystem::read_symlink("/proc/self/exe", error);
}

void ChangeWatch::start(std::function<void()> on_first_look) {
  on_first_look_ = std::move(on_first_look);
  config_.wanted = [this] { return parts_.reloader.files(); };
  config_.settle = [this] { return parts_.reloader.debounce(); };
  config_.look = [this] {
    parts_.reloader.look(ConfigReloader::Cause::Changed, [this] {
      end_first_look();
      follow(config_);
    });
  };
  const bool can_watch = begin(config_);
  parts_.reloader.set_watching(can_watch);
  if (!can_watch) end_first_look();
  program_.wanted = [this] {
    std::vector<std::filesystem::path> programs{own_path_};
    if (!parts_.installed.empty()) programs.push_back(parts_.installed);
    return programs;
  };
  program_.settle = [] { return kProgramSettle; };
  program_.look = [this] {
    look_at_program();
    follow(program_);
  };
  begin(program_);
}

void ChangeWatch::stop() {
  parts_.reloader.stop();
  config_ = {};
  program_ = {};
}

void ChangeWatch::end_first_look() {
  if (const auto call = std::exchange(on_first_look_, nullptr)) call();
}

bool ChangeWatch::begin(Watched& watched) {
  watched.files = watched.wanted();
  auto opened = platform::watch_files();
  Status added = opened ? Status{} : std::unexpected(opened.error());
  for (const auto& file : watched.files) {
    if (added) added = (*opened)->add(file);
  }
  watched.watch.reset();
  watched.source.reset();
  if (!added) {
    parts_.log.warn("gateway/reload", "changes on disk are not noticed; send SIGHUP after a change",
                    {{"error", added.error().message}});
    return false;
  }
  watched.source = *std::move(opened);
  watched.watch = parts_.loop.watch_readable(watched.source->fd(), [this, &watched] {
    if (watched.source->has_changed()) look_later(watched);
  });
  look_later(watched);
  return true;
}

void ChangeWatch::look_later(Watched& watched) {
  watched.settled = parts_.loop.after(watched.settle(), watched.look);
}

void ChangeWatch::follow(Watched& watched) {
  if (!watched.source || (!watched.source->is_stale() && watched.wanted() == watched.files)) return;
  const bool can_watch = begin(watched);
  if (&watched == &config_) parts_.reloader.set_watching(can_watch);
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
  engine::RestartRequest request;
  request.requester.client = "program-change";
  request.requester.reason = "program changed";
  parts_.restart.request(std::move(request), [this](Result<engine::RestartAnswer> answer) {
    if (!answer) {
      parts_.log.error("gateway/reload", "restart refused", {{"error", answer.error().message}});
    }
  });
}

std::filesystem::path ChangeWatch::program_on_disk() const {
  if (!parts_.libexec.empty()) return parts_.libexec / own_path_.filename();
  std::error_code error;
  const auto installed = std::filesystem::canonical(parts_.installed, error);
  if (error) return own_path_;
  return (installed.parent_path() / ".." / "libexec" / own_path_.filename()).lexically_normal();
}

}  // namespace gw::gateway
