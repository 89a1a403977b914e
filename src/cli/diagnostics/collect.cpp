#include "cli/diagnostics/collect.hpp"

#include <algorithm>
#include <array>
#include <sys/utsname.h>

#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/connect_params.hpp"
#include "cli/diagnostics/scrub.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"
#include "platform/log_reader.hpp"
#include "platform/private_file.hpp"

namespace gw::cli::diagnostics {
namespace {

namespace fs = std::filesystem;

constexpr int kManifestVersion = 1;
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kStateDirName = "$OPENCLAW_STATE_DIR";

/// What the gateway answered, or why it did not.
struct Answer {
  json::Value payload;
  std::string error;
};

Answer ask(const Context& cli, const Wanted& wanted, const char* method) {
  if (wanted.no_target) return {nullptr, wanted.no_target->message};
  auto payload = call_once(cli, wanted.target, {.method = method}, platform::now() + wanted.timeout);
  if (payload) return {*std::move(payload), {}};
  const Failure& failure = payload.error();
  return {nullptr, failure.reason.empty() ? failure.message : failure.message + ": " + failure.reason};
}

json::Object answer_json(const Answer& answer, const Scrubber& scrubber) {
  if (!answer.error.empty()) return {{"ok", false}, {"error", scrubber.text(answer.error)}};
  return {{"ok", true}, {"payload", scrubber.value(answer.payload)}};
}

/// Every text below members that `redacted` hides.
void hide_differences(const json::Value& open, const json::Value& hidden, Scrubber& scrubber) {
  if (const json::Object* object = open.if_object()) {
    for (const auto& member : *object) {
      const json::Value* other = hidden.is_object() ? hidden.get_object().if_contains(member.key()) : nullptr;
      if (other) hide_differences(member.value(), *other, scrubber);
    }
  } else if (const json::Array* array = open.if_array()) {
    if (!hidden.is_array()) return;
    const json::Array& others = hidden.get_array();
    for (std::size_t i = 0; i < std::min(array->size(), others.size()); ++i)
      hide_differences((*array)[i], others[i], scrubber);
  } else if (const json::String* text = open.if_string(); text && open != hidden) {
    scrubber.hide(Secret(std::string(json::view(*text))));
  }
}

/// The values of `NAME=value` lines.
void hide_variables(const fs::path& file, Scrubber& scrubber) {
  const std::string text = platform::read_small_file(file).value_or("");
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) continue;
    std::string_view value = trimmed(line.substr(equals + 1));
    if (value.size() > 1 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    scrubber.hide(Secret(std::string(value)));
  }
}

Scrubber make_scrubber(const Context& cli, const config::Config& config) {
  Scrubber scrubber;
  for (const Secret* secret : {&config.token, &config.password}) scrubber.hide(*secret);
  for (const config::ProviderEntry& provider : config.providers) {
    scrubber.hide(provider.api_key);
    for (const auto& [name, value] : provider.headers) scrubber.hide(value);
  }
  for (const char* name : {"OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD"})
    scrubber.hide(Secret(cli.environment(name).value_or("")));
  const std::string run_token = platform::read_small_file(cli.paths.state_dir / "run-token").value_or("");
  scrubber.hide(Secret(std::string(trimmed(run_token))));
  hide_variables(cli.paths.state_dir / ".env", scrubber);
  hide_variables(cli.paths.state_dir / "gateway.systemd.env", scrubber);
  hide_differences(config.source, config::redacted(config.source), scrubber);
  scrubber.rename(cli.paths.state_dir.string(), std::string(kStateDirName));
  scrubber.rename(config::expand_home("~", cli.environment).string(), "~");
  return scrubber;
}

struct LogPart {
  std::string text;
  json::Object about;
};

LogPart log_part(const Context& cli, const fs::path& file, const Wanted& wanted, const Scrubber& scrubber) {
  platform::LogReader reader(cli.paths.log_dir(), file);
  const auto lines = reader.newest(wanted.log_lines, [](std::string_view) { return true; });
  LogPart part;
  part.about = {{"file", scrubber.text(reader.current().string())}, {"lines", 0}, {"linesLeftOut", 0}};
  if (!lines) {
    part.about["error"] = scrubber.text(lines.error().message);
    return part;
  }
  std::size_t bytes = 0;
  std::size_t first = lines->size();
  while (first > 0 && bytes + (*lines)[first - 1].size() < wanted.log_bytes)
    bytes += (*lines)[--first].size() + 1;
  std::int64_t kept = 0;
  for (std::size_t i = first; i < lines->size(); ++i) {
    const json::Value clean = scrubbed_log_line((*lines)[i], scrubber);
    if (clean.is_null()) continue;
    part.text += json::serialize(clean) + "\n";
    ++kept;
  }
  part.about["lines"] = kept;
  part.about["linesLeftOut"] = static_cast<std::int64_t>(lines->size()) - kept;
  return part;
}

json::Array findings_json(const Context& cli, const Scrubber& scrubber) {
  constexpr std::array<std::string_view, 3> kSeverities{"info", "warning", "error"};
  json::Array all;
  for (const doctor::Finding& finding : doctor::examine(doctor::gather(cli))) {
    all.push_back({{"code", finding.code},
                   {"severity", kSeverities[static_cast<std::size_t>(finding.severity)]},
                   {"message", scrubber.text(finding.message)},
                   {"path", scrubber.text(finding.path)}});
  }
  return all;
}

json::Object shape_json(const config::Config& config, const std::vector<config::Issue>& issues,
                        const std::string& error, const Scrubber& scrubber) {
  json::Array listed;
  for (const config::Issue& issue : issues) {
    listed.push_back({{"path", scrubber.text(issue.path)}, {"message", scrubber.text(issue.message)}});
  }
  if (!error.empty()) listed.push_back({{"path", ""}, {"message", scrubber.text(error)}});
  return {{"exists", config.file_exists},
          {"valid", listed.empty()},
          {"issues", std::move(listed)},
          {"shape", shape_of(config.source.is_object() ? config.source : json::Value(json::Object{}))}};
}

std::string summary(const json::Object& diagnostics, const Answer& status) {
  std::string text = "# OpenClaw gateway diagnostics\n\n";
  text += "- made at " + std::string(json::text_or(diagnostics, "generatedAt")) + " by openclaw " +
          std::string(kVersion) + "\n";
  text += status.error.empty() ? "- the gateway answered\n" : "- the gateway did not answer\n";
  const json::Array* findings = json::array_at(diagnostics, "findings");
  for (const json::Value& finding : findings ? *findings : json::Array{}) {
    const json::Object& one = finding.get_object();
    text += "- " + std::string(json::text_or(one, "severity")) + " " +
            std::string(json::text_or(one, "code")) + ": " + std::string(json::text_or(one, "message")) +
            "\n";
  }
  return text + "\nSecrets, and what people wrote, were left out. Look through it before you pass it on.\n";
}

json::Object manifest_of(const std::vector<ZipMember>& members, const std::vector<std::string_view>& types,
                         UnixMillis now) {
  utsname system{};
  ::uname(&system);
  const std::string machine = system.machine;
  json::Array contents;
  for (std::size_t i = 0; i < members.size(); ++i) {
    contents.push_back(
        {{"path", members[i].name}, {"mediaType", types[i]}, {"bytes", members[i].text.size()}});
  }
  return {{"version", kManifestVersion},
          {"generatedAt", iso8601(now)},
          {"openclawVersion", kVersion},
          {"platform", lower_ascii(system.sysname)},
          {"arch", machine == "x86_64"    ? "x64"
                   : machine == "aarch64" ? "arm64"
                                          : machine},
          {"node", nullptr},
          {"stateDir", kStateDirName},
          {"contents", std::move(contents)},
          {"privacy",
           {{"payloadFree", true},
            {"rawLogsIncluded", false},
            {"notes",
             {"Secrets of the configuration and of the environment files are hidden wherever they stand.",
              "Messages, session keys and titles are left out; paths in the home directory are shortened.",
              "Log lines keep time, level, subsystem, message, numbers and a few harmless fields."}}}}};
}

}  // namespace

