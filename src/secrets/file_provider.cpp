#include "secrets/file_provider.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "config/values.hpp"
#include "platform/clock.hpp"
#include "platform/fd.hpp"

namespace gw::secrets {
namespace {

std::unexpected<Error> cannot(const std::filesystem::path& file, const std::string& why) {
  return fail(Code::Unavailable, "the file " + file.string() + " " + why);
}

Result<platform::Fd> open_private(const std::filesystem::path& file) {
  if (!file.is_absolute()) return cannot(file, "is not named by an absolute path");
  // A pipe without a writer must not block.
  platform::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ELOOP) return cannot(file, "is a symbolic link");
  if (!fd)
    return platform::system_error(Code::Unavailable, "the file " + file.string() + " cannot be opened");
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) {
    return platform::system_error(Code::Unavailable, "the file " + file.string() + " cannot be looked at");
  }
  if (!S_ISREG(info.st_mode)) return cannot(file, "is not a regular file");
  if (info.st_uid != ::geteuid()) return cannot(file, "belongs to another user");
  if (info.st_nlink != 1) return cannot(file, "has more than one name (hard links)");
  if ((info.st_mode & 077) != 0) return cannot(file, "is open to other users: chmod 600 it");
  return fd;
}

/// A file system that hangs is left after the limit, between two pieces.
Result<std::string> read_all(const platform::Fd& fd, const std::filesystem::path& file, Millis limit,
                             std::size_t bytes_max) {
  std::string text;
  std::array<char, 65'536> buffer{};
  const Instant deadline = platform::now() + limit;
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return platform::system_error(Code::Unavailable, "the file " + file.string() + " cannot be read");
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > bytes_max) return cannot(file, "has more than " + std::to_string(bytes_max) + " bytes");
    if (platform::now() > deadline)
      return cannot(file, "was not read within " + std::to_string(limit.count()) + " ms");
  }
}

Result<Secret> value_at(const json::Value& document, const std::string& pointer) {
  boost::system::error_code error;
  const json::Value* value = document.find_pointer(pointer, error);
  if (!value) return fail(Code::NotFound, "its file has nothing at that pointer");
  if (!value->is_string()) return fail(Code::InvalidRequest, "what its file has at that pointer is no text");
  return Secret(std::string(json::view(value->get_string())));
}

}  // namespace

config::SecretAnswers read_file_provider(const config::SecretQuery& query,
                                         const config::Environment& environment) {
  const config::Values definition(query.definition, "secrets.providers.*");
  const auto path = config::expand_home(definition.text("path"), environment);
  config::SecretAnswers answers;
  const auto all = [&](const Result<Secret>& answer) {
    for (const std::string& id : query.ids) answers.emplace(id, answer);
    return answers;
  };
  const auto fd = open_private(path);
  if (!fd) return all(std::unexpected(fd.error()));
  auto text = read_all(*fd, path, Millis{definition.number("timeoutMs")},
                       static_cast<std::size_t>(definition.number("maxBytes")));
  if (!text) return all(std::unexpected(text.error()));
  if (definition.text("mode") == "singleValue") return all(Secret(*std::move(text)));
  const auto document = json::parse(*text);
  // The parser's message may hold a piece of the text.
  if (!document) return all(cannot(path, "is not JSON"));
  for (const std::string& id : query.ids) answers.emplace(id, value_at(*document, id));
  return answers;
}

}  // namespace gw::secrets
