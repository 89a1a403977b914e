#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "cli/failure.hpp"
#include "json/value.hpp"

namespace gw::cli {

/// Where a command writes. With `--json`, stdout carries one document and nothing else.
class Output {
 public:
  struct Sinks {
    std::FILE* out = stdout;
    std::FILE* err = stderr;
  };

  Output(Sinks sinks, bool is_json, bool is_coloured)
      : sinks_(sinks), json_(is_json), coloured_(is_coloured) {}

  bool is_json() const { return json_; }
  /// A line for people on stdout; nothing in JSON mode.
  void line(std::string_view text);
  /// `Label:  value`, aligned with its neighbours; nothing in JSON mode.
  void row(std::string_view label, std::string_view value);
  /// A line for people on stderr, in both modes.
  void note(std::string_view text);
  /// The document of JSON mode; nothing otherwise.
  void document(const json::Value& value);
  /// Text for people on stdout, visible at once; nothing in JSON mode.
  void live(std::string_view text);
  /// Any text on stdout in both modes, visible at once: for commands whose answer it is.
  void raw(std::string_view text);
  /// Whether everything for stdout reached it; what did not is told on stderr.
  bool finish();
  /// Whether stdout takes no more: a command without an end should end then.
  bool is_broken() const { return out_error_ != 0; }
  /// Reports why a command failed. Returns 1, the exit code.
  int problem(const Failure& failure);

  std::string bold(std::string_view text) const;
  std::string good(std::string_view text) const;
  std::string caution(std::string_view text) const;
  std::string bad(std::string_view text) const;

 private:
  void write(std::string_view text);
  void flush();
  std::string painted(std::string_view text, std::string_view code) const;

  Sinks sinks_;
  bool json_;
  bool coloured_;
  int out_error_ = 0;  // The first one, as errno has it.
};

}  // namespace gw::cli
