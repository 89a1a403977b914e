#include "platform/file_watch.hpp"

#include <set>
#include <string>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

#include "platform/fd.hpp"

namespace gw::platform {
namespace {

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;

class Inotify final : public FileWatch {
 public:
  explicit Inotify(Fd fd) : fd_(std::move(fd)) {}

  Status add(const std::filesystem::path& file) override {
    const std::string directory = file.has_parent_path() ? file.parent_path().string() : ".";
    const int watch = ::inotify_add_watch(fd_.get(), directory.c_str(), kEvents);
    if (watch < 0) return system_error(Code::Unavailable, "cannot watch " + directory);
    names_.emplace(watch, file.filename().string());
    return {};
  }

  int fd() const override { return fd_.get(); }

  bool has_changed() override {
    bool is_ours = false;
    alignas(inotify_event) char buffer[4'096];
    for (;;) {
      const ssize_t size = ::read(fd_.get(), buffer, sizeof buffer);
      if (size <= 0) return is_ours;
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        const std::string name = event->len > 0 ? event->name : "";
        is_ours = is_ours || (event->mask & IN_Q_OVERFLOW) != 0 || names_.contains({event->wd, name});
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

 private:
  Fd fd_;
  std::set<std::pair<int, std::string>> names_;
};

}  // namespace

Result<std::unique_ptr<FileWatch>> watch_files() {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return system_error(Code::Unavailable, "cannot watch files");
  return std::make_unique<Inotify>(std::move(fd));
}

}  // namespace gw::platform
