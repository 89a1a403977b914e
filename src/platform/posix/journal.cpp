#include "platform/journal.hpp"

#include <sys/stat.h>

namespace gw::platform {

bool goes_to_journal(int descriptor, const std::optional<std::string>& journal_stream) {
  struct stat stream{};
  if (!journal_stream || ::fstat(descriptor, &stream) != 0) return false;
  return *journal_stream == std::to_string(stream.st_dev) + ":" + std::to_string(stream.st_ino);
}

}  // namespace gw::platform
