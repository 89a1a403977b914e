#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "config/read.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"

namespace gw::config {
namespace {

constexpr std::string_view kAgent = "agents.defaults.model";

std::optional<std::int64_t> number_at(const Reading& reading, std::string_view path) {
  const json::Value* value = valid_value(reading.root, path);
  return value ? whole_number(*value) : std::nullopt;
}

std::optional<std::string> text_at(const Reading& reading, std::string_view path) {
  const json::Value* value = valid_value(reading.root, path);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(trimmed(json::view(value->get_string())));
}

bool is_default(const json::Object& agent) { return json::bool_or(agent, "default", false); }

// `agents.list` (5.6): the first one marked as default, else the first.
std::string default_of_list(Reading& reading, const json::Array& list) {
  std::string chosen;
  bool marked = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const json::Object* agent = list[i].if_object();
    if (!agent) continue;
    const json::Value* id = valid_member(*agent, "id", "agents.list.*.id");
    if (!id) {
      if (!agent->contains("id")) {
        reading.issues.push_back(
            {"agents.list." + std::to_string(i) + ".id", "expected a text that is not blank"});
      }
      continue;
    }
    const bool better = chosen.empty() || (is_default(*agent) && !marked);
    if (better) chosen = trimmed(json::view(id->get_string()));
    marked = marked || is_default(*agent);
  }
  return chosen;
}

// `agents.entries` (9.6): the first one marked as default, else `main` when it is there, else the first.
std::string default_of_entries(const json::Object& entries) {
  std::string first;
  for (const auto& entry : entries) {
    const std::string id(entry.key().data(), entry.key().size());
    if (const json::Object* agent = entry.value().if_object(); agent && is_default(*agent)) return id;
    if (first.empty()) first = id;
  }
  return entries.contains("main") ? "main" : first;
}

std::optional<LogLevel> log_level(std::string_view name) {
  if (name == "silent") return LogLevel::Silent;
  if (name == "fatal" || name == "error") return LogLevel::Error;
  if (name == "warn") return LogLevel::Warn;
  if (name == "info") return LogLevel::Info;
  if (name == "debug" || name == "trace") return LogLevel::Debug;
  return std::nullopt;
}

LogStyle log_style(std::string_view name) {
  if (name == "json") return LogStyle::Json;
  return name == "compact" ? LogStyle::Compact : LogStyle::Pretty;
}

void read_masks(Reading& reading) {
  const json::Value* patterns = valid_value(reading.root, "logging.redactPatterns");
  if (!patterns) return;
  int number = 0;
  for (const json::Value& pattern : patterns->get_array()) {
    const Status added = reading.config.log_masks.add(json::view(pattern.get_string()));
    const std::string path = "logging.redactPatterns." + std::to_string(number++);
    if (!added) reading.issues.push_back({path, added.error().message});
  }
}

}  // namespace

void read_agents(Reading& reading) {
  Config& config = reading.config;
  if (const auto runs = number_at(reading, "agents.defaults.maxConcurrent")) {
    config.concurrent_runs = static_cast<int>(*runs);
  }
  if (const auto seconds = number_at(reading, "agents.defaults.timeoutSeconds")) {
    config.run_timeout = Millis{*seconds * 1000};
  }
  if (auto model = text_at(reading, kAgent)) {
    config.primary_model = *std::move(model);
  } else if (auto primary = text_at(reading, "agents.defaults.model.primary")) {
    config.primary_model = *std::move(primary);
  }
  std::string agent;
  if (const json::Value* list = valid_value(reading.root, "agents.list")) {
    agent = default_of_list(reading, list->get_array());
  } else if (const json::Object* entries = object_at_path(reading.root, "agents.entries")) {
    agent = default_of_entries(*entries);
  }
  if (!agent.empty()) config.default_agent = lower_ascii(agent);
}

void read_logging(Reading& reading) {
  Config& config = reading.config;
  if (const auto level = text_at(reading, "logging.level")) config.log_level = *log_level(*level);
  config.log_console_level = config.log_level;
  if (const auto level = text_at(reading, "logging.consoleLevel"))
    config.log_console_level = *log_level(*level);
  if (const auto name = reading.environment("OPENCLAW_LOG_LEVEL")) {
    if (const auto level = log_level(lower_ascii(trimmed(*name))))
      config.log_level = config.log_console_level = *level;
  }
  if (const auto style = text_at(reading, "logging.consoleStyle"))
    config.log_console_style = log_style(*style);
  read_masks(reading);
  if (const auto file = text_at(reading, "logging.file"))
    config.log_file = expand_home(*file, reading.environment);
  if (const auto bytes = number_at(reading, "logging.maxFileBytes")) config.log_file_bytes_max = *bytes;
}

void read_native(Reading& reading) {
  Config& config = reading.config;
  if (const auto starts = number_at(reading, "native.restart.crashLoopStarts")) {
    config.crash_loop_starts = static_cast<int>(*starts);
  }
  if (const auto probation = number_at(reading, "native.restart.probationMs")) {
    config.probation = Millis{*probation};
  }
  if (const auto open = number_at(reading, "native.restart.openPhaseMs")) config.open_phase = Millis{*open};
  if (const auto delay = number_at(reading, "native.echo.chunkDelayMs")) config.echo_delay = Millis{*delay};
  if (const auto chars = number_at(reading, "native.echo.chunkChars")) config.echo_chunk_chars = *chars;
}

}  // namespace gw::config
