#pragma once

#include "rpc/methods/services.hpp"

namespace gw::rpc {

/// Whether a message is for the gateway itself instead of a model: `/restart`.
bool is_chat_command(std::string_view message);

/// Accepts the message like any other, so that a repeated one is not carried out again, carries it out and
/// answers in the session. `done` gets the admission once the answer is on record.
void run_chat_command(Services& services, const Call& call, NewJob job, Completion<Admission> done);

}  // namespace gw::rpc
