#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/definition.hpp"
#include "service/drift.hpp"

/// The two files of a Windows task: its definition in XML, and the script that it runs. Pure. Every element
/// and its reason stands in docs/service.md.
namespace gw::service {

/// `OpenClaw Gateway`, `OpenClaw Gateway (<profile>)`, or what OPENCLAW_WINDOWS_TASK_NAME says.
std::string task_name(const std::string& profile, const std::optional<std::string>& override_name);

/// A word of a command line as cmd.exe and then the program read it. `Code::InvalidRequest` for a line end or
/// another control character.
Result<std::string> cmd_word(std::string_view word);

/// `gateway.cmd`: lines end with CR LF. `Code::InvalidRequest` for what cannot stand in such a script.
Result<std::string> render_task_script(const Definition& definition);

/// What a script of ours says: its variables, directory and command.
Definition read_task_script(std::string_view script);

/// The script for the Startup folder, which runs `script` in a minimised window and goes.
Result<std::string> render_startup_script(std::string_view script);

struct TaskRequest {
  std::string name;
  std::string description;
  std::string user;  ///< `DOMAIN\name`: whose logon starts it, and who runs it.
  std::string script;
  std::string working_dir;
};

/// The definition in UTF-8; `utf16_file` makes a file of it. `Code::InvalidRequest` when something cannot
/// stand in XML.
Result<std::string> render_task(const TaskRequest& request);

/// UTF-16, little endian, after a byte order mark: the one encoding that schtasks takes. `text` is UTF-8.
std::string utf16_file(std::string_view text);

/// Text that schtasks wrote: UTF-16 as above, or as it is.
std::string from_utf16_file(std::string_view bytes);

/// Element paths below `Task`, `Settings/Enabled`, and their texts; nothing when it is no task.
std::optional<std::vector<std::pair<std::string, std::string>>> task_entries(std::string_view task);

/// How a registered task (in XML) and its script differ from those that would be made now.
std::vector<DriftIssue> task_drift(std::string_view task, std::string_view script, const Definition& wanted,
                                   const TaskRequest& request);

}  // namespace gw::service
