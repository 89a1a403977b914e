#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gw::cli::doctor {

enum class Severity {
  Info,     ///< Worth knowing; nothing is wrong.
  Warning,  ///< It works, but not as it should.
  Error,    ///< Something does not work with it.
};

/// What `--fix` does about a finding; `Finding::path` says to what.
enum class Repair {
  RestoreLastGood,  ///< The configuration file, from its last good copy.
  RemoveKey,        ///< Of the configuration.
  MoveKey,          ///< Of the configuration, to its right place.
  SetModeLocal,     ///< `gateway.mode`.
  SaveNewToken,     ///< `gateway.auth.token`.
  MakePrivate,      ///< A file or directory.
  ClearLock,        ///< That a gateway left which is gone.
  RemoveFile,
  ReinstallService,  ///< With the definition of this installation.
  StartService,
  EnableLinger,
};

struct Finding {
  std::string code;  ///< `config-missing`: stable, scripts may rely on it.
  Severity severity = Severity::Warning;
  std::string message;
  std::string path;              ///< The file, or the key of the configuration; may be empty.
  std::string fix;               ///< What `--fix` would do, or what to run; may be empty.
  std::optional<Repair> repair;  ///< None: `--fix` leaves it alone.
};

}  // namespace gw::cli::doctor
