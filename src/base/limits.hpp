#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

/// Every bound of the product that a client can meet, in one place: its value, its unit in the name, and why.
namespace gw::limits {

// The wire (docs/wire.md). The first four are announced in the hello and are OpenClaw's own values.
inline constexpr std::size_t kFrameBytesMax = 26'214'400;       ///< One message after the hello.
inline constexpr std::size_t kHandshakeFrameBytesMax = 65'536;  ///< One message before the hello.
inline constexpr std::size_t kUnsentBytesMax = 52'428'800;      ///< Waiting for one slow reader.
inline constexpr Millis kTickInterval{30'000};
inline constexpr Millis kHandshakeTimeout{15'000};
inline constexpr Millis kPingInterval{25'000};
inline constexpr Millis kHealthInterval{60'000};
inline constexpr Millis kCloseGrace{1'000};                  ///< From our close frame to a hard end.
inline constexpr std::size_t kHandshakesPerAddressMax = 32;  ///< Sockets before their hello.
inline constexpr std::size_t kConnectionsMax = 4'096;
inline constexpr std::size_t kRequestsInFlightMax = 256;  ///< Per connection.
inline constexpr std::size_t kHttpHeadBytesMax = 16'384;
inline constexpr std::size_t kJsonDepthMax = 64;

// Work (docs/database.md).
inline constexpr std::size_t kQueuedJobsMax = 10'000;  ///< Accepted and not yet begun, all sessions.
inline constexpr std::size_t kQueuedJobsPerSessionMax = 1'000;
inline constexpr int kConcurrentRunsDefault = 4;             ///< `agents.defaults.maxConcurrent`.
inline constexpr std::size_t kAnswerBytesMax = 4'194'304;    ///< Text of one model answer.
inline constexpr std::size_t kPromptMessagesMax = 200;       ///< Transcript rows sent to a model.
inline constexpr std::size_t kHistoryBytesMax = 6'291'456;   ///< One `chat.history` answer.
inline constexpr int kToolRoundsMax = 8;                     ///< Model calls in one run.
inline constexpr Millis kRunTimeout{48LL * 60 * 60 * 1000};  ///< `agents.defaults.timeoutSeconds`.
inline constexpr std::int64_t kJobRetentionMs = 7LL * 24 * 60 * 60 * 1000;

// Restart (docs/restart.md).
inline constexpr Millis kDeferralLimit{300'000};  ///< `gateway.reload.deferralTimeoutMs`.
inline constexpr Millis kProbation{
    10'000};  ///< A successor must serve for so long before its predecessor goes.
inline constexpr Millis kOpenPhase{15'000};               ///< New work still begins during a deferral.
inline constexpr Millis kRestartCooldown{30'000};         ///< Between two attempts of one generation.
inline constexpr Millis kSuccessorStartLimit{20'000};     ///< From spawn to ready.
inline constexpr std::size_t kHandedHandshakesMax = 252;  ///< As many descriptors as Linux passes at once.
inline constexpr std::size_t kHandedHandshakeBytesMax = 4'194'304;  ///< Of all of them; read within the gap.
inline constexpr std::size_t kRestartReasonUnitsMax = 200;          ///< UTF-16 units, as OpenClaw cuts them.
inline constexpr std::size_t kTaskBlockersMax = 8;                  ///< Named one by one in a preflight.

}  // namespace gw::limits
