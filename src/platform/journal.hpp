#pragma once

#include <optional>
#include <string>

namespace gw::platform {

/// Whether what is written to `descriptor` goes to journald: `journal_stream` is the value of JOURNAL_STREAM,
/// which names the device and inode of the stream that it gave this process. An inherited variable says
/// nothing about a descriptor that was redirected since.
bool goes_to_journal(int descriptor, const std::optional<std::string>& journal_stream);

}  // namespace gw::platform
