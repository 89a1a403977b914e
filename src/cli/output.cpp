#include "cli/output.hpp"

#include <algorithm>

namespace gw::cli {
namespace {

constexpr std::size_t kLabelWidth = 14;

void put(std::FILE* file, std::string_view text) { std::fwrite(text.data(), 1, text.size(), file); }

}  // namespace

void Output::line(std::string_view text) {
  if (!json_) put(sinks_.out, std::string(text) + "\n");
}

void Output::row(std::string_view label, std::string_view value) {
  std::string left = std::string(label) + ":";
  left.append(kLabelWidth - std::min(kLabelWidth - 1, left.size()), ' ');
  line(left + std::string(value));
}

void Output::note(std::string_view text) { put(sinks_.err, std::string(text) + "\n"); }

void Output::document(const json::Value& value) {
  if (json_) put(sinks_.out, json::pretty(value));
}

void Output::live(std::string_view text) {
  if (json_) return;
  put(sinks_.out, text);
  std::fflush(sinks_.out);
}

void Output::raw(std::string_view text) {
  put(sinks_.out, text);
  std::fflush(sinks_.out);
}

int Output::problem(const Failure& failure) {
  if (json_) {
    document(to_json(failure));
    return 1;
  }
  note(bad("error: ") + failure.message);
  if (!failure.reason.empty()) note("Reason: " + failure.reason);
  if (failure.kind == Failure::Kind::Transport)
    note("Gateway: " + failure.url + " (" + failure.url_source + ")");
  if (!failure.next_step.empty()) note("Try: " + failure.next_step);
  return 1;
}

std::string Output::bold(std::string_view text) const { return painted(text, "1"); }
std::string Output::good(std::string_view text) const { return painted(text, "32"); }
std::string Output::caution(std::string_view text) const { return painted(text, "33"); }
std::string Output::bad(std::string_view text) const { return painted(text, "31"); }

std::string Output::painted(std::string_view text, std::string_view code) const {
  if (!coloured_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace gw::cli
