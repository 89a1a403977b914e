#include "cli/doctor/checks.hpp"

/// What lies in the state directory.
namespace gw::cli::doctor {
namespace {

/// `0755`.
std::string octal(unsigned mode) {
  std::string text;
  for (int shift = 9; shift >= 0; shift -= 3) text += static_cast<char>('0' + ((mode >> shift) & 7U));
  return text;
}

Finding foreign(const Facts& facts, const std::string& code, const std::string& path, unsigned owner) {
  return {.code = code,
          .severity = Severity::Error,
          .message = "it belongs to another user (uid " + std::to_string(owner) + ")",
          .path = path,
          .fix = "run openclaw as that user, or: " + std::string(facts.user == 0 ? "" : "sudo ") +
                 "chown -R \"$(id -un)\" " + path};
}

}  // namespace

Findings check_state_dir(const Facts& facts) {
  const platform::FileState& dir = facts.state_dir;
  const std::string path = facts.paths.state_dir.string();
  Findings findings;
  if (dir.is_link) {
    findings.push_back({.code = dir.is_there ? "state-link" : "state-link-broken",
                        .severity = dir.is_there ? Severity::Info : Severity::Error,
                        .message = dir.is_there ? "the state directory is a symbolic link"
                                                : "the state directory is a symbolic link to nowhere",
                        .path = path,
                        .fix = dir.is_there ? "" : "remove the link or make what it leads to"});
  }
  if (!dir.is_there) return findings;
  if (!dir.is_directory) {
    findings.push_back({.code = "state-no-directory",
                        .severity = Severity::Error,
                        .message = "a file stands where the state directory should be",
                        .path = path,
                        .fix = "move it away, or set OPENCLAW_STATE_DIR"});
  } else if (dir.owner != facts.user) {
    findings.push_back(foreign(facts, "state-owner", path, dir.owner));
  } else if (!dir.is_writable || !dir.is_readable) {
    findings.push_back({.code = "state-not-writable",
                        .severity = Severity::Error,
                        .message = "the gateway cannot write there (mode " + octal(dir.mode) + ")",
                        .path = path,
                        .fix = "chmod 700 " + path});
  } else if (dir.is_open_to_others()) {
    findings.push_back(
        {.code = "state-mode",
         .severity = Severity::Warning,
         .message = "other users may look into the state directory (mode " + octal(dir.mode) + ")",
         .path = path,
         .fix = "chmod 700 " + path,
         .repair = Repair::MakePrivate});
  }
  return findings;
}

Findings check_secret_files(const Facts& facts) {
  Findings findings;
  for (const auto& [file, state] : facts.secret_files) {
    const std::string path = file.string();
    if (state.owner != facts.user) {
      findings.push_back(foreign(facts, "file-owner", path, state.owner));
    } else if (!state.is_readable) {
      findings.push_back({.code = "file-unreadable",
                          .severity = Severity::Error,
                          .message = "it cannot be read (mode " + octal(state.mode) + ")",
                          .path = path,
                          .fix = "chmod 600 " + path});
    } else if (state.is_open_to_others()) {
      findings.push_back({.code = "file-mode",
                          .severity = Severity::Warning,
                          .message = "other users may read it (mode " + octal(state.mode) + ")",
                          .path = path,
                          .fix = "chmod 600 " + path,
                          .repair = Repair::MakePrivate});
    }
  }
  return findings;
}

Findings check_stale_files(const Facts& facts) {
  Findings findings;
  if (facts.is_owner_alive) return findings;
  if (facts.lock_owner) {
    findings.push_back({.code = "lock-stale",
                        .severity = Severity::Warning,
                        .message = "it names the gateway process " +
                                   std::to_string(facts.lock_owner->process.pid) + ", which is gone",
                        .path = facts.paths.lock_file().string(),
                        .fix = "empty it",
                        .repair = Repair::ClearLock});
  }
  if (facts.has_run_token) {
    findings.push_back({.code = "run-token-stale",
                        .severity = Severity::Warning,
                        .message = "the token of a gateway that is gone",
                        .path = (facts.paths.state_dir / "run-token").string(),
                        .fix = "remove it",
                        .repair = Repair::RemoveFile});
  }
  return findings;
}

}  // namespace gw::cli::doctor
