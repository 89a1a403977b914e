#pragma once

#include "core/restart/estimate.hpp"
#include "engine/restart_driver.hpp"
#include "json/value.hpp"
#include "ports/restart_store.hpp"

/// What the restart methods answer is made of. docs/restart.md has the meaning of each key.
namespace gw::rpc {

json::Object to_json(const engine::Preflight& preflight);
json::Object to_json(const RestartRecord& record);
json::Object to_json(const restart::Estimate& estimate);

}  // namespace gw::rpc
