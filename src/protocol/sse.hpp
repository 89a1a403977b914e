#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Server-sent events as the WHATWG HTML standard defines them, without I/O.
namespace gw::sse {

inline constexpr std::size_t kLineBytesMax = 1'048'576;   ///< One line of the stream.
inline constexpr std::size_t kEventBytesMax = 4'194'304;  ///< The data of one event.

struct Event {
  std::string name;  ///< Empty: the stream gave none (a browser says `message`).
  std::string data;  ///< The `data:` lines, joined by newlines.
  std::string id;    ///< The last id that the stream gave, also by an earlier event.
};

struct Limits {
  std::size_t line_bytes_max = kLineBytesMax;
  std::size_t event_bytes_max = kEventBytesMax;
};

/// Takes a stream in pieces cut anywhere and finds its events. What the stream leaves unfinished is not an
/// event.
class Decoder {
 public:
  explicit Decoder(Limits limits = {}) : limits_(limits) {}

  /// Appends the events that `bytes` complete to `out`. Fails with `Code::InvalidRequest` when a line or an
  /// event is too long; events before it are in `out`, and the decoder refuses everything after.
  Status feed(std::string_view bytes, std::vector<Event>& out);

 private:
  Status take_line(std::string_view line, std::vector<Event>& out);
  Status take_field(std::string_view name, std::string_view value);

  Limits limits_;
  std::string line_;  // The unfinished line.
  Event event_;       // The unfinished event; its id outlives it.
  bool has_data_ = false;
  bool is_first_line_ = true;
  bool skip_newline_ = false;  // The last byte was a CR: an LF that follows belongs to it.
  bool is_broken_ = false;
};

}  // namespace gw::sse
