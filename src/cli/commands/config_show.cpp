#include "cli/commands/all.hpp"
#include "cli/context.hpp"
#include "config/edit.hpp"

namespace gw::cli {
namespace {

/// The value at a path; nullptr when there is none.
const json::Value* at_path(const json::Value& root, const std::vector<std::string>& names) {
  const json::Value* at = &root;
  for (const std::string& name : names) {
    if (const json::Object* object = at->if_object()) {
      at = object->if_contains(name);
    } else if (const json::Array* list = at->if_array();
               list && !name.empty() && name.size() < 10 &&
               name.find_first_not_of("0123456789") == std::string::npos) {
      at = list->if_contains(std::stoul(name));
    } else {
      at = nullptr;
    }
    if (!at) return nullptr;
  }
  return at;
}

int get(Context& cli, const Args& args) {
  const std::string& path = args.operands()[0];
  const auto names = config::parse_path(path);
  if (!names) return cli.out.problem(cli_failure(names.error().message));
  const auto loaded = config::load(cli.paths, cli.environment);
  if (!loaded) return cli.out.problem(cli_failure(loaded.error().message));
  const json::Value shown = config::redacted(loaded->config.source);
  const json::Value* value = at_path(shown, *names);
  if (!value) {
    return cli.out.problem(cli_failure(path + " is not set in " + cli.paths.config_file.string(),
                                       "openclaw config set " + path + " <value>"));
  }
  cli.out.document(*value);
  std::string text = value->is_string() ? std::string(json::view(value->get_string())) : json::pretty(*value);
  if (text.ends_with('\n')) text.pop_back();
  cli.out.line(text);
  return 0;
}

int file(Context& cli, const Args&) {
  const std::string path = cli.paths.config_file.string();
  cli.out.document(json::Object{{"path", path}});
  cli.out.line(path);
  return 0;
}

json::Array issues_json(const std::vector<config::Issue>& issues) {
  json::Array all;
  for (const config::Issue& issue : issues) all.push_back({{"path", issue.path}, {"message", issue.text()}});
  return all;
}

int validate(Context& cli, const Args&) {
  const auto loaded = config::load(cli.paths, cli.environment);
  if (!loaded) return cli.out.problem(cli_failure(loaded.error().message));
  const std::string path = cli.paths.config_file.string();
  const bool is_valid = loaded->issues.empty();
  json::Array ignored;
  for (const std::string& key : loaded->config.ignored) ignored.emplace_back(key);
  cli.out.document(json::Object{{"valid", is_valid},
                                {"path", path},
                                {"exists", loaded->config.file_exists},
                                {"issues", issues_json(loaded->issues)},
                                {"ignored", std::move(ignored)}});
  if (cli.out.is_json()) return is_valid ? 0 : 1;
  if (!is_valid) {
    cli.out.note(cli.out.bad("Invalid") + " configuration " + path + ":\n" + config::listed(loaded->issues));
    return 1;
  }
  cli.out.line(loaded->config.file_exists ? path + " is " + cli.out.good("valid") + "."
                                          : path + " does not exist; defaults are used.");
  for (const std::string& key : loaded->config.ignored)
    cli.out.line("  " + key + " has no effect in this release");
  return 0;
}

int schema(Context& cli, const Args&) {
  cli.out.raw(json::pretty(config::json_schema()));
  return 0;
}

std::vector<Option> only_json() { return {{"--json", "", "Print one JSON document"}}; }

}  // namespace

Command config_get_command() {
  return {.path = "config get",
          .summary = "Print one value of the configuration file, secrets hidden",
          .details = R"(
            The value is printed as the file has it, with `${NAME}` not filled in; a value that is a secret is
            shown as hidden. JSON: the value. Exit code 1 when it is not set.)",
          .operand = "<path>",
          .options = only_json(),
          .examples = {"openclaw config get gateway.mode --json"},
          .run = get};
}

Command config_file_command() {
  return {.path = "config file",
          .summary = "Print where the configuration file is",
          .details = R"(
            The file need not exist. JSON: `{path}`.)",
          .options = only_json(),
          .examples = {"openclaw config file"},
          .run = file};
}

Command config_validate_command() {
  return {.path = "config validate",
          .summary = "Check the configuration file; exit code 1 when it is invalid",
          .details = R"(
            Names the path of everything that is wrong, and OpenClaw's keys that have no effect here. A missing
            file is valid. JSON: `{valid,path,exists,issues[{path,message}],ignored[]}`.)",
          .options = only_json(),
          .examples = {"openclaw config validate", "openclaw config validate --json"},
          .run = validate};
}

Command config_schema_command() {
  return {.path = "config schema",
          .summary = "Print the JSON Schema of the configuration",
          .details = R"(
            For editors that complete and check `openclaw.json`. Always JSON, with or without `--json`.)",
          .options = only_json(),
          .examples = {"openclaw config schema"},
          .run = schema};
}

}  // namespace gw::cli
