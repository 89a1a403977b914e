#include <array>

#include "base/limits.hpp"
#include "config/schema.hpp"

namespace gw::config {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMonthSeconds = 2'592'000;
constexpr std::int64_t kSecretBytesMax = 20'971'520;
constexpr std::int64_t kSecretLimitMs = 120'000;
constexpr std::int64_t kTokensMax = 1'000'000'000;
constexpr std::string_view kLevels = "silent, fatal, error, warn, info, debug, trace";

constexpr Type whole(std::int64_t low, std::int64_t high, std::string_view unit = {}) {
  return {.kind = Kind::Integer, .low = low, .high = high, .form = unit};
}
constexpr Type choice(std::string_view choices) { return {.kind = Kind::Choice, .choices = choices}; }
constexpr Type text(std::string_view form = {}) { return {.kind = Kind::Text, .form = form}; }

constexpr Type kBool{.kind = Kind::Bool};
constexpr Type kSecret{.kind = Kind::Secret};
constexpr Type kAnyText{.kind = Kind::AnyText};
constexpr Type kTexts{.kind = Kind::TextList};
constexpr Type kAnyTexts{.kind = Kind::AnyTextList};
constexpr Type kObjects{.kind = Kind::List};
constexpr Type kTextOrObject{.kind = Kind::TextOrObject};

constexpr auto kKeys = std::to_array<Key>({
    {"gateway.mode", choice("local, remote"), Nothing{}, "`gateway run` wants `local`"},
    {"gateway.port", whole(1, 65'535), 18'789,
     "where it listens. `--port` and `OPENCLAW_GATEWAY_PORT` win; the profile `dev` has 19001"},
    {"gateway.bind", choice("loopback, lan, auto, tailnet, custom"), "loopback",
     "where it listens, below. `--bind` wins"},
    {"gateway.customBindHost", text("IPv4 address"), Nothing{}, "the address of `gateway.bind: \"custom\"`"},
    {"gateway.auth.mode", choice("none, token, password, trusted-proxy"), Follows{"by what is there, below"},
     "how clients prove themselves; `trusted-proxy` is refused in this release"},
    {"gateway.auth.token", kSecret, Nothing{}, "what clients show in token mode"},
    {"gateway.auth.password", kSecret, Nothing{}, "what clients show in password mode"},
    {"gateway.controlUi.allowedOrigins", kTexts, EmptyList{},
     "browser origins that may connect besides the gateway's own"},
    {"gateway.reload.mode", choice("hybrid, hot, restart, off"), "hybrid",
     "what a changed file does to a running gateway, [below](#changes-while-the-gateway-runs); `restart` and "
     "`hot`, of 2026.5.6, mean `hybrid` and are warned about"},
    {"gateway.reload.debounceMs", whole(0, 60'000, "ms"), 300,
     "how long the files must be left alone before they are read again"},
    {"gateway.reload.deferralTimeoutMs", whole(0, 7 * kDayMs, "ms"), limits::kDeferralLimit.count(),
     "how long a restart waits for running work; 0: without limit"},
    {"gateway.tls.enabled", kBool, false, "`true` is refused: this release speaks no TLS"},
    {"commands.restart", kBool, true, "whether signals and chat commands may restart the gateway"},

    {"agents.defaults.model", kTextOrObject, Nothing{}, "a text is short for its `primary`"},
    {"agents.defaults.model.primary", text("`<provider>/<model>`"), "builtin/echo", "the model that answers"},
    {"agents.defaults.maxConcurrent", whole(1, 256), limits::kConcurrentRunsDefault,
     "agent runs at the same time, all sessions together"},
    {"agents.defaults.timeoutSeconds", whole(1, kMonthSeconds, "s"), limits::kRunTimeout.count() / 1000,
     "a run that takes longer is ended"},
    {"agents.list", kObjects, Nothing{}, "agents as 2026.5.6 writes them"},
    {"agents.list.*.id", text(), Required{}, "the agent's name; capital letters count as small ones"},
    {"agents.list.*.default", kBool, false,
     "the first one so marked is the default agent, else the first of the list, else `main`"},
    {"agents.entries.*.default", kBool, false,
     "as 2026.9.6 writes it: the one so marked is the default agent, else `main`, else the first"},

    {"models.providers.*.baseUrl", text("URL, `http` or `https`"), Required{}, "`${NAME}` is filled in"},
    {"models.providers.*.api", text(), "openai-completions",
     "how to speak to it; others are refused in this release"},
    {"models.providers.*.apiKey", kSecret, Nothing{}, "sent as a bearer token"},
    {"models.providers.*.headers.*", kSecret, Nothing{}, "sent with every request"},
    {"models.providers.*.timeoutSeconds", whole(1, kMonthSeconds, "s"), 120,
     "silence on the stream for this long ends a call"},
    {"models.providers.*.models", kObjects, EmptyList{}, "the models that are offered"},
    {"models.providers.*.models.*.id", text(), Required{}, "the provider's own name for the model"},
    {"models.providers.*.models.*.name", text(), Follows{"the id"}, "for people"},
    {"models.providers.*.models.*.reasoning", kBool, false, "whether the model thinks aloud"},
    {"models.providers.*.models.*.contextWindow", whole(0, kTokensMax, "tokens"), 0,
     "what a prompt may have; 0: unknown"},
    {"models.providers.*.models.*.maxTokens", whole(0, kTokensMax, "tokens"), 0,
     "what an answer may have; 0: unknown"},

    {"logging.level", choice(kLevels), "info",
     "of the file, and of the console when it has none of its own. `fatal` means `error`, `trace` means "
     "`debug`. `OPENCLAW_LOG_LEVEL` wins"},
    {"logging.consoleLevel", choice(kLevels), Follows{"`logging.level`"},
     "of the console. `OPENCLAW_LOG_LEVEL` wins"},
    {"logging.consoleStyle", choice("pretty, compact, json"), "pretty", "how lines look on the console"},
    {"logging.redactPatterns", kTexts, EmptyList{},
     "regular expressions of what is shown as `***`; at most 32 of 512 bytes"},
    {"logging.file", text("path"), Follows{"by date, above"}, "always this file"},
    {"logging.maxFileBytes", whole(1'024, 1'000'000'000'000, "bytes"), 104'857'600,
     "a file that would grow past it is renamed to `.1`, up to `.5`"},

    {"secrets.providers.*.source", choice("env, file, exec"), Required{}, "where its secrets are"},
    {"secrets.providers.*.allowlist", kTexts, Follows{"all"}, "`env`: variables that may be asked for"},
    {"secrets.providers.*.path", text("path"), Follows{"required for `file`"}, "absolute, or from `~`"},
    {"secrets.providers.*.mode", choice("json, singleValue"), "json", "`file`: what the file holds"},
    {"secrets.providers.*.timeoutMs", whole(1, kSecretLimitMs, "ms"), 5'000,
     "`file`, `exec`: how long it may take"},
    {"secrets.providers.*.maxBytes", whole(1, kSecretBytesMax, "bytes"), 1'048'576,
     "`file`: a larger one is not read"},
    {"secrets.providers.*.command", text("path"), Follows{"required for `exec`"},
     "absolute; no shell reads it"},
    {"secrets.providers.*.args", kAnyTexts, EmptyList{}, "`exec`: arguments of the program"},
    {"secrets.providers.*.noOutputTimeoutMs", whole(1, kSecretLimitMs, "ms"), Follows{"`timeoutMs`"},
     "`exec`: longest silence"},
    {"secrets.providers.*.maxOutputBytes", whole(1, kSecretBytesMax, "bytes"), 1'048'576,
     "`exec`: a program that writes more is ended"},
    {"secrets.providers.*.jsonOnly", kBool, true,
     "`exec`: `false` takes output that is not the answer below for the secret, when one id is asked for"},
    {"secrets.providers.*.env.*", kAnyText, Nothing{}, "`exec`: a variable for the program"},
    {"secrets.providers.*.passEnv", kTexts, EmptyList{},
     "`exec`: variables that it inherits; all others are kept from it"},
    {"secrets.providers.*.trustedDirs", kTexts, Follows{"anywhere"},
     "`exec`: directories that the program must be in, links followed"},
    {"secrets.providers.*.allowSymlinkCommand", kBool, false,
     "`exec`: whether the command may be a symbolic link"},
    {"secrets.defaults.env", text(), "default",
     "the provider of references with source `env` that name none"},
    {"secrets.defaults.file", text(), "default",
     "the provider of references with source `file` that name none"},
    {"secrets.defaults.exec", text(), "default",
     "the provider of references with source `exec` that name none"},

    {"env.vars.*", kAnyText, Nothing{}, "value of `${<name>}` when the process has no such variable"},
    {"env.*", kAnyText, Nothing{},
     "value of `${<name>}` when neither the process nor `env.vars` has such a variable"},

    {"native.restart.crashLoopStarts", whole(0, 100), 3,
     "after so many starts within 5 minutes that did not end well, interrupted runs are held back; 0: never"},
    {"native.restart.openPhaseMs", whole(0, kDayMs, "ms"), limits::kOpenPhase.count(),
     "a restart that waits lets new work begin for this long, then holds it for the successor"},
    {"native.restart.probationMs", whole(0, kDayMs, "ms"), limits::kProbation.count(),
     "a successor that crashes or hangs so soon after a restart gives back to its predecessor; 0: no "
     "probation"},
    {"native.echo.chunkDelayMs", whole(0, 60'000, "ms"), 20,
     "between two pieces of the built-in model `builtin/echo`"},
    {"native.echo.chunkChars", whole(1, 1'000'000, "characters"), 16,
     "in a piece of the built-in model `builtin/echo`"},
});

}  // namespace

std::span<const Key> schema() { return kKeys; }

}  // namespace gw::config
