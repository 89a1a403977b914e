#include "cli/output.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace gw::cli {
namespace {

constexpr std::size_t kLabelWidth = 14;

void put(std::FILE* file, std::string_view text) { std::fwrite(text.data(), 1, text.size(), file); }

}  // namespace

void Output::write(std::string_view text) {
  if (!text.empty() && std::fwrite(text.data(), 1, text.size(), sinks_.out) != text.size() && out_error_ == 0)
    out_error_ = errno;
}

void Output::flush() {
  if (std::fflush(sinks_.out) != 0 && out_error_ == 0) out_error_ = errno;
}

bool Output::finish() {
  flush();
  if (!is_broken()) return true;
  note(bad("error: ") + "cannot write to standard output: " + std::system_category().message(out_error_));
  return false;
}

void Output::line(std::string_view text) {
  if (!json_) write(std::string(text) + "\n");
}

void Output::row(std::string_view label, std::string_view value) {
  std::string left = std::string(label) + ":";
  left.append(kLabelWidth - std::min(kLabelWidth - 1, left.size()), ' ');
  line(left + std::string(value));
}

void Output::note(std::string_view text) { put(sinks_.err, std::string(text) + "\n"); }

void Output::document(const json::Value& value) {
  if (json_) write(json::pretty(value));
}

void Output::live(std::string_view text) {
  if (json_) return;
  write(text);
  flush();
}

void Output::raw(std::string_view text) {
  write(text);
  flush();
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
