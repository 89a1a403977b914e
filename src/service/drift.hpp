#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/definition.hpp"
#include "service/unit_text.hpp"

namespace gw::service {

/// One way in which an installed unit differs from the one that would be written now.
struct DriftIssue {
  std::string code;       ///< `systemd-stop-timeout`; OpenClaw's audit codes where it has one.
  std::string message;    ///< Why it matters.
  std::string found;      ///< The line as it is, `TimeoutStopSec=30`; empty: there is none. Never a secret.
  std::string wanted;     ///< The line as it should be; empty: there should be none.
  bool is_grave = false;  ///< The service does not work as meant with it; the rest is advice.
  std::string remedy{};   ///< What to do about it; empty: a new installation mends it.
};

/// Compares the units (each its file and drop-ins parsed in order). Lines that only say more than ours are
/// fine.
std::vector<DriftIssue> drift(const std::vector<Directive>& found, const std::vector<Directive>& wanted);

/// `TimeoutStopSec=5 instead of TimeoutStopSec=330: `, or what there is of it.
std::string change_of(const DriftIssue& issue);

/// What the definitions of every manager have in common. `key` is put before what is shown, `ExecStart=`.
std::vector<DriftIssue> command_drift(const Definition& found, const Definition& wanted,
                                      std::string_view key);
/// Variables that look like secrets and stand where others can read them; `remedy` says where to.
std::vector<DriftIssue> secret_drift(const Definition& found, const std::string& remedy,
                                     std::string_view key);
std::vector<DriftIssue> variable_drift(const Definition& found, const Definition& wanted,
                                       std::string_view key);

}  // namespace gw::service
