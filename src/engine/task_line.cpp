#include "engine/task_line.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace gw::engine {
namespace {

constexpr std::size_t kTaskTitleUnitsMax = 80;

/// A label or a title may hold anything; the line stays one.
std::string on_one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return line;
}

}  // namespace

std::string task_line(const RunningTask& task) {
  const TaskTag& tag = task.tag;
  std::string line = "taskId=" + tag.id + " runId=" + task.run_id + " status=running runtime=" + tag.runtime;
  if (!tag.label.empty()) line += " label=" + on_one_line(tag.label);
  if (!tag.title.empty()) line += " title=" + on_one_line(cut_utf16(tag.title, kTaskTitleUnitsMax));
  return line;
}

}  // namespace gw::engine
