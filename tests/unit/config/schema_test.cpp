#include "config/schema.hpp"

#include <functional>
#include <limits>

#include "config/secret_refs.hpp"
#include "json/json5_edit.hpp"
#include "unit/config/support.hpp"

namespace gw::config {
namespace {

using Reader = std::function<json::Value(const Loaded&)>;

bool is_refused(const Loaded& loaded, std::string_view path) {
  return std::ranges::any_of(loaded.issues, [&](const Issue& issue) { return issue.path == path; });
}

template <class Number>
json::Value number(Number value) {
  return static_cast<std::int64_t>(value);
}

json::Value name_of(ReloadMode mode) {
  return mode == ReloadMode::Hybrid ? "hybrid" : mode == ReloadMode::Hot ? "hot" : "another";
}

json::Value name_of(LogLevel level) {
  return level == LogLevel::Info ? "info" : level == LogLevel::Silent ? "silent" : "another";
}

json::Value name_of(LogStyle style) {
  return style == LogStyle::Pretty ? "pretty" : style == LogStyle::Compact ? "compact" : "another";
}

json::Value provider_of(const Loaded& loaded, std::string_view source) {
  const json::Object& root = loaded.config.source.get_object();
  const auto reference = read_reference({{"source", source}, {"id", source == "file" ? "/a" : "A"}}, root);
  return reference ? json::Value(reference->provider) : json::Value(reference.error().message);
}

json::Value texts(const std::vector<std::string>& all) { return json::Array(all.begin(), all.end()); }

json::Value models(const Loaded& loaded) {
  json::Array all;
  for (const ModelEntry& model : loaded.config.providers.at(0).models) all.push_back({{"id", model.id}});
  return all;
}

const ModelEntry& model(const Loaded& loaded) { return loaded.config.providers.at(0).models.at(0); }

/// What became of each key of the table that has a default, written as in the file.
const std::map<std::string_view, Reader>& readers() {
  static const std::map<std::string_view, Reader> all{
      {"gateway.port", [](const Loaded& l) { return number(l.config.port); }},
      {"gateway.bind", [](const Loaded& l) { return json::Value(l.config.bind); }},
      {"gateway.controlUi.allowedOrigins", [](const Loaded& l) { return texts(l.config.allowed_origins); }},
      {"gateway.reload.mode", [](const Loaded& l) { return name_of(l.config.reload_mode); }},
      {"gateway.reload.debounceMs", [](const Loaded& l) { return number(l.config.reload_debounce.count()); }},
      {"gateway.reload.deferralTimeoutMs",
       [](const Loaded& l) { return number(l.config.deferral_limit.count()); }},
      {"gateway.tls.enabled",
       [](const Loaded& l) { return json::Value(is_refused(l, "gateway.tls.enabled")); }},
      {"commands.restart", [](const Loaded& l) { return json::Value(l.config.allow_restart); }},
      {"agents.defaults.model.primary", [](const Loaded& l) { return json::Value(l.config.primary_model); }},
      {"agents.defaults.maxConcurrent", [](const Loaded& l) { return number(l.config.concurrent_runs); }},
      {"agents.defaults.timeoutSeconds",
       [](const Loaded& l) { return number(l.config.run_timeout / std::chrono::seconds(1)); }},
      {"agents.list.*.default", [](const Loaded& l) { return json::Value(l.config.default_agent == "b"); }},
      {"agents.entries.*.default",
       [](const Loaded& l) { return json::Value(l.config.default_agent == "b"); }},
      {"models.providers.*.api", [](const Loaded& l) { return json::Value(l.config.providers.at(0).api); }},
      {"models.providers.*.timeoutSeconds",
       [](const Loaded& l) { return number(l.config.providers.at(0).timeout / std::chrono::seconds(1)); }},
      {"models.providers.*.models", models},
      {"models.providers.*.models.*.reasoning",
       [](const Loaded& l) { return json::Value(model(l).reasoning); }},
      {"models.providers.*.models.*.contextWindow",
       [](const Loaded& l) { return number(model(l).context_window); }},
      {"models.providers.*.models.*.maxTokens", [](const Loaded& l) { return number(model(l).max_tokens); }},
      {"logging.level", [](const Loaded& l) { return name_of(l.config.log_level); }},
      {"logging.consoleStyle", [](const Loaded& l) { return name_of(l.config.log_console_style); }},
      {"logging.redactPatterns",
       [](const Loaded& l) {
         return l.config.log_masks.empty() ? json::Array()
                                           : json::Array{l.config.log_masks.applied_to("x other")};
       }},
      {"logging.maxFileBytes", [](const Loaded& l) { return number(l.config.log_file_bytes_max); }},
      {"secrets.defaults.env", [](const Loaded& l) { return provider_of(l, "env"); }},
      {"secrets.defaults.file", [](const Loaded& l) { return provider_of(l, "file"); }},
      {"secrets.defaults.exec", [](const Loaded& l) { return provider_of(l, "exec"); }},
      {"native.restart.crashLoopStarts", [](const Loaded& l) { return number(l.config.crash_loop_starts); }},
      {"native.restart.openPhaseMs", [](const Loaded& l) { return number(l.config.open_phase.count()); }},
      {"native.restart.probationMs", [](const Loaded& l) { return number(l.config.probation.count()); }},
      {"native.echo.chunkDelayMs", [](const Loaded& l) { return number(l.config.echo_delay.count()); }},
      {"native.echo.chunkChars", [](const Loaded& l) { return number(l.config.echo_chunk_chars); }},
  };
  return all;
}

/// A right file around a key, in which the key itself is missing.
std::string file_around(std::string_view path) {
  if (path.starts_with("agents.list.")) return "{agents: {list: [{id: 'a'}, {id: 'b'}]}}";
  if (path.starts_with("agents.entries.")) return "{agents: {entries: {a: {}, b: {}}}}";
  if (path.starts_with("models.providers.*.models.*."))
    return "{models: {providers: {b: {baseUrl: 'http://x', models: [{id: 'm'}]}}}}";
  if (path.starts_with("models.")) return "{models: {providers: {b: {baseUrl: 'http://x'}}}}";
  if (path.starts_with("secrets.defaults.")) {
    const std::string source(path.substr(path.rfind('.') + 1));
    return "{secrets: {providers: {default: {source: '" + source + "', path: '/x', command: '/x'}}}}";
  }
  return "{}";
}

/// The way to the key in `file_around`.
std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    std::string name(path.substr(0, dot));
    if (name == "*") name = names.back() == "list" ? "1" : names.back() == "models" ? "0" : "b";
    names.push_back(std::move(name));
    path.remove_prefix(std::min(path.size(), dot + 1));
  }
  return names;
}

