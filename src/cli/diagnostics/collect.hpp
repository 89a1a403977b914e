#pragma once

#include <cstdint>
#include <vector>

#include "cli/context.hpp"
#include "cli/diagnostics/zip.hpp"
#include "cli/failure.hpp"
#include "cli/target.hpp"

namespace gw::cli::diagnostics {

struct Wanted {
  Target target;
  std::optional<Failure> no_target;  ///< Why there is no gateway to ask.
  Millis timeout{3'000};
  std::size_t log_lines = 5'000;
  std::size_t log_bytes = 1'000'000;
};

struct Collection {
  json::Object manifest;
  std::vector<ZipMember> members;  ///< The manifest first.
};

/// Everything that helps to understand a gateway from afar, and nothing that should not leave this machine.
/// What cannot be had is said in its place.
Collection collect(const Context& cli, const Wanted& wanted, UnixMillis now);

}  // namespace gw::cli::diagnostics
