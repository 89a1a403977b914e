#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "rpc/methods/services.hpp"

namespace gw::rpc {

struct HistoryQuery {
  std::string session_key;  ///< As the client named it; answered unchanged.
  std::string full_key;
  std::size_t limit = 200;
  std::size_t text_units_max = 131'072;  ///< Longer texts are cut.
  std::size_t bytes_max = limits::kHistoryBytesMax;
};

/// Reads the parameters that `chat.history` and `chat.startup` share. `Code::InvalidRequest` with the
/// method's name.
Result<HistoryQuery> read_history_query(std::string_view method, const json::Value& params,
                                        const std::string& agent);

/// The answer of `chat.history`: the newest messages that fit, what waits, and the run under way.
json::Object history_json(const Services& services, const Client& client, const HistoryQuery& query,
                          const History& history);

}  // namespace gw::rpc
