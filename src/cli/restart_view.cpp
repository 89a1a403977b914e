#include "cli/restart_view.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/table.hpp"

namespace gw::cli {
namespace {

constexpr std::int64_t kBoxes = 20;
constexpr std::size_t kColumns = 79;         // A wrapped line cannot be written over.
constexpr Millis kRepeatInterval{10'000};    // Between two lines that say the same.
constexpr const char* kClear = "\r\x1b[2K";  // To the first column, then the whole line empty.

std::string seconds(Millis time) { return std::to_string(time.count() / 1'000) + " s"; }

std::optional<Millis> millis_at(const json::Object& object, std::string_view key) {
  const json::Value* value = object.if_contains(key);
  return value && value->is_int64() ? std::optional(Millis{value->get_int64()}) : std::nullopt;
}

std::optional<Millis> remaining_of(const json::Object& status) {
  const json::Object* estimate = json::object_at(status, "estimate");
  const auto remaining = estimate ? millis_at(*estimate, "remainingMs") : std::nullopt;
  const auto cut_in = millis_at(status, "cutInMs");
  return remaining && cut_in ? std::min(remaining, cut_in) : remaining;
}

std::string blockers_of(const json::Object& status) {
  std::string text;
  const json::Value* blockers = status.if_contains("blockers");
  if (!blockers || !blockers->is_array()) return text;
  for (const json::Value& blocker : blockers->get_array()) {
    const json::Object* object = blocker.if_object();
    if (!object) continue;
    text += (text.empty() ? "" : "; ") + printable(json::text_or(*object, "message"));
  }
  return text;
}

bool waits(std::string_view phase) { return phase == "waiting" || phase == "draining"; }

std::string time_left(const json::Object& status) {
  if (const auto remaining = remaining_of(status)) return "about " + seconds(*remaining) + " left";
  const auto cut_in = millis_at(status, "cutInMs");
  return "time left unknown" + (cut_in ? ", at most " + seconds(*cut_in) : std::string());
}

}  // namespace

std::string progress_text(const json::Object& status, Millis elapsed) {
  const std::string phase = printable(json::text_or(status, "phase"));
  std::string text = phase + ", " + seconds(elapsed);
  if (!waits(phase)) return text;
  text += ", " + time_left(status);
  const std::string blockers = blockers_of(status);
  return blockers.empty() ? text : text + ", waits for: " + blockers;
}

std::string progress_bar(Millis elapsed, std::optional<Millis> remaining) {
  const std::int64_t whole = remaining ? elapsed.count() + remaining->count() : 0;
  const std::int64_t done =
      whole > 0 ? std::clamp<std::int64_t>(kBoxes * elapsed.count() / whole, 0, kBoxes) : 0;
  return "[" + std::string(static_cast<std::size_t>(done), '#') +
         std::string(static_cast<std::size_t>(kBoxes - done), '.') + "]";
}

void RestartView::show(const json::Object& status, Millis elapsed) {
  if (is_terminal_) {
    const std::string line =
        progress_bar(elapsed, remaining_of(status)) + " " + progress_text(status, elapsed);
    out_.live(kClear + std::string(cut_utf8(line, kColumns)));
    is_bar_shown_ = true;
    return;
  }
  const std::string now = std::string(json::text_or(status, "phase")) + "\n" + blockers_of(status);
  if (now == shown_ && elapsed - shown_after_ < kRepeatInterval) return;
  shown_ = now;
  shown_after_ = elapsed;
  out_.live("restart: " + progress_text(status, elapsed) + "\n");
}

void RestartView::end() {
  if (is_bar_shown_) out_.live(kClear);
  is_bar_shown_ = false;
}

}  // namespace gw::cli
