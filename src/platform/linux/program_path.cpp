#include "platform/program_path.hpp"

#include <unistd.h>

namespace gw::platform {

namespace fs = std::filesystem;

fs::path invoked_path(const std::string& name, const std::optional<std::string>& search_path) {
  std::error_code error;
  const fs::path running = fs::read_symlink("/proc/self/exe", error);
  const auto is_us = [&](const fs::path& path) {
    std::error_code other;
    return !path.empty() && fs::equivalent(path, running, other);
  };
  if (name.find('/') != std::string::npos) {
    // Not through `..`, which a service manager may refuse.
    const fs::path path = fs::absolute(name, error).lexically_normal();
    return is_us(path) ? path : running;
  }
  std::size_t start = 0;
  const std::string all = search_path.value_or("");
  while (start <= all.size()) {
    const std::size_t end = std::min(all.find(':', start), all.size());
    const fs::path path =
        fs::absolute(fs::path(all.substr(start, end - start)) / name, error).lexically_normal();
    if (is_us(path)) return path;
    start = end + 1;
  }
  return running;
}

}  // namespace gw::platform
