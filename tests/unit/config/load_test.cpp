#include "crypto/digest.hpp"
#include "unit/config/support.hpp"

namespace gw::config {
namespace {

Paths paths_in(const TemporaryDirectory& directory) {
  Paths paths;
  paths.state_dir = directory.path();
  paths.config_file = directory.path() / "openclaw.json";
  return paths;
}

TEST(LoadTest, TakesAMissingFileForAnEmptyOne) {
  const TemporaryDirectory directory;
  const auto loaded = load(paths_in(directory), environment_of({}));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(issues(*loaded), "");
  EXPECT_FALSE(loaded->config.file_exists);
  EXPECT_EQ(loaded->config.raw, "");
  EXPECT_EQ(json::serialize(loaded->config.source), "{}");
  EXPECT_EQ(loaded->config.port, 18789);
  EXPECT_EQ(loaded->config.bind_host, "127.0.0.1");
  EXPECT_EQ(loaded->config.auth_mode, AuthMode::Token);
  EXPECT_TRUE(loaded->config.token.empty());
  EXPECT_EQ(loaded->config.primary_model, "builtin/echo");
  EXPECT_EQ(loaded->config.default_agent, "main");
}

TEST(LoadTest, ReadsTheFileAndKeepsItsText) {
  const TemporaryDirectory directory;
  write_text(directory.path() / "openclaw.json", "{gateway: {port: 1234}} // mine\n");
  const auto loaded = load(paths_in(directory), environment_of({}));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(issues(*loaded), "");
  EXPECT_TRUE(loaded->config.file_exists);
  EXPECT_EQ(loaded->config.raw, "{gateway: {port: 1234}} // mine\n");
  EXPECT_EQ(json::serialize(loaded->config.source), R"({"gateway":{"port":1234}})");
  EXPECT_EQ(loaded->config.port, 1234);
}

TEST(LoadTest, FailsOnWhatCannotBeRead) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "openclaw.json");
  const auto loaded = load(paths_in(directory), environment_of({}));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::Unavailable);
}

TEST(LoadTest, FailsOnAFileThatIsTooLarge) {
  const TemporaryDirectory directory;
  write_text(directory.path() / "openclaw.json", "{}" + std::string(kConfigBytesMax, ' '));
  const auto loaded = load(paths_in(directory), environment_of({}));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::Unavailable);
}

TEST(LoadTest, ReportsASyntaxErrorWithItsPlace) {
  EXPECT_EQ(issues(check("{\n gateway: {\n")),
            ": line 3, column 1: the object that begins at line 2, column 11 is not closed with '}'\n");
  EXPECT_EQ(issues(check("[]")), ": the file must hold an object\n");
}

TEST(LoadTest, StillReadsTheEnvironmentAfterASyntaxError) {
  EXPECT_EQ(check("{", {{"OPENCLAW_GATEWAY_PORT", "4000"}}).config.port, 4000);
}