std::string with(const std::string& text, const Key& key, const json::Value& value) {
  const auto changed = json::with_value(text, names_of(key.path), value);
  EXPECT_TRUE(changed) << key.path;
  return changed.value_or("");
}

/// Another value of the same type.
json::Value other_than(const Key& key, const json::Value& value) {
  switch (key.type.kind) {
    case Kind::Bool:
      return !value.get_bool();
    case Kind::Integer:
      return value.get_int64() + 1;
    case Kind::Choice: {
      const std::string_view choices = key.type.choices;
      const std::string first(choices.substr(0, choices.find(", ")));
      const std::string second(
          choices.substr(first.size() + 2, choices.find(", ", first.size() + 2) - first.size() - 2));
      return json::Value(value == json::Value(first) ? second : first);
    }
    case Kind::List:
      return {{{"id", "other"}}};
    case Kind::TextList:
      return {"other"};
    default:
      return "other";
  }
}

/// The keys with a default that end in the `Config`; those of a provider of secrets are read by src/secrets
/// when it is asked.
std::vector<const Key*> keys_with_default() {
  std::vector<const Key*> keys;
  for (const Key& key : schema()) {
    if (!default_of(key).is_null() && !key.path.starts_with("secrets.providers.")) keys.push_back(&key);
  }
  return keys;
}

