#include "cli/commands/all.hpp"
#include "cli/config_change.hpp"
#include "cli/context.hpp"
#include "config/edit.hpp"

namespace gw::cli {
namespace {

int report(Context& cli, const std::string& path, const std::expected<bool, Failure>& changed,
           const std::string& what) {
  if (!changed) return cli.out.problem(changed.error());
  const std::string file = cli.paths.config_file.string();
  cli.out.document(json::Object{{"ok", true}, {"path", path}, {"changed", *changed}, {"file", file}});
  cli.out.line(*changed ? what + " " + path + " in " + file + "."
                        : path + " was so already; " + file + " is unchanged.");
  return 0;
}

int set(Context& cli, const Args& args) {
  const std::string& path = args.operands()[0];
  const std::string& given = args.operands()[1];
  const auto names = config::parse_path(path);
  if (!names) return cli.out.problem(cli_failure(names.error().message));
  json::Value value = config::typed_value(given);
  if (args.has("--strict-json")) {
    auto strict = json::parse(given);
    if (!strict) return cli.out.problem(cli_failure("the value is not JSON: " + strict.error().message));
    value = *std::move(strict);
  }
  return report(cli, path, set_config(cli, *names, value), "Set");
}

int unset(Context& cli, const Args& args) {
  const std::string& path = args.operands()[0];
  const auto names = config::parse_path(path);
  if (!names) return cli.out.problem(cli_failure(names.error().message));
  return report(cli, path, unset_config(cli, *names), "Removed");
}

}  // namespace

Command config_set_command() {
  return {.path = "config set",
          .summary = "Set one key of the configuration and leave the rest of the file as it is",
          .details = R"(
            The value is JSON5 where it is some (`8`, `true`, `{a:1}`), otherwise the text itself.

            Only that key changes; every other byte of the file stays: comments, order, quotes and `${NAME}`. A
            change that would add a fault to the file is refused and nothing is written; faults that were there
            before do not stand in the way.

            The file is replaced in one step, mode 0600; the last five versions stay as `openclaw.json.bak`,
            `.bak.1` to `.bak.4`. Two changes at once wait for each other, 5 s at most. A symbolic link is followed
            and stays. A file of another user is left alone, and with `OPENCLAW_NIX_MODE` or
            `OPENCLAW_CONFIG_READONLY` set nothing is written. A running gateway sees the change by itself.

            JSON: `{ok,path,changed,file}`.)",
          .operand = "<path> <value>",
          .options = {{"--strict-json", "", "The value must be JSON; otherwise what is no JSON5 is a text"},
                      {"--json", "", "Print one JSON document"}},
          .examples = {"openclaw config set logging.level debug",
                       "openclaw config set agents.defaults.maxConcurrent 2 --json"},
          .run = set};
}

Command config_unset_command() {
  return {.path = "config unset",
          .summary = "Remove one key of the configuration",
          .details = R"(
            Writes as `config set` does, and refuses for the same reasons. JSON: `{ok,path,changed,file}`.)",
          .operand = "<path>",
          .options = {{"--json", "", "Print one JSON document"}},
          .examples = {"openclaw config unset logging.level"},
          .run = unset};
}

}  // namespace gw::cli
