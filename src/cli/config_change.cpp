#include "cli/config_change.hpp"

#include "config/edit.hpp"
#include "platform/file_edit.hpp"

namespace gw::cli {
namespace {

std::expected<bool, Failure> refuse(std::string message, std::string next_step = {}) {
  return std::unexpected(cli_failure(std::move(message), std::move(next_step)));
}

}  // namespace

bool is_on(const Context& cli, const char* name) {
  const std::string value = cli.environment(name).value_or("");
  return !value.empty() && value != "0" && value != "false";
}

std::expected<bool, Failure> change_config(const Context& cli, const TextChange& change) {
  for (const char* name : {"OPENCLAW_NIX_MODE", "OPENCLAW_CONFIG_READONLY"}) {
    if (is_on(cli, name)) {
      return refuse(std::string(name) + " is set: the configuration is managed elsewhere and is not written",
                    "change it where it comes from");
    }
  }
  auto edit = platform::FileEdit::begin(cli.paths.config_file, config::kConfigBytesMax);
  if (!edit) return refuse(edit.error().message);
  const std::string before = edit->text().value_or("");
  auto after = change(before);
  if (!after) return refuse(after.error().message);
  if (edit->text() && *after == before) return false;
  const auto issues = config::new_issues(config::check_text(before, cli.paths, cli.environment).issues,
                                         config::check_text(*after, cli.paths, cli.environment).issues);
  if (!issues.empty())
    return refuse("this would make the configuration invalid; nothing was written:\n" +
                  config::listed(issues));
  if (auto written = edit->replace(*after); !written) return refuse(written.error().message);
  return true;
}

}  // namespace gw::cli
