#pragma once

#include <vector>

#include "ports/model_client.hpp"
#include "ports/work_store.hpp"

namespace gw::engine {

/// Transcript rows as a model reads them. Rows that carry nothing for it (a failed or aborted answer without
/// text) are left out, together with tool results whose call is not in the window and calls without a result.
std::vector<ModelMessage> prompt_of(const std::vector<Message>& transcript);

}  // namespace gw::engine