const Reader& reader_of(const Key& key) {
  static const Reader none = [](const Loaded&) { return json::Value("nobody looks at this key"); };
  const auto found = readers().find(key.path);
  return found == readers().end() ? none : found->second;
}

TEST(SchemaTest, AKeyThatIsNotThereIsItsDefault) {
  for (const Key* key : keys_with_default()) {
    EXPECT_EQ(reader_of(*key)(check(file_around(key->path))), default_of(*key)) << key->path;
  }
}

TEST(SchemaTest, AFileThatSetsEveryKeyToItsDefaultSaysNothingNew) {
  std::string all = "{}";
  std::vector<const Key*> in_all;
  for (const Key* key : keys_with_default()) {
    const Loaded loaded = check(with(file_around(key->path), *key, default_of(*key)));
    EXPECT_EQ(issues(loaded), "") << key->path;
    EXPECT_EQ(reader_of(*key)(loaded), default_of(*key)) << key->path;
    if (file_around(key->path) != "{}") continue;
    all = with(all, *key, default_of(*key));
    in_all.push_back(key);
  }
  const Loaded loaded = check(all);
  EXPECT_EQ(issues(loaded), "");
  EXPECT_GT(in_all.size(), 15u);
  for (const Key* key : in_all) EXPECT_EQ(reader_of(*key)(loaded), default_of(*key)) << key->path;
}

TEST(SchemaTest, AnotherValueOfEveryKeyMakesADifference) {
  for (const Key* key : keys_with_default()) {
    const Loaded loaded = check(with(file_around(key->path), *key, other_than(*key, default_of(*key))));
    EXPECT_NE(reader_of(*key)(loaded), default_of(*key)) << key->path;
  }
}

TEST(SchemaTest, EveryDefaultIsARightValue) {
  for (const Key& key : schema()) {
    const json::Value value = default_of(key);
    if (!value.is_null()) EXPECT_EQ(problem_of(key, value), std::nullopt) << key.path;
  }
}

TEST(SchemaTest, EveryKeyIsExplainedInOneLine) {
  for (const Key& key : schema()) {
    EXPECT_FALSE(key.meaning.empty()) << key.path;
    EXPECT_FALSE(key.meaning.contains('\n')) << key.path;
    EXPECT_FALSE(key.meaning.ends_with('.')) << key.path;
  }
}

TEST(SchemaTest, ShowsPathsAsPeopleWriteThem) {
  EXPECT_EQ(shown_path("gateway.auth.token"), "gateway.auth.token");
  EXPECT_EQ(shown_path("models.providers.*.models.*.id"), "models.providers.<id>.models[].id");
  EXPECT_EQ(shown_path("models.providers.*.headers.*"), "models.providers.<id>.headers.<name>");
  EXPECT_EQ(shown_path("env.*"), "env.<name>");
}

TEST(SchemaTest, ChecksBothEndsOfEveryRange) {
  for (const Key& key : schema()) {
    if (key.type.kind != Kind::Integer) continue;
    EXPECT_EQ(problem_of(key, key.type.low), std::nullopt) << key.path;
    EXPECT_EQ(problem_of(key, key.type.high), std::nullopt) << key.path;
    EXPECT_NE(problem_of(key, key.type.low - 1), std::nullopt) << key.path;
    EXPECT_NE(problem_of(key, key.type.high + 1), std::nullopt) << key.path;
    EXPECT_NE(problem_of(key, std::numeric_limits<double>::infinity()), std::nullopt) << key.path;
    EXPECT_NE(problem_of(key, "1"), std::nullopt) << key.path;
  }
}

}  // namespace
}  // namespace gw::config
