#include "protocol/sse.hpp"

#include <utility>

namespace gw::sse {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Status Decoder::feed(std::string_view bytes, std::vector<Event>& out) {
  if (is_broken_) return fail(Code::InvalidRequest, "the event stream has already failed");
  while (!bytes.empty()) {
    if (std::exchange(skip_newline_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > limits_.line_bytes_max) {
      is_broken_ = true;
      return fail(Code::InvalidRequest, "a line of the event stream is longer than " +
                                            std::to_string(limits_.line_bytes_max) + " bytes");
    }
    line_.append(part);
    if (end == std::string_view::npos) return {};
    skip_newline_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (auto taken = take_line(line_, out); !taken) {
      is_broken_ = true;
      return taken;
    }
    line_.clear();
  }
  return {};
}

Status Decoder::take_line(std::string_view line, std::vector<Event>& out) {
  if (std::exchange(is_first_line_, false) && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line.empty()) {
    // An event without data is dropped, but its id counts.
    if (std::exchange(has_data_, false)) out.push_back(event_);
    event_.name.clear();
    event_.data.clear();
    return {};
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) return {};  // A comment.
  if (colon == std::string_view::npos) return take_field(line, {});
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return take_field(line.substr(0, colon), value);
}

Status Decoder::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (event_.data.size() + value.size() + 1 > limits_.event_bytes_max) {
      return fail(Code::InvalidRequest, "an event of the stream is longer than " +
                                            std::to_string(limits_.event_bytes_max) + " bytes");
    }
    if (has_data_) event_.data += '\n';
    event_.data.append(value);
    has_data_ = true;
  } else if (name == "event") {
    event_.name = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) event_.id = value;
  }
  // `retry` and unknown fields mean nothing here: nobody reconnects.
  return {};
}

}  // namespace gw::sse
