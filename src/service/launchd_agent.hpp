#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/definition.hpp"
#include "service/drift.hpp"

/// The three files of a LaunchAgent: the property list that launchd reads, the variables of the gateway, and
/// the script between the two. Pure. Every key and its reason stands in docs/service.md.
namespace gw::service {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// From SIGTERM to SIGKILL. The keeper needs at most 25 s, for two generations that ignore a stop.
inline constexpr int kLaunchdExitTimeoutS = 30;

/// `ai.openclaw.gateway`, `ai.openclaw.<profile>`, or what OPENCLAW_LAUNCHD_LABEL says.
std::string launchd_label(const std::string& profile, const std::optional<std::string>& override_label);

/// The script that lies beside the environment file of a label.
std::filesystem::path wrapper_file(const std::filesystem::path& environment_file, std::string_view label);

/// `Code::InvalidRequest` when a path cannot stand in XML.
Result<std::string> render_plist(const Definition& definition, std::string_view label);

/// `export NAME='value'` lines under a first line by which the script knows the file; `kept` follows what the
/// definition says. `Code::InvalidRequest` for a line end in a value.
Result<std::string> render_environment(const Definition& definition, const Variables& kept);

std::string_view wrapper_script();

/// What the lines of an environment file set, in order; lines of another form are passed over.
Variables read_environment(std::string_view text);

/// Variables that somebody added to the file of an earlier installation: all that this program does not set
/// itself and that would not change which code runs.
Variables foreign_variables(const Variables& before, const Definition& definition);

/// A property list as `key` and printed value, nested keys as `Outer.Inner`; nothing when it is no XML
/// property list. Arrays are printed as words.
std::optional<Variables> plist_entries(std::string_view plist);

/// What a property list and its environment file say; nothing when the list cannot be read.
std::optional<Definition> read_agent(std::string_view plist, std::string_view environment);

/// How the files differ from those that would be written now. An empty `script`: there is none.
std::vector<DriftIssue> agent_drift(std::string_view plist, std::string_view environment,
                                    std::string_view script, const Definition& wanted,
                                    std::string_view label);

}  // namespace gw::service
