#include "platform/file_watch.hpp"

#include <deque>
#include <map>
#include <string>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

#include "platform/fd.hpp"

namespace gw::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEndOfDirectory = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | kEndOfDirectory;
constexpr int kLinksMax = 40;  // As many as Linux itself follows in one path.

class Inotify final : public FileWatch {
 public:
  explicit Inotify(Fd fd) : fd_(std::move(fd)) {}

  Status add(const fs::path& file) override {
    fs::path directory = file.is_absolute() ? "/" : ".";  // Has no link in it.
    std::deque<fs::path> rest(file.begin(), file.end());
    for (int links = 0; !rest.empty() && links <= kLinksMax;) {
      const fs::path name = rest.front();
      rest.pop_front();
      if (name.empty() || name == "/" || name == ".") continue;
      if (name == "..") {
        directory = directory.parent_path();
        continue;
      }
      std::error_code error;
      const fs::path here = directory / name;
      if (const fs::path target = fs::read_symlink(here, error); !error) {
        ++links;
        if (auto watched = watch(directory, name, Role::OnTheWay); !watched) return watched;
        if (target.is_absolute()) directory = "/";
        rest.insert(rest.begin(), target.begin(), target.end());
      } else if (rest.empty()) {
        return watch(directory, name, Role::File);
      } else if (!fs::is_directory(here, error)) {
        return watch(directory, name, Role::OnTheWay);
      } else {
        directory = here;
      }
    }
    return fail(Code::Unavailable, "cannot watch " + file.string() + ": too many links");
  }

  int fd() const override { return fd_.get(); }
  bool is_stale() const override { return is_stale_; }

  bool has_changed() override {
    bool is_ours = false;
    alignas(inotify_event) char buffer[4'096];
    for (;;) {
      const ssize_t size = ::read(fd_.get(), buffer, sizeof buffer);
      if (size <= 0) return is_ours;
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        const std::string name = event->len > 0 ? event->name : "";
        const auto found = names_.find({event->wd, name});
        const bool is_end = (event->mask & kEndOfDirectory) != 0;
        is_stale_ = is_stale_ || is_end || (found != names_.end() && found->second == Role::OnTheWay);
        is_ours = is_ours || is_end || (event->mask & IN_Q_OVERFLOW) != 0 || found != names_.end();
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

 private:
  enum class Role { File, OnTheWay };

  Status watch(const fs::path& directory, const fs::path& name, Role role) {
    const int number = ::inotify_add_watch(fd_.get(), directory.c_str(), kEvents);
    if (number < 0) return system_error(Code::Unavailable, "cannot watch " + directory.string());
    names_.emplace(std::pair(number, name.string()), role);
    return {};
  }

  Fd fd_;
  std::map<std::pair<int, std::string>, Role> names_;
  bool is_stale_ = false;
};

}  // namespace

Result<std::unique_ptr<FileWatch>> watch_files() {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return system_error(Code::Unavailable, "cannot watch files");
  return std::make_unique<Inotify>(std::move(fd));
}

}  // namespace gw::platform
