#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ports/work_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// One read of a transcript stops after so many bytes of bodies: a few long answers must not fill the memory.
inline constexpr std::size_t kTranscriptBytesMax = 33'554'432;

class MessageTable {
 public:
  explicit MessageTable(Database& database);

  Status prepare();
  /// Appends to the session, which must exist. Fills in `seq` and, when empty, `id`.
  /// Fails with `Code::InvalidRequest` when the body could not be read back.
  Status append(std::string_view session_key, Message& message);
  /// The newest `limit` messages with seq < `before_seq` (0: no bound), oldest first; fewer when they are
  /// longer than kTranscriptBytesMax together, at least one.
  Result<std::vector<Message>> newest(std::string_view session_key, std::int64_t before_seq,
                                      std::size_t limit);

 private:
  Statement append_, newest_;
};

}  // namespace gw::store
