#include "config/device_identity.hpp"

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/uuid.hpp"
#include "json/value.hpp"

namespace gw::config {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr std::streamsize kFileBytesMax = 65'536;

std::unexpected<Error> storage_error(const std::string& what, const fs::path& path, int error) {
  return fail(Code::Storage,
              what + " " + path.string() + ": " + std::error_code(error, std::generic_category()).message());
}

std::unexpected<Error> damaged(const fs::path& file, const std::string& why) {
  return fail(Code::InvalidRequest, "the device key " + file.string() + " is damaged: " + why +
                                        "; move it away to get a new identity");
}

Result<DeviceIdentity> parse_identity(const fs::path& file, const std::string& text) {
  const auto value = json::parse(text);
  if (!value || !value->is_object()) return damaged(file, "not a JSON object");
  const json::Object& object = value->get_object();
  if (json::int_or(object, "version", 0) != 1) return damaged(file, "its version is not 1");
  auto key = crypto::read_private_key_pem(json::text_or(object, "privateKeyPem"));
  if (!key) return damaged(file, key.error().message);
  std::string id = crypto::device_id(key->public_key);
  if (json::text_or(object, "deviceId") != id) return damaged(file, "its deviceId is not that of its key");
  return DeviceIdentity{std::move(id), std::move(*key)};
}

// Nothing when there is no file.
Result<std::optional<DeviceIdentity>> read_identity(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) return std::nullopt;
  if (descriptor < 0) return storage_error("could not read", file, errno);
  std::string text(kFileBytesMax, '\0');
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() && (got = ::read(descriptor, text.data() + size, text.size() - size)) != 0) {
    if (got > 0) {
      size += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      const int error = errno;
      ::close(descriptor);
      return storage_error("could not read", file, error);
    }
  }
  (void)::fchmod(descriptor, kFileMode);  // A key that others could read must not stay so; best effort.
  ::close(descriptor);
  text.resize(size);
  auto identity = parse_identity(file, text);
  if (!identity) return std::unexpected(std::move(identity).error());
  return *std::move(identity);
}

std::string file_text(const DeviceIdentity& identity, UnixMillis now) {
  return json::pretty(json::Object{{"version", 1},
                                   {"deviceId", identity.device_id},
                                   {"publicKeyPem", crypto::public_key_pem(identity.key)},
                                   {"privateKeyPem", crypto::private_key_pem(identity.key)},
                                   {"createdAtMs", now.value}});
}

// Writes and syncs a new file; its errno, or 0.
int write_new_file(const fs::path& file, const std::string& text) {
  const int descriptor =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kFileMode);
  if (descriptor < 0) return errno;
  int error = 0;
  for (std::size_t done = 0; error == 0 && done < text.size();) {
    const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written > 0)
      done += static_cast<std::size_t>(written);
    else if (errno != EINTR)
      error = errno;
  }
  if (error == 0 && ::fsync(descriptor) != 0) error = errno;
  if (::close(descriptor) != 0 && error == 0) error = errno;
  return error;
}

// Makes `directory` and what is missing above it, open to nobody else. An errno, or 0.
int make_directories(const fs::path& directory) {
  if (::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT || !directory.has_relative_path()) return errno;
  if (const int error = make_directories(directory.parent_path()); error != 0) return error;
  return ::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST ? 0 : errno;
}

void sync_directory(const fs::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);
  ::close(descriptor);
}

// Puts `text` at `file` unless something is there already; its errno, EEXIST when another process came first.
int create_exclusively(const fs::path& file, const std::string& text) {
  const fs::path unfinished = file.string() + "." + random_uuid() + ".tmp";
  int error = write_new_file(unfinished, text);
  // A hard link instead of a rename: it appears whole, and never in place of another process's key.
  if (error == 0 && ::link(unfinished.c_str(), file.c_str()) != 0) error = errno;
  (void)::unlink(unfinished.c_str());
  if (error == 0) sync_directory(file.parent_path());
  return error;
}

}  // namespace

Result<DeviceIdentity> load_or_create_identity(const fs::path& file, UnixMillis now) {
  auto stored = read_identity(file);
  if (!stored) return std::unexpected(std::move(stored).error());
  if (*stored) return **std::move(stored);

  const fs::path directory = file.parent_path();
  if (const int error = make_directories(directory); error != 0) {
    return storage_error("could not make", directory, error);
  }
  if (::chmod(directory.c_str(), kDirectoryMode) != 0) {
    return storage_error("could not protect", directory, errno);
  }

  auto key = crypto::generate_key_pair();
  if (!key) return std::unexpected(std::move(key).error());
  DeviceIdentity identity{crypto::device_id(key->public_key), std::move(*key)};
  const int failed = create_exclusively(file, file_text(identity, now));
  if (failed == 0) return identity;
  if (failed != EEXIST) return storage_error("could not write", file, failed);
  stored = read_identity(file);
  if (!stored) return std::unexpected(std::move(stored).error());
  if (!*stored) return storage_error("could not read", file, ENOENT);
  return **std::move(stored);
}

}  // namespace gw::config
