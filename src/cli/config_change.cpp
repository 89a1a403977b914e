#include "cli/config_change.hpp"

#include <algorithm>

#include "config/edit.hpp"
#include "config/includes.hpp"
#include "config/read_file.hpp"
#include "json/json5_edit.hpp"
#include "platform/clock.hpp"
#include "platform/file_edit.hpp"
#include "platform/private_file.hpp"

namespace gw::cli {
namespace {

constexpr std::size_t kGuardedBytesMin = 512;  ///< A smaller file may well lose half of itself.

std::unexpected<Failure> refuse(std::string message, std::string next_step = {}) {
  return std::unexpected(cli_failure(std::move(message), std::move(next_step)));
}

/// Why a change looks like an accident; empty when it does not.
std::string suspicion(const config::Loaded& before, const config::Loaded& after, std::size_t bytes_before,
                      std::size_t bytes_after) {
  if (!before.config.mode.empty() && after.config.mode.empty()) return "gateway.mode would be gone";
  if (bytes_before < kGuardedBytesMin || bytes_after * 2 >= bytes_before) return {};
  return "the file would shrink from " + std::to_string(bytes_before) + " to " + std::to_string(bytes_after) +
         " bytes";
}

std::unexpected<Failure> reject(const std::filesystem::path& file, const std::string& text,
                                const std::string& why) {
  std::string time = iso8601(platform::wall_now());
  std::ranges::replace_if(time, [](char c) { return c == ':' || c == '.'; }, '-');
  const std::filesystem::path kept = file.string() + ".rejected." + time;
  const auto written = platform::write_private_file(kept, text);
  Failure failure = cli_failure("CONFIG_WRITE_REJECTED: " + why + "; nothing was changed" +
                                    (written ? ", what would have been written is in " + kept.string() : ""),
                                "edit " + file.string() + " by hand if this is what you want");
  failure.code = "CONFIG_WRITE_REJECTED";
  return std::unexpected(std::move(failure));
}

}  // namespace

bool is_on(const Context& cli, const char* name) {
  const std::string value = cli.environment(name).value_or("");
  return !value.empty() && value != "0" && value != "false";
}

std::expected<bool, Failure> change_config(const Context& cli, const std::vector<std::string>& names,
                                           const KeyChange& change) {
  for (const char* name : {"OPENCLAW_NIX_MODE", "OPENCLAW_CONFIG_READONLY"}) {
    if (is_on(cli, name)) {
      return refuse(std::string(name) + " is set: the configuration is managed elsewhere and is not written",
                    "change it where it comes from");
    }
  }
  const auto main = config::read_whole_file(cli.paths.config_file, config::kConfigBytesMax);
  if (!main) return refuse(main.error().message);
  const auto place = config::place_to_edit(main->value_or("{}"), cli.paths, cli.environment, names);
  if (!place) return refuse(place.error().message);
  const bool is_main = place->file == cli.paths.config_file;
  auto edit =
      platform::FileEdit::begin(place->file, is_main ? config::kConfigBytesMax : config::kIncludedBytesMax);
  if (!edit) return refuse(edit.error().message);
  const std::string before = edit->text().value_or("");
  const auto after = change(before, place->names);
  if (!after) return refuse(after.error().message);
  if (edit->text() && *after == before) return false;

  const auto checked = [&](const std::string& text) {
    if (is_main) return config::check_text(text, cli.paths, cli.environment);
    return config::check_text(**main, cli.paths, cli.environment, {}, {{place->file, text}});
  };
  const config::Loaded was = checked(before);
  const config::Loaded will_be = checked(*after);
  const auto issues = config::new_issues(was.issues, will_be.issues);
  if (!issues.empty())
    return refuse("this would make the configuration invalid; nothing was written:\n" +
                  config::listed(issues));
  const std::string why = suspicion(was, will_be, before.size(), after->size());
  if (!why.empty()) return reject(place->file, *after, why);
  if (auto written = edit->replace(*after); !written) return refuse(written.error().message);
  return true;
}

std::expected<bool, Failure> set_config(const Context& cli, const std::vector<std::string>& names,
                                        const json::Value& value) {
  return change_config(cli, names, [&](const std::string& text, const std::vector<std::string>& path) {
    return json::with_value(text, path, value);
  });
}

std::expected<bool, Failure> unset_config(const Context& cli, const std::vector<std::string>& names) {
  return change_config(cli, names, [](const std::string& text, const std::vector<std::string>& path) {
    return json::without_value(text, path);
  });
}

}  // namespace gw::cli
