#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "json/value.hpp"

namespace gw::cli::diagnostics {

/// Takes out of texts and values what must not leave this machine.
class Scrubber {
 public:
  static constexpr std::string_view kHidden = "[redacted]";

  /// Is hidden wherever it stands. Texts of fewer than 4 characters are too common to be looked for.
  void hide(const Secret& secret);
  /// Is shown as `name` wherever it stands.
  void rename(std::string path, std::string name);

  /// Without the known secrets, values behind names of secrets (`token=…`), authorization headers,
  /// credentials in URLs, and words that look random.
  std::string text(std::string_view text) const;
  /// Every text of it scrubbed; members that hold what people wrote, or whom they talk to, are left out.
  json::Value value(const json::Value& value) const;

 private:
  std::vector<std::string> secrets_;
  std::vector<std::pair<std::string, std::string>> paths_;
};

/// A line of our log, or of OpenClaw's: time, level, subsystem and message, numbers, and short words under
/// names that never hold what people wrote. Null for a line that is no such record.
json::Value scrubbed_log_line(std::string_view line, const Scrubber& scrubber);

/// The types of a configuration in place of its values.
json::Value shape_of(const json::Value& value);

}  // namespace gw::cli::diagnostics
