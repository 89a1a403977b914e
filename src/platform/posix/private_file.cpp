#include "platform/private_file.hpp"

#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.hpp"
#include "platform/fd.hpp"

namespace gw::platform {

namespace {
constexpr std::uintmax_t kSmallFileBytesMax = 1'048'576;
constexpr std::size_t kFileStartBytes = 1'024;
}  // namespace

Status make_private_dir(const std::filesystem::path& dir) {
  std::error_code error;
  if (!std::filesystem::is_directory(dir, error)) {
    // Parents too are private, whatever the umask.
    const auto parent = dir.parent_path();
    if (!parent.empty() && parent != dir && !std::filesystem::is_directory(parent, error)) {
      if (auto made = make_private_dir(parent); !made) return made;
    }
    if (::mkdir(dir.c_str(), 0700) != 0 && !std::filesystem::is_directory(dir, error)) {
      return system_error(Code::Unavailable, "cannot make the directory " + dir.string());
    }
  }
  if (::access(dir.c_str(), W_OK | X_OK) != 0) {
    return system_error(Code::Unavailable, "cannot write into the directory " + dir.string());
  }
  return {};
}

Status write_private_file(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path temporary = file.string() + "." + random_uuid();
  const std::string what = "cannot write " + file.string();
  {
    const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) return system_error(Code::Unavailable, what);
    if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      const auto failure = system_error(Code::Unavailable, what);
      ::unlink(temporary.c_str());
      return failure;
    }
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) {
    const auto failure = system_error(Code::Unavailable, what);
    ::unlink(temporary.c_str());
    return failure;
  }
  return {};
}

std::string read_file_start(const std::filesystem::path& file) {
  std::string text(kFileStartBytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

std::optional<std::string> read_small_file(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error || size > kSmallFileBytesMax) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

}  // namespace gw::platform
