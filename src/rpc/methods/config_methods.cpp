#include <utility>

#include "json/read.hpp"
#include "rpc/methods/services.hpp"

namespace gw::rpc {
namespace {

json::Array included_paths(const config::Config& config) {
  json::Array paths;
  for (std::size_t i = 1; i < config.files.size(); ++i) paths.emplace_back(config.files[i].string());
  return paths;
}

void config_get(Services& services, Call call) {
  json::Reader reader(call.params);
  if (auto read = reader.finish(); !read)
    return call.respond.error(invalid_params("config.get", read.error()));
  const config::Config& config = services.config;
  const json::Value shown = config::redacted(config.source);
  call.respond.ok({{"path", services.paths.config_file.string()},
                   {"exists", config.file_exists},
                   {"raw", config.file_exists ? json::Value(json::pretty(shown)) : json::Value(nullptr)},
                   {"parsed", shown},
                   {"sourceConfig", shown},
                   {"resolved", shown},
                   {"valid", true},
                   {"runtimeConfig", shown},
                   {"config", shown},
                   {"hash", config::hash_of(config.raw)},
                   {"issues", json::Array{}},
                   {"warnings", json::Array{}},
                   {"legacyIssues", json::Array{}},
                   {"includedPaths", included_paths(config)}});
}

json::Object model_json(const ModelInfo& model) {
  json::Object object{{"id", model.id},
                      {"name", model.name},
                      {"provider", model.provider},
                      {"reasoning", model.reasoning},
                      {"input", json::Array{"text"}},
                      {"available", true}};
  if (model.context_window > 0) object["contextWindow"] = model.context_window;
  return object;
}

// Each view shows every configured model, with all details: only `provider` makes a difference.
void models_list(Services& services, Call call) {
  json::Reader reader(call.params);
  const std::optional<std::string> provider = reader.optional_text("provider");
  reader.ignore_rest();
  if (auto read = reader.finish(); !read)
    return call.respond.error(invalid_params("models.list", read.error()));
  json::Array models;
  bool is_default = true;
  for (const ModelInfo& model : services.models.models()) {
    json::Object entry = model_json(model);
    if (std::exchange(is_default, false)) entry["tags"] = json::Array{"default"};
    if (!provider || *provider == model.provider) models.push_back(std::move(entry));
  }
  call.respond.ok({{"models", std::move(models)}});
}

void agents_list(Services& services, Call call) {
  const std::string& agent = services.config.default_agent;
  const json::Object entry{
      {"id", agent},
      {"name", "Assistant"},
      {"identity", {{"name", "Assistant"}, {"avatar", "A"}}},
      {"model", {{"primary", services.engine.default_model()}, {"fallbacks", json::Array{}}}},
      {"agentRuntime", {{"id", "native"}, {"source", "default"}}}};
  call.respond.ok({{"defaultId", agent},
                   {"mainKey", "main"},
                   {"scope", "per-sender"},
                   {"ownership", "sole"},
                   {"selectionRequired", false},
                   {"agents", json::Array{entry}}});
}

void logs_tail(Services& services, Call call) {
  json::Reader reader(call.params);
  LogTail tail;
  tail.cursor = reader.optional_int("cursor", 0, INT64_MAX).value_or(-1);
  tail.limit = reader.optional_int("limit", 1, 5'000).value_or(500);
  tail.bytes_max = reader.optional_int("maxBytes", 1, 1'000'000).value_or(250'000);
  if (auto read = reader.finish(); !read)
    return call.respond.error(invalid_params("logs.tail", read.error()));
  auto lines = services.tail_log(tail);
  if (!lines) return call.respond.error(lines.error());
  call.respond.ok(*lines);
}

}  // namespace

void add_config_methods(MethodTable& table, Services& services) {
  table.add({.name = "config.get",
             .scope = Scope::Read,
             .help = "The configuration, with secrets hidden.",
             .handle = [&services](Call call) { config_get(services, std::move(call)); }});
  table.add({.name = "models.list",
             .scope = Scope::Read,
             .help = "The configured models, the default one first.",
             .handle = [&services](Call call) { models_list(services, std::move(call)); }});
  table.add({.name = "agents.list",
             .scope = Scope::Read,
             .help = "The agents of this gateway.",
             .handle = [&services](Call call) { agents_list(services, std::move(call)); }});
  table.add({.name = "logs.tail",
             .scope = Scope::Read,
             .help = "The end of the log file, or what came after a cursor.",
             .handle = [&services](Call call) { logs_tail(services, std::move(call)); }});
}

}  // namespace gw::rpc
