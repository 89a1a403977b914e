#include "secrets/program_provider.hpp"

#include <algorithm>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "config/values.hpp"
#include "platform/captured_run.hpp"

namespace gw::secrets {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTable = "secrets.providers.*";  // What the table of keys calls a definition.
constexpr std::int64_t kProtocolVersion = 1;
constexpr std::size_t kReasonBytesMax = 200;

std::unexpected<Error> cannot(std::string why) { return fail(Code::Unavailable, std::move(why)); }

bool is_inside(const fs::path& file, const fs::path& dir) {
  const auto [end_of_dir, at] = std::ranges::mismatch(dir, file);
  return end_of_dir == dir.end() && at != file.end();
}

/// What may be run, links followed: the program that was checked is the one that is started.
Result<fs::path> checked_program(const config::Values& definition) {
  const fs::path named(definition.text("command"));
  const std::string name = "the command " + named.string();
  if (!named.is_absolute()) return cannot(name + " is not an absolute path");
  std::error_code error;
  if (fs::is_symlink(named, error) && !definition.flag("allowSymlinkCommand")) {
    return cannot(name + " is a symbolic link; name what it leads to, or set allowSymlinkCommand");
  }
  const fs::path program = fs::canonical(named, error);
  struct stat info{};
  if (error || ::stat(program.c_str(), &info) != 0) return cannot(name + " does not exist");
  if (!S_ISREG(info.st_mode) || ::access(program.c_str(), X_OK) != 0)
    return cannot(name + " is not a program");
  if (info.st_uid != ::geteuid() && info.st_uid != 0) return cannot(name + " belongs to another user");
  if ((info.st_mode & 022) != 0) return cannot(name + " can be changed by other users");
  const auto trusted = definition.texts("trustedDirs");
  const bool is_trusted = trusted.empty() || std::ranges::any_of(trusted, [&](const std::string& dir) {
                            std::error_code missing;
                            const fs::path real = fs::canonical(dir, missing);
                            return !missing && fs::path(dir).is_absolute() && is_inside(program, real);
                          });
  if (!is_trusted) return cannot(name + " is in none of the trustedDirs");
  return program;
}

std::vector<std::string> environment_of(const json::Object& definition,
                                        const config::Environment& environment) {
  std::vector<std::string> all;
  const json::Object* own = json::object_at(definition, "env");
  for (const std::string& name : config::Values(definition, kTable).texts("passEnv")) {
    if (own && own->contains(name)) continue;
    if (const auto value = environment(name)) all.push_back(name + "=" + *value);
  }
  if (!own) return all;
  for (const auto& [name, value] : *own) {
    if (value.is_string())
      all.push_back(std::string(name) + "=" + std::string(json::view(value.get_string())));
  }
  return all;
}

/// The program's own words, as one line that nothing can hide in.
std::string reason_in(const json::Value& error) {
  const json::Object* object = error.if_object();
  std::string text(cut_utf8(object ? json::text_or(*object, "message") : "", kReasonBytesMax));
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text.empty() ? "it reports an error" : "it reports: " + text;
}

Result<Secret> answer_for(const std::string& id, const json::Object& document) {
  if (const json::Object* errors = json::object_at(document, "errors")) {
    if (const json::Value* error = errors->if_contains(id)) return cannot(reason_in(*error));
  }
  const json::Object* values = json::object_at(document, "values");
  const json::Value* value = values ? values->if_contains(id) : nullptr;
  if (!value) return cannot("its answer has no value for that id");
  if (!value->is_string()) return cannot("its value for that id is no text");
  return Secret(std::string(json::view(value->get_string())));
}

/// The answer of the protocol; nothing when the output is something else.
std::optional<json::Object> document_in(const std::string& output) {
  const auto value = json::parse(output);
  if (!value || !value->is_object()) return std::nullopt;
  const json::Object& document = value->get_object();
  if (json::int_or(document, "protocolVersion", 0) != kProtocolVersion) return std::nullopt;
  return document;
}

Result<std::string> output_of(const config::SecretQuery& query, const config::Environment& environment) {
  const config::Values definition(query.definition, kTable);
  const auto program = checked_program(definition);
  if (!program) return std::unexpected(program.error());
  platform::CapturedCall call;
  call.program = program->string();
  call.arguments = definition.texts("args");
  call.environment = environment_of(query.definition, environment);
  call.input = json::serialize(json::Object{{"protocolVersion", kProtocolVersion},
                                            {"provider", query.provider},
                                            {"ids", json::Array(query.ids.begin(), query.ids.end())}});
  call.limit = Millis{definition.number("timeoutMs")};
  if (definition.given("noOutputTimeoutMs"))
    call.quiet_limit = Millis{definition.number("noOutputTimeoutMs")};
  call.output_bytes_max = static_cast<std::size_t>(definition.number("maxOutputBytes"));
  auto run = platform::run_captured(call);
  if (!run) return cannot("the command " + run.error().message);
  // What it wrote, on either stream, may hold secrets: only the number is told.
  if (run->exit_code != 0)
    return cannot("the command " + call.program + " ended with exit code " + std::to_string(run->exit_code));
  return std::move(run->out);
}

}  // namespace

config::SecretAnswers run_program_provider(const config::SecretQuery& query,
                                           const config::Environment& environment) {
  config::SecretAnswers answers;
  const auto output = output_of(query, environment);
  const auto document = output ? document_in(*output) : std::nullopt;
  const bool may_be_plain =
      !config::Values(query.definition, kTable).flag("jsonOnly") && query.ids.size() == 1;
  for (const std::string& id : query.ids) {
    if (!output) {
      answers.emplace(id, std::unexpected(output.error()));
    } else if (document) {
      answers.emplace(id, answer_for(id, *document));
    } else if (may_be_plain) {
      answers.emplace(id, Secret(*output));
    } else {
      answers.emplace(id, cannot("its output is not the JSON that protocol version 1 asks for"));
    }
  }
  return answers;
}

}  // namespace gw::secrets
