#include <algorithm>
#include <array>
#include <utility>

#include "config/schema.hpp"

namespace gw::config {
namespace {

/// The keys of one object of OpenClaw 2026.5.6 and 2026.9.6 that we accept without acting on them, separated
/// by spaces.
struct Known {
  std::string_view parent;
  std::string_view names;
};

constexpr auto kKnown = std::to_array<Known>({
    {"",
     "$schema accessGroups acp agent approvals audio auth bindings bridge broadcast browser canvasHost "
     "channels cloud "
     "commitments crestodian cron diagnostics discovery hooks identity mcp media memory messages meta "
     "nodeHost plugins "
     "proxy routing session skills surfaces talk telemetry tools transcripts tts tui ui update web "
     "wizard "
     "worktrees"},
    {"gateway",
     "allowRealIpFallback channelHealthCheckMinutes channelMaxRestartsPerHour "
     "channelStaleEventThresholdMinutes "
     "cliAgents handshakeTimeoutMs http nodes portals publicOrigin push remote roles "
     "tailscale terminal "
     "tools trustedProxies webchat"},
    {"gateway.auth", "allowTailscale identityScopes rateLimit trustedProxy"},
    {"gateway.controlUi",
     "allowExternalEmbedUrls allowInsecureAuth automaticallyFetchFavicons basePath chatMessageMaxWidth "
     "communityInvite "
     "dangerouslyAllowHostHeaderOriginFallback dangerouslyDisableDeviceAuth embedSandbox enabled environment "
     "experimental github root sessionObserver"},
    {"gateway.tls", "autoGenerate caPath certPath keyPath"},
    {"commands",
     "allowFrom bash bashForegroundMs config debug mcp native nativeSkills ownerAllowFrom ownerDisplay "
     "ownerDisplaySecret plugins text useAccessGroups"},
    {"agents.defaults",
     "agentRuntime blockStreamingBreak blockStreamingChunk blockStreamingCoalesce blockStreamingDefault "
     "bootstrapMaxChars bootstrapPromptTruncationWarning bootstrapTotalMaxChars cliBackends compaction "
     "contextInjection "
     "contextLimits contextPruning contextTokens elevatedDefault embeddedHarness embeddedPi envelopeElapsed "
     "envelopeTimestamp envelopeTimezone experimental fastModeDefault heartbeat humanDelay "
     "imageGenerationModel "
     "imageMaxDimensionPx imageModel llm mediaGenerationAutoProviderFallback mediaMaxMb memorySearch models "
     "musicGenerationModel params pdfMaxBytesMb pdfMaxPages pdfModel promptOverlays reasoningDefault "
     "repoRoot "
     "runRetries sandbox silentReply silentReplyRewrite skills skipBootstrap skipOptionalBootstrapFiles "
     "startupContext "
     "subagents systemPromptOverride thinkingDefault timeFormat tools typingIntervalSeconds typingMode "
     "userTimezone "
     "utilityModel verboseDefault videoGenerationModel voiceModel workspace"},
    {"agents.defaults.model", "fallbacks timeoutMs"},
    {"models", "bedrockDiscovery mode pricing"},
    {"models.providers.*",
     "agentRuntime auth authHeader contextTokens contextWindow injectNumCtxForOpenAICompat localService "
     "maxTokens params "
     "region request"},
    {"models.providers.*.models.*",
     "agentRuntime api baseUrl compat contextTokens cost headers input mediaInput metadataSource params "
     "thinkingLevelMap"},
    {"logging", "redactSensitive"},
    {"secrets", "egressProxy resolution"},
    {"secrets.providers.*", "allowInsecurePath pluginIntegration"},
    {"env", "shellEnv"},
});

// One agent has the same keys in both of its places, `agents.list` (5.6) and `agents.entries` (9.6).
constexpr std::string_view kAgentNames =
    "agentDir agentRuntime bootstrapMaxChars bootstrapTotalMaxChars contextInjection contextLimits "
    "contextTokens "
    "description embeddedHarness embeddedPi experimental fastModeDefault groupChat heartbeat humanDelay "
    "identity "
    "memorySearch model models name params reasoningDefault runtime sandbox skills skillsLimits subagents "
    "systemPromptOverride thinkingDefault tools tts utilityModel verboseDefault workspace";

constexpr auto kRightPlaces = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"gateway.token", "gateway.auth.token"},
    {"gateway.password", "gateway.auth.password"},
    {"gateway.host", "gateway.bind"},
    {"gateway.address", "gateway.bind"},
    {"gateway.allowedOrigins", "gateway.controlUi.allowedOrigins"},
    {"gateway.deferralTimeoutMs", "gateway.reload.deferralTimeoutMs"},
    {"gateway.restart", "native.restart"},
    {"port", "gateway.port"},
    {"bind", "gateway.bind"},
    {"token", "gateway.auth.token"},
    {"password", "gateway.auth.password"},
    {"providers", "models.providers"},
    {"model", "agents.defaults.model.primary"},
    {"agents.model", "agents.defaults.model.primary"},
    {"agents.maxConcurrent", "agents.defaults.maxConcurrent"},
    {"logLevel", "logging.level"},
    {"models.providers.*.url", "models.providers.<id>.baseUrl"},
    {"models.providers.*.baseURL", "models.providers.<id>.baseUrl"},
    {"models.providers.*.key", "models.providers.<id>.apiKey"},
});

bool is_word_of(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t space = std::min(words.find(' '), words.size());
    if (words.substr(0, space) == word) return true;
    words.remove_prefix(std::min(words.size(), space + 1));
  }
  return false;
}

}  // namespace

bool is_openclaw_key(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const std::string_view parent = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
  const std::string_view name = dot == std::string_view::npos ? path : path.substr(dot + 1);
  if (parent == "agents.list.*" || parent == "agents.entries.*") return is_word_of(kAgentNames, name);
  const auto known = std::ranges::find(kKnown, parent, &Known::parent);
  return known != kKnown.end() && is_word_of(known->names, name);
}

std::string_view right_place_of(std::string_view path) {
  const auto found =
      std::ranges::find(kRightPlaces, path, &std::pair<std::string_view, std::string_view>::first);
  return found == kRightPlaces.end() ? std::string_view() : found->second;
}

}  // namespace gw::config
