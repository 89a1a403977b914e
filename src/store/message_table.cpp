#include "store/message_table.hpp"

#include <algorithm>
#include <limits>

#include "base/uuid.hpp"
#include "store/json_text.hpp"

namespace gw::store {
namespace {

constexpr std::size_t kMessageIdDigits = 12;

constexpr const char* kAppend = R"(
  INSERT INTO message (session_key, seq, id, run_id, body)
  VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM message WHERE session_key = ?1), ?2, ?3, ?4)
  RETURNING seq
)";

constexpr const char* kNewest = R"(
  SELECT seq, id, run_id, body FROM message
   WHERE session_key = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3
)";

std::string short_id() {
  auto id = random_uuid();
  std::erase(id, '-');
  id.resize(kMessageIdDigits);  // These digits of a UUID are all random.
  return id;
}

}  // namespace

MessageTable::MessageTable(Database& d) : append_(d, kAppend), newest_(d, kNewest) {}

Status MessageTable::prepare() {
  if (auto ready = append_.prepare(); !ready) return ready;
  return newest_.prepare();
}

Status MessageTable::append(std::string_view session_key, Message& message) {
  const auto body = to_text(message.body);
  if (!body) return std::unexpected(body.error());
  if (message.id.empty()) message.id = short_id();
  auto rows = append_.query(session_key, message.id, message.run_id, *body);
  const auto found = rows.next();
  if (!found) return std::unexpected(found.error());
  message.seq = rows.integer(0);
  if (const auto end = rows.next(); !end) return std::unexpected(end.error());
  return {};
}

Result<std::vector<Message>> MessageTable::newest(std::string_view session_key, std::int64_t before_seq,
                                                  std::size_t limit) {
  const auto bound = before_seq == 0 ? std::numeric_limits<std::int64_t>::max() : before_seq;
  auto rows = newest_.query(session_key, bound, limit);
  std::vector<Message> messages;
  std::size_t bytes = 0;
  while (bytes <= kTranscriptBytesMax) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    const auto text = rows.text(3);
    auto body = to_object(text);
    if (!body) return std::unexpected(body.error());
    bytes += text.size();
    messages.push_back(
        {.seq = rows.integer(0), .id = rows.text(1), .run_id = rows.text(2), .body = std::move(*body)});
  }
  std::ranges::reverse(messages);
  return messages;
}

}  // namespace gw::store
