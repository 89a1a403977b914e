#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "config/paths.hpp"

namespace gw::config {

/// The `NAME=value` lines of a file; a leading `export`, comments and quotes around a value are understood.
/// Empty when the file cannot be read, is larger than 64 KiB, or others than its owner may write it.
std::map<std::string, std::string> read_env_file(const std::filesystem::path& file);

/// `environment`, and for variables that it lacks or has empty the files `.env` and `gateway.systemd.env` of
/// the state directory, in this order: what a service gets from its manager, a command in a shell knows too.
/// Read once, now.
Environment with_env_files(const Environment& environment, const std::filesystem::path& state_dir);

}  // namespace gw::config
