#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// The text of systemd's unit files (systemd.syntax(7)): pure.
namespace gw::service {

struct Directive {
  std::string section;              ///< `Service`.
  std::string key;                  ///< `ExecStart`.
  std::string value;                ///< As written, continued lines joined.
  std::filesystem::path drop_in{};  ///< The file beside the unit that says so; empty: the unit itself.
};

/// Every directive in order. Never fails: what systemd would pass over is passed over, too.
std::vector<Directive> parse_unit(std::string_view text, const std::filesystem::path& drop_in = {});

/// The values of one key, in order; an empty value forgets those before it, as in systemd's lists.
std::vector<std::string> values_of(const std::vector<Directive>& unit, std::string_view section,
                                   std::string_view key);

/// The last value of one key; nothing when it is not there.
std::optional<std::string> value_of(const std::vector<Directive>& unit, std::string_view section,
                                    std::string_view key);

/// A span of time in seconds, as `5min 30s`, `330` and `infinity` are; nothing for other texts.
std::optional<double> seconds_of(std::string_view value);

/// The words of a value: quotes and backslashes resolved, `%%` to `%`.
std::vector<std::string> split_words(std::string_view value);

/// One word so that systemd reads exactly it: quoted where needed, `%` doubled. `Code::InvalidRequest` for a
/// line end or another control character, which no unit can hold.
Result<std::string> quoted_word(std::string_view word);

/// The same for a word of a command line, where `$` must be doubled, too.
Result<std::string> quoted_argument(std::string_view word);

}  // namespace gw::service