Collection collect(const Context& cli, const Wanted& wanted, UnixMillis now) {
  const auto loaded = config::load(cli.paths, cli.environment);
  const config::Config config = loaded ? loaded->config : config::defaults();
  const Scrubber scrubber = make_scrubber(cli, config);
  const Answer status = ask(cli, wanted, "status");
  const Answer health = ask(cli, wanted, "health");
  const LogPart log = log_part(cli, config.log_file, wanted, scrubber);
  const json::Object diagnostics{{"generatedAt", iso8601(now)},
                                 {"version", kVersion},
                                 {"profile", scrubber.text(cli.paths.profile)},
                                 {"findings", findings_json(cli, scrubber)},
                                 {"log", log.about}};
  std::vector<ZipMember> members;
  std::vector<std::string_view> types;
  const auto add = [&](std::string name, std::string_view type, std::string text) {
    members.push_back({std::move(name), std::move(text)});
    types.push_back(type);
  };
  add("diagnostics.json", kJson, json::pretty(diagnostics));
  add("config/shape.json", kJson,
      json::pretty(shape_json(config, loaded ? loaded->issues : std::vector<config::Issue>{},
                              loaded ? std::string() : loaded.error().message, scrubber)));
  add("config/sanitized.json", kJson, json::pretty(scrubber.value(config::redacted(config.source))));
  add("logs/openclaw-sanitized.jsonl", "application/x-ndjson", log.text);
  add("status/gateway-status.json", kJson, json::pretty(answer_json(status, scrubber)));
  add("health/gateway-health.json", kJson, json::pretty(answer_json(health, scrubber)));
  add("summary.md", "text/markdown", summary(diagnostics, status));
  Collection collection{.manifest = manifest_of(members, types, now), .members = {}};
  collection.members.push_back({"manifest.json", json::pretty(collection.manifest)});
  std::ranges::move(members, std::back_inserter(collection.members));
  return collection;
}

}  // namespace gw::cli::diagnostics
