#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

/// What keeper and generation say to each other, one message a datagram on a SOCK_SEQPACKET pair: a JSON
/// object
/// `{"v":2,"type":"<name>",…}`. An unknown type is ignored, so that either side may be newer; a message of
/// another `v` is an error. docs/architecture.md draws the order.
namespace gw::keeper {

inline constexpr int kMessageVersion = 2;
inline constexpr std::size_t kMessageBytesMax = 8'192;  ///< Longer texts inside are cut by `encode`.

/// Both ways. Beside it go descriptors: a memory file with the list (protocol/handshakes.hpp), then the
/// sockets in the order of the list. A generation says it before Released; the keeper passes it on, unread,
/// after the next Take or Resume.
struct Handshakes {};

// Generation to keeper.
struct Ready {
  std::string boot_id;
  std::string version;
};  ///< Could serve now: store and configuration are good.
struct Failed {
  std::string reason;
  int exit_code = 1;
};  ///< Cannot start; exits next.
struct StartSuccessor {
  std::int64_t attempt = 0;  ///< Said again in the answer; 0: an older release does not count.
};
struct DropSuccessor {};
struct Released {};  ///< Accepts no more and has closed its writer.
struct Serving {};   ///< Accepts since now.
struct Healthy {};   ///< The answer to Probe: its control thread turns.
struct StatusLine {
  std::string text;
};
/// What its configuration says of the keeper's part. Said when it begins to serve, and again when that
/// changes.
struct Configured {
  std::int64_t attempt = 0;  ///< Said again in the answer, Adopted.
  std::uint16_t port = 0;
  std::string bind;              ///< loopback, lan, tailnet, auto, custom.
  std::string custom_bind_host;  ///< Of `custom`.
  bool is_guarded = false;       ///< A client has to know a secret that the operator chose.
  Millis probation{0};
  LogLevel log_level = LogLevel::Info;
  LogLevel log_console_level = LogLevel::Info;
  std::optional<LogStyle> log_console_style;
  std::string log_file;  ///< Empty: where it is when nobody says so; also when it is too long to be said.
  std::int64_t log_file_bytes_max = 0;
};

struct Moved {};  ///< After Listening with `is_move`: accepts there, and has closed what it had before.

// Keeper to generation.
struct Take {
  std::int64_t released_at_ms = 0;
};  ///< Serve. When the predecessor stopped (Instant), 0: none did.
struct SuccessorReady {
  std::string version;
  std::int64_t attempt = 0;
};
struct SuccessorFailed {
  std::string reason;
  std::int64_t attempt = 0;
};
struct Resume {
  std::string reason;
};  ///< The successor failed after Released: serve again.
struct Retire {};  ///< The successor serves: exit.
struct Probe {};   ///< Are you well?
struct Stop {};
struct RestartSignal {
  std::string name;
};
struct Reload {};  ///< Read the configuration again.
/// Clients come to these sockets from now on; beside this go their descriptors, bound and listening. Said
/// before Take and Resume, and when they are others. Only the keeper and the generation that serves have it
/// open: what waits in the backlog of a socket that nobody accepts from is lost when it closes.
struct Listening {
  std::string host;  ///< Of the first.
  std::uint16_t port = 0;
  bool is_move = false;  ///< For whoever accepts already; one that has just stopped is not meant any more.
};
struct Adopted {
  std::int64_t attempt = 0;
  std::string problem;  ///< Why it listens where it did before; empty: all of Configured holds.
};

using Message = std::variant<Handshakes, Ready, Failed, StartSuccessor, DropSuccessor, Released, Serving,
                             Healthy, StatusLine, Configured, Moved, Take, SuccessorReady, SuccessorFailed,
                             Resume, Retire, Probe, Stop, RestartSignal, Reload, Listening, Adopted>;

std::string encode(const Message& message);

/// `Code::InvalidRequest` for text that is not such a message; `Code::NotFound` for an unknown type.
Result<Message> decode(std::string_view text);

}  // namespace gw::keeper
