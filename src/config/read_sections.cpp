#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "config/read.hpp"
#include "config/validate.hpp"

namespace gw::config {
namespace {

bool is_default(const json::Object& agent) { return json::bool_or(agent, "default", false); }

// `agents.list` (5.6): the first one marked as default, else the first.
std::string default_of_list(const json::Array& list) {
  std::string chosen;
  bool marked = false;
  for (const json::Value& item : list) {
    const json::Object* agent = item.if_object();
    if (!agent) continue;
    const std::string id = Values(*agent, "agents.list.*").text("id");
    if (id.empty()) continue;
    const bool better = chosen.empty() || (is_default(*agent) && !marked);
    if (better) chosen = id;
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
  int number = 0;
  for (const std::string& pattern : reading.values.texts("logging.redactPatterns")) {
    const Status added = reading.config.log_masks.add(pattern);
    const std::string path = "logging.redactPatterns." + std::to_string(number++);
    if (!added) reading.issues.push_back({path, added.error().message});
  }
}

}  // namespace

void read_agents(Reading& reading) {
  Config& config = reading.config;
  const Values& values = reading.values;
  config.concurrent_runs = static_cast<int>(values.number("agents.defaults.maxConcurrent"));
  config.run_timeout = Millis{values.number("agents.defaults.timeoutSeconds") * 1000};
  config.primary_model = values.text("agents.defaults.model");
  if (config.primary_model.empty()) config.primary_model = values.text("agents.defaults.model.primary");
  std::string agent;
  if (const json::Value* list = values.given("agents.list")) {
    agent = default_of_list(list->get_array());
  } else if (const json::Object* entries = object_at_path(reading.root, "agents.entries")) {
    agent = default_of_entries(*entries);
  }
  if (!agent.empty()) config.default_agent = lower_ascii(agent);
}

void read_logging(Reading& reading) {
  Config& config = reading.config;
  const Values& values = reading.values;
  config.log_level = *log_level(values.text("logging.level"));
  config.log_console_level = log_level(values.text("logging.consoleLevel")).value_or(config.log_level);
  if (const auto name = reading.environment("OPENCLAW_LOG_LEVEL")) {
    if (const auto level = log_level(lower_ascii(trimmed(*name))))
      config.log_level = config.log_console_level = *level;
  }
  config.log_console_style = log_style(values.text("logging.consoleStyle"));
  read_masks(reading);
  if (const std::string file = values.text("logging.file"); !file.empty())
    config.log_file = expand_home(file, reading.environment);
  config.log_file_bytes_max = values.number("logging.maxFileBytes");
}

void read_native(Reading& reading) {
  Config& config = reading.config;
  const Values& values = reading.values;
  config.crash_loop_starts = static_cast<int>(values.number("native.restart.crashLoopStarts"));
  config.probation = Millis{values.number("native.restart.probationMs")};
  config.open_phase = Millis{values.number("native.restart.openPhaseMs")};
  config.echo_delay = Millis{values.number("native.echo.chunkDelayMs")};
  config.echo_chunk_chars = values.number("native.echo.chunkChars");
}

}  // namespace gw::config
