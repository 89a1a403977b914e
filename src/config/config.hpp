#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "config/paths.hpp"
#include "config/secret_refs.hpp"
#include "json/value.hpp"
#include "mask/masks.hpp"

namespace gw::config {

inline constexpr std::size_t kConfigBytesMax =
    4'194'304;  ///< A larger openclaw.json is not read: somebody's accident.

enum class AuthMode { None, Token, Password };

std::string_view name_of(AuthMode mode);

/// What a changed file does to a gateway that runs: it is applied, or with `off` nothing. `hot` and `restart`
/// are OpenClaw 2026.5.6's; here they mean `hybrid`, with a warning.
enum class ReloadMode { Hybrid, Hot, Restart, Off };

struct ModelEntry {
  std::string id;
  std::string name;
  bool reasoning = false;
  std::int64_t context_window = 0;
  std::int64_t max_tokens = 0;
};

/// `models.providers.<id>`.
struct ProviderEntry {
  std::string id;
  std::string base_url;
  std::string api;  ///< `openai-completions`, also when absent. Others are refused with what is supported.
  Secret api_key;   ///< From `apiKey`, after `${NAME}` was filled in.
  std::vector<std::pair<std::string, Secret>> headers;
  Millis timeout{};  ///< `timeoutSeconds`: silence on the stream for this long ends a call.
  std::vector<ModelEntry> models;
};

/// Everything that a gateway reads from `openclaw.json` and the environment. The defaults are those of the
/// table of keys (schema.hpp); `load`, `check_text` and `defaults` fill them in.
struct Config {
  std::uint16_t port = 0;  ///< From the environment, else `gateway.port`.
  std::string bind;        ///< `gateway.bind`.
  std::string bind_host =
      "127.0.0.1";               ///< `bind_host_of` both; of `auto` and `tailnet` the keeper knows more.
  std::string custom_bind_host;  ///< `gateway.customBindHost`.
  std::string mode;              ///< `gateway.mode`: `local`, `remote` or empty.
  AuthMode auth_mode = AuthMode::Token;
  Secret token;
  Secret password;
  bool has_run_token = false;                   ///< `token` was made by the keeper, for this run alone.
  std::vector<std::string> allowed_origins;     ///< `gateway.controlUi.allowedOrigins`.
  bool allow_restart = false;                   ///< `commands.restart`.
  ReloadMode reload_mode = ReloadMode::Hybrid;  ///< `gateway.reload.mode`.
  Millis reload_debounce{};                     ///< `gateway.reload.debounceMs`.
  Millis deferral_limit{};                      ///< `gateway.reload.deferralTimeoutMs`; 0: none.
  Millis open_phase{};                          ///< `native.restart.openPhaseMs`.
  int crash_loop_starts = 0;                    ///< `native.restart.crashLoopStarts`; 0: no breaker.
  Millis probation{};                           ///< `native.restart.probationMs`; read by the keeper.
  int concurrent_runs = 0;                      ///< `agents.defaults.maxConcurrent`.
  Millis run_timeout{};                         ///< `agents.defaults.timeoutSeconds`.
  std::vector<ProviderEntry> providers;
  std::string primary_model;  ///< `agents.defaults.model.primary`.
  std::string default_agent = "main";
  Millis echo_delay{};  ///< `native.echo.chunkDelayMs`: between two pieces of the built-in model.
  std::int64_t echo_chunk_chars = 0;  ///< `native.echo.chunkChars`.
  LogLevel log_level = LogLevel::Info;
  LogLevel log_console_level = LogLevel::Info;
  LogStyle log_console_style = LogStyle::Pretty;
  mask::Masks log_masks;
  std::filesystem::path log_file;  ///< Empty: `<state>/logs/openclaw-<date>.log`.
  std::int64_t log_file_bytes_max = 0;

  bool file_exists = false;
  std::string raw;     ///< The file's text.
  json::Value source;  ///< The file's value, an object, includes followed; `{}` when there is no file.
  std::vector<std::filesystem::path> files;    ///< It and all that are included, also those that are missing.
  std::vector<std::string> environment_names;  ///< Variables that its texts refer to, sorted.
  std::vector<std::string> ignored;            ///< Paths of OpenClaw keys that this release does not act on.
};

/// Where `bind` listens, as far as that needs no look at this machine.
std::string bind_host_of(std::string_view bind, const std::string& custom_bind_host);

/// Whether only this machine reaches `host`, a dotted IPv4 address.
bool is_loopback(std::string_view host);

struct Issue {
  std::string path;  ///< Dotted, `gateway.auth.mode`; empty for the whole file.
  std::string message;
  std::string place = {};  ///< `line 3, column 7`, after the name of an included file; may be empty.

  /// The message and the place.
  std::string text() const { return place.empty() ? message : message + " (" + place + ")"; }
};

/// Texts to be taken in place of what is in these files, by their real paths: changes that are only tried.
using FileTexts = std::map<std::filesystem::path, std::string>;

/// A usable configuration when `issues` is empty. Otherwise everything that is wrong with it, and a
/// configuration in which each wrong value is its default: good enough to report with, never to serve with.
struct Loaded {
  Config config;
  std::vector<Issue> issues;
};

/// Reads and checks the file at `paths.config_file`; a missing file is an empty one. Environment variables
/// `OPENCLAW_GATEWAY_PORT`, `_TOKEN`, `_PASSWORD` are applied as docs/configuration.md says (the file wins
/// for secrets). A syntax error is one issue whose message holds line and column. `Code::Unavailable` when
/// the file cannot be read or is larger than `kConfigBytesMax`. Blocks for as long as the providers of
/// `access` take; one that gives no secret is an issue where the reference stands.
Result<Loaded> load(const Paths& paths, const Environment& environment, const SecretAccess& access = {});

/// The same checks on a text that is not in the file (yet): `config.set`, `config.apply`.
Loaded check_text(std::string raw, const Paths& paths, const Environment& environment,
                  const SecretAccess& access = {}, const FileTexts& instead = {});

/// What an empty file means where the environment says nothing.
Config defaults();

/// The secret at a path of the file, for one who may turn out not to need it: asked for only now. Empty when
/// none stands there, or a text that is not usable as one (a placeholder, an unset `${NAME}` within other
/// text). A reference that cannot be followed is an error that says why and never holds the value.
Result<Secret> secret_at(const Config& config, std::string_view path, const Environment& environment,
                         const SecretLookup& look_up);

/// Hexadecimal SHA-256 of the file's text, the `hash` of `config.get`; of the empty text when there is no
/// file.
std::string hash_of(std::string_view raw);

/// A copy with every secret shown as `__OPENCLAW_REDACTED__`.
json::Value redacted(const json::Value& source);

}  // namespace gw::config