TEST(LoadTest, FillsInEveryKeyOfItsOwn) {
  const Loaded loaded = check(R"({
    gateway: { mode: "local", port: 4000, bind: "loopback", reload: { deferralTimeoutMs: 0 },
               controlUi: { allowedOrigins: ["https://a.example", " http://b:1 "] }, tls: { enabled: false } },
    commands: { restart: false },
    agents: { defaults: { maxConcurrent: 7, timeoutSeconds: 60, model: { primary: "lm/qwen" } },
              list: [{ id: "work" }, { id: "Home", default: true }] },
    logging: { level: "trace", file: "~/gw.log", maxFileBytes: 1e6, consoleLevel: "warn", consoleStyle: "json",
               redactPatterns: ["key-\\w+", "/X(\\d)/"] },
    native: { restart: { openPhaseMs: 100, probationMs: 70 }, echo: { chunkDelayMs: 0, chunkChars: 3 } },
  })");
  EXPECT_EQ(issues(loaded), "");
  const Config& config = loaded.config;
  EXPECT_TRUE(config.ignored.empty());
  EXPECT_EQ(config.mode, "local");
  EXPECT_EQ(config.port, 4000);
  EXPECT_EQ(config.deferral_limit, Millis{0});
  EXPECT_EQ(config.allowed_origins, (std::vector<std::string>{"https://a.example", "http://b:1"}));
  EXPECT_FALSE(config.allow_restart);
  EXPECT_EQ(config.concurrent_runs, 7);
  EXPECT_EQ(config.run_timeout, Millis{60'000});
  EXPECT_EQ(config.primary_model, "lm/qwen");
  EXPECT_EQ(config.default_agent, "home");
  EXPECT_EQ(config.log_level, LogLevel::Debug);
  EXPECT_EQ(config.log_console_level, LogLevel::Warn);
  EXPECT_EQ(config.log_console_style, LogStyle::Json);
  EXPECT_EQ(config.log_masks.applied_to("KEY-a X1 x1"), "*** X*** x1");
  EXPECT_EQ(config.log_file, "/home/ada/gw.log");
  EXPECT_EQ(config.log_file_bytes_max, 1'000'000);
  EXPECT_EQ(config.open_phase, Millis{100});
  EXPECT_EQ(config.probation, Millis{70});
  EXPECT_EQ(config.echo_delay, Millis{0});
  EXPECT_EQ(config.echo_chunk_chars, 3);
}

TEST(LoadTest, AcceptsAModelAsAText) {
  EXPECT_EQ(check("{agents: {defaults: {model: 'lm/a'}}}").config.primary_model, "lm/a");
}

TEST(LoadTest, RefusesTextsThatWouldEndAtANul) {
  EXPECT_EQ(issues(check("{logging: {file: '/a\\0b', redactPatterns: ['\\0']}, env: {A: '\\0'}}")),
            "logging.file: expected a text without the character NUL\n"
            "logging.redactPatterns: expected a text without the character NUL\n"
            "env.A: expected a text without the character NUL\n");
}

TEST(LoadTest, WantsTheKeysThatAnObjectMakesNoSenseWithout) {
  EXPECT_EQ(issues(check("{secrets: {providers: {vault: {}}}}")),
            "secrets.providers.vault.source: this key is required\n");
}

TEST(LoadTest, PicksTheDefaultAgent) {
  const auto agent = [](std::string text) { return check(std::move(text)).config.default_agent; };
  EXPECT_EQ(agent("{agents: {list: []}}"), "main");
  EXPECT_EQ(agent("{agents: {list: [{id: 'a'}, {id: 'b'}]}}"), "a");
  EXPECT_EQ(agent("{agents: {list: [{id: 'a'}, {id: 'b', default: true}, {id: 'c', default: true}]}}"), "b");
  EXPECT_EQ(agent("{agents: {entries: {a: {}, b: {default: true}}}}"), "b");
  EXPECT_EQ(agent("{agents: {entries: {a: {}, main: {}}}}"), "main");
  EXPECT_EQ(agent("{agents: {entries: {a: {}, b: {}}}}"), "a");
  EXPECT_EQ(issues(check("{agents: {list: [{name: 'x'}, 1]}}")),
            "agents.list.0.id: this key is required\nagents.list.1: expected an object\n");
}

TEST(LoadTest, MapsEveryLogLevelAndLetsTheEnvironmentWin) {
  EXPECT_EQ(check("{logging: {level: 'silent'}}").config.log_level, LogLevel::Silent);
  EXPECT_EQ(check("{logging: {level: 'fatal'}}").config.log_level, LogLevel::Error);
  EXPECT_EQ(check("{logging: {level: 'warn'}}").config.log_level, LogLevel::Warn);
  EXPECT_EQ(check("{logging: {level: 'warn'}}", {{"OPENCLAW_LOG_LEVEL", "DEBUG"}}).config.log_level,
            LogLevel::Debug);
  EXPECT_EQ(check("{logging: {level: 'warn'}}", {{"OPENCLAW_LOG_LEVEL", "loud"}}).config.log_level,
            LogLevel::Warn);
}

TEST(LoadTest, TheConsoleFollowsTheLevelUnlessItHasItsOwn) {
  const auto level = [](std::string text, std::map<std::string, std::string> environment = {}) {
    return check(std::move(text), std::move(environment)).config.log_console_level;
  };
  EXPECT_EQ(level("{logging: {level: 'warn'}}"), LogLevel::Warn);
  EXPECT_EQ(level("{logging: {level: 'warn', consoleLevel: 'silent'}}"), LogLevel::Silent);
  EXPECT_EQ(level("{logging: {consoleLevel: 'error'}}", {{"OPENCLAW_LOG_LEVEL", "debug"}}), LogLevel::Debug);
}

TEST(LoadTest, NamesThePatternThatCannotBeUsed) {
  EXPECT_EQ(issues(check("{logging: {redactPatterns: ['ok', '(?=x)']}}")),
            "logging.redactPatterns.1: not a pattern that can be searched for in bounded time: invalid perl "
            "operator: (?=\n");
  EXPECT_EQ(issues(check("{logging: {consoleStyle: 'fancy'}}")),
            "logging.consoleStyle: expected one of: pretty, compact, json\n");
}

TEST(LoadTest, TakesThePortFromTheEnvironmentFirst) {
  const auto port = [](const std::string& variable) {
    return check("{gateway: {port: 4000}}", {{"OPENCLAW_GATEWAY_PORT", variable}}).config.port;
  };
  EXPECT_EQ(port("5000"), 5000);
  EXPECT_EQ(port(" 5001 "), 5001);
  EXPECT_EQ(port("localhost:5002"), 5002);
  EXPECT_EQ(port("[::1]:5003"), 5003);
  for (const char* ignored :
       {"", "x", "0", "65536", "-1", ":5000", "a:", "a:b:5000", "[]:5000", "[::1]5000", "50 00"}) {
    EXPECT_EQ(port(ignored), 4000) << ignored;
  }
}

TEST(LoadTest, GivesTheDevProfileAPortOfItsOwn) {
  EXPECT_EQ(check("{}", {}, "dev").config.port, 19001);
  EXPECT_EQ(check("{}", {{"OPENCLAW_GATEWAY_PORT", "5000"}}, "dev").config.port, 5000);
  EXPECT_EQ(check("{}", {}, "work").config.port, 18789);
}

TEST(LoadTest, ListensWhereItIsTold) {
  EXPECT_EQ(check("{}").config.bind_host, "127.0.0.1");
  EXPECT_EQ(check("{gateway: {bind: 'lan'}}").config.bind_host, "0.0.0.0");
  EXPECT_EQ(check("{gateway: {bind: 'auto'}}").config.bind_host, "127.0.0.1");
  const Config custom = check("{gateway: {bind: 'custom', customBindHost: ' 192.168.1.10 '}}").config;
  EXPECT_EQ(custom.bind_host, "192.168.1.10");
  EXPECT_EQ(check("{gateway: {customBindHost: '192.168.1.10'}}").config.bind_host, "127.0.0.1");
  EXPECT_EQ(issues(check("{gateway: {bind: 'custom'}}")),
            "gateway.bind: custom needs gateway.customBindHost\n");
  for (const std::string host : {"example.com", "1.2.3", "::1", "300.1.1.1"}) {
    EXPECT_EQ(issues(check("{gateway: {bind: 'custom', customBindHost: '" + host + "'}}")),
              "gateway.customBindHost: expected an IPv4 address like 192.168.1.10\n");
  }
  for (const std::string host : {"224.0.0.1", "255.255.255.255"}) {
    EXPECT_EQ(issues(check("{gateway: {bind: 'custom', customBindHost: '" + host + "'}}")),
              "gateway.customBindHost: nobody can connect to a multicast or broadcast address\n");
  }
  EXPECT_EQ(issues(check("{gateway: {bind: '127.0.0.1'}}")),
            "gateway.bind: expected one of: loopback, lan, auto, tailnet, custom\n");
}

TEST(LoadTest, RefusesToServeWithoutTheTlsThatWasAskedFor) {
  EXPECT_EQ(
      issues(check("{gateway: {tls: {enabled: true}}}")),
      "gateway.tls.enabled: TLS is not supported in this release: reach the gateway through an SSH tunnel\n");
}

TEST(ValidateTest, RefusesUnknownKeysWithTheirPath) {
  EXPECT_EQ(issues(check("{gatewy: 1, gateway: {prot: 1, auth: {tokn: 1}}, native: {x: 1, echo: {y: 1}}}")),
            "gatewy: Unrecognized key\n"
            "gateway.prot: Unrecognized key\n"
            "gateway.auth.tokn: Unrecognized key\n"
            "native.x: Unrecognized key\n"
            "native.echo.y: Unrecognized key\n");
  EXPECT_EQ(issues(check("{models: {providers: {lm: {baseUrl: 'http://x', models: [{id: 'a', ctx: 1}]}}}}")),
            "models.providers.lm.models.0.ctx: Unrecognized key\n");
  EXPECT_EQ(issues(check("{agents: {list: [{id: 'a', colour: 1}]}}")),
            "agents.list.0.colour: Unrecognized key\n");
}

TEST(ValidateTest, DoesNotTakeADottedNameForAPath) {
  EXPECT_EQ(
      issues(check("{'gateway.port': 1, gateway: {'auth.mode': 'none', '*': 1}}")),
      "gateway.port: Unrecognized key\ngateway.auth.mode: Unrecognized key\ngateway.*: Unrecognized key\n");
}

TEST(ValidateTest, NamesTheRightPlaceOfAMisplacedKey) {
  EXPECT_EQ(issues(check("{gateway: {token: 'x'}, port: 1}")),
            "gateway.token: Unrecognized key; did you mean gateway.auth.token?\n"
            "port: Unrecognized key; did you mean gateway.port?\n");
  EXPECT_EQ(issues(check("{models: {providers: {lm: {baseURL: 'x', baseUrl: 'http://x'}}}}")),
            "models.providers.lm.baseURL: Unrecognized key; did you mean models.providers.<id>.baseUrl?\n");
}

TEST(ValidateTest, ListsWhatItIgnoresByTheTopmostPath) {
  const Loaded loaded =
      check("{channels: {telegram: {botToken: 'x'}}, gateway: {http: {endpoints: {}}, port: 1}}");
  EXPECT_EQ(issues(loaded), "");
  EXPECT_EQ(loaded.config.ignored, (std::vector<std::string>{"channels", "gateway.http"}));
}

TEST(ValidateTest, SaysWhatItExpectedOfEveryKind) {
  EXPECT_EQ(issues(check(R"({
    gateway: { port: 0, mode: "x", controlUi: { allowedOrigins: [1] }, auth: 1 },
    commands: { restart: "yes" },
    agents: { defaults: { maxConcurrent: 1.5, model: 1 }, list: {} },
    models: { providers: { lm: { baseUrl: "http://x", apiKey: 1, models: {} } } },
    logging: { file: " " }, env: { A: 1 } })")),
            "gateway.port: expected a whole number from 1 to 65535\n"
            "gateway.mode: expected one of: local, remote\n"
            "gateway.controlUi.allowedOrigins: expected a list of texts\n"
            "gateway.auth: expected an object\n"
            "commands.restart: expected true or false\n"
            "agents.defaults.maxConcurrent: expected a whole number from 1 to 256\n"
            "agents.defaults.model: expected a text or an object\n"
            "agents.list: expected a list\n"
            "models.providers.lm.apiKey: expected a text or a secret reference {source, provider, id}\n"
            "models.providers.lm.models: expected a list\n"
            "logging.file: expected a text that is not blank\n"
            "env.A: expected a text\n");
}

TEST(ValidateTest, KeepsTheDefaultInPlaceOfAWrongValue) {
  const Config config =
      check("{gateway: {port: 70000}, logging: {level: 7}, agents: {defaults: {model: 1}}}").config;
  EXPECT_EQ(config.port, 18789);
  EXPECT_EQ(config.log_level, LogLevel::Info);
  EXPECT_EQ(config.primary_model, "builtin/echo");
}

// As the set-up assistants of the two releases write them.
TEST(LoadTest, ReadsTheConfigurationOf202656) {
  const Loaded loaded = check(R"({
    "meta": { "lastTouchedVersion": "2026.5.6", "lastTouchedAt": "2026-05-07T10:00:00.000Z" },
    "wizard": { "lastRunAt": "2026-05-07T10:00:00.000Z", "lastRunCommand": "onboard", "lastRunMode": "local" },
    "auth": { "profiles": { "lmstudio:default": { "provider": "lmstudio", "mode": "api_key" } } },
    "models": { "mode": "merge", "providers": { "lmstudio": {
      "baseUrl": "http://127.0.0.1:1234/v1", "apiKey": "LMSTUDIO", "api": "openai-completions",
      "models": [{ "id": "qwen3", "name": "Qwen 3", "reasoning": true, "input": ["text"], "contextWindow": 32768,
                   "maxTokens": 8192, "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 } }] } } },
    "agents": { "defaults": { "workspace": "/home/ada/.openclaw/workspace",
                              "model": { "primary": "lmstudio/qwen3" }, "models": { "lmstudio/qwen3": {} },
                              "maxConcurrent": 4, "subagents": { "maxConcurrent": 8 },
                              "compaction": { "mode": "safeguard" } } },
    "tools": { "profile": "coding" },
    "messages": { "ackReactionScope": "group-mentions" },
    "commands": { "native": "auto", "nativeSkills": "auto", "restart": true, "ownerDisplay": "raw" },
    "session": { "dmScope": "per-channel-peer" },
    "hooks": { "internal": { "enabled": true } },
    "gateway": { "port": 18789, "mode": "local", "bind": "loopback",
                 "auth": { "mode": "token", "token": "0123456789abcdef" },
                 "tailscale": { "mode": "off", "resetOnExit": false }, "reload": { "mode": "hybrid" },
                 "nodes": { "denyCommands": ["camera.snap"] } },
    "skills": { "install": { "nodeManager": "npm" } },
    "plugins": { "entries": { "lmstudio": { "enabled": true } } },
    "logging": { "level": "info", "consoleStyle": "compact", "redactSensitive": "tools" }
  })");
  EXPECT_EQ(issues(loaded), "");
  EXPECT_EQ(loaded.config.token.reveal(), "0123456789abcdef");
  EXPECT_EQ(loaded.config.primary_model, "lmstudio/qwen3");
  ASSERT_EQ(loaded.config.providers.size(), 1u);
  EXPECT_EQ(loaded.config.providers[0].models[0].context_window, 32768);
}

TEST(LoadTest, ReadsTheConfigurationOf202696) {
  const Loaded loaded = check(R"({
    "meta": { "lastTouchedVersion": "2026.9.6" },
    "wizard": { "lastRunAt": "2026-09-07T10:00:00.000Z", "lastRunVersion": "2026.9.6" },
    "agents": { "defaults": { "workspace": "/home/ada/w", "utilityModel": "lm/small", "model": { "primary": "lm/a" } },
                "entries": { "main": { "name": "Main", "default": true, "identity": { "name": "Ada" } } } },
    "gateway": { "mode": "local", "auth": { "mode": "token", "token": "abc", "identityScopes": {} },
                 "tailscale": { "mode": "off", "preserveFunnel": true }, "roles": {}, "terminal": { "enabled": true },
                 "cliAgents": { "enabled": false }, "publicOrigin": "https://gw.example",
                 "controlUi": { "environment": { "label": "home" }, "allowedOrigins": [] },
                 "nodes": { "commands": { "deny": [] }, "pairing": { "autoApproveLocal": true } } },
    "models": { "mode": "merge" },
    "session": { "dmScope": "main" },
    "tools": { "profile": "full" },
    "telemetry": { "enabled": false },
    "plugins": { "entries": {} },
    "secrets": { "egressProxy": {} }
  })");
  EXPECT_EQ(issues(loaded), "");
  EXPECT_EQ(loaded.config.default_agent, "main");
}

TEST(HashTest, IsTheHexSha256OfTheText) {
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of("{}"), crypto::hex(crypto::sha256("{}")));
}

}  // namespace
}  // namespace gw::config
