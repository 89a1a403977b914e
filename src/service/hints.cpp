#include "service/hints.hpp"

#include <filesystem>
#include <unistd.h>

#include "base/text.hpp"
#include "platform/private_file.hpp"

namespace gw::service {

using platform::ServiceSystem;

namespace {

const Hint kForeground{"container-foreground", "run it in the foreground: openclaw gateway run"};

std::vector<Hint> without_manager(const Surroundings& here) {
  if (here.system == ServiceSystem::Launchd)
    return {{"generic", "launchctl is a part of macOS: put /bin on PATH"}, kForeground};
  if (here.system == ServiceSystem::TaskScheduler)
    return {{"generic", "schtasks is a part of Windows: put C:\\Windows\\System32 on PATH"}, kForeground};
  if (here.is_wsl) {
    return {{"wsl-systemd", "put these two lines into /etc/wsl.conf: [boot] and systemd=true"},
            {"wsl-systemd", "then, in Windows: wsl --shutdown"},
            {"wsl-systemd", "and check with: systemctl --user status"}};
  }
  if (here.is_container) return {kForeground};
  return {{"systemd-unavailable",
           "install and boot with systemd, or use your own supervisor with: openclaw gateway run"}};
}

std::vector<Hint> without_session(const Surroundings& here) {
  if (here.system == ServiceSystem::Launchd) {
    return {
        {"generic",
         "log in to the desktop of this Mac as the same user, and run the command there, without sudo"},
        {"generic", "for a Mac that nobody logs in to, write a LaunchDaemon that runs: openclaw gateway run"},
        kForeground};
  }
  return {{"systemd-headless", "sudo loginctl enable-linger $(whoami)"},
          {"systemd-headless", "export XDG_RUNTIME_DIR=/run/user/$(id -u)"},
          {"systemd-headless", "or for the whole system: sudo openclaw gateway install --system"}};
}

std::vector<Hint> without_permission(const Surroundings& here) {
  if (here.system == ServiceSystem::Launchd)
    return {{"generic", "run the command as the user who is logged in to the desktop, without sudo"}};
  if (here.system == ServiceSystem::TaskScheduler)
    return {{"generic", "run the command in a console that was opened as administrator"}};
  return {{"generic", "a system service is managed by root: run the command with sudo"}};
}

}  // namespace

Surroundings look_around() {
  std::error_code error;
  const std::string release = lower_ascii(platform::read_file_start("/proc/sys/kernel/osrelease"));
  return {.system = platform::host_service_system(),
          .is_wsl = release.find("microsoft") != std::string::npos,
          .is_container = std::filesystem::exists("/.dockerenv", error) ||
                          std::filesystem::exists("/run/.containerenv", error)};
}

std::vector<Hint> hints_for(const Problem& problem, const Surroundings& here) {
  if (!problem.next_step.empty()) return {{"generic", problem.next_step}};
  switch (problem.kind) {
    case Problem::Kind::NoManager:
      return without_manager(here);
    case Problem::Kind::NoUserBus:
      return without_session(here);
    case Problem::Kind::NoPermission:
      return without_permission(here);
    case Problem::Kind::NotInstalled:
      return {{"install", "openclaw gateway install"}, {"install", "openclaw gateway run"}};
    case Problem::Kind::NotOurs:
      return {{"generic", std::string("remove or rename it, or choose another name with ") +
                              name_variable(here.system)}};
    case Problem::Kind::Failed:
      return {{"generic", "openclaw gateway status --deep"}, {"generic", "openclaw doctor"}};
  }
  return {};
}

std::string systemctl_words(Scope scope, const std::string& words) {
  if (scope == Scope::User) return "systemctl --user " + words;
  return (::geteuid() == 0 ? "systemctl " : "sudo systemctl ") + words;
}

std::string way_into(std::filesystem::path dir) {
  std::error_code error;
  while (!std::filesystem::exists(dir, error) && dir.has_relative_path()) dir = dir.parent_path();
  if (::access(dir.c_str(), W_OK | X_OK) == 0) return {};
  return "make it yours: " + std::string(::geteuid() == 0 ? "" : "sudo ") + "chown " +
         std::to_string(::geteuid()) + " " + dir.string();
}

LoadedWords loaded_words(ServiceSystem system) {
  switch (system) {
    case ServiceSystem::Systemd:
      break;
    case ServiceSystem::Launchd:
      return {"loaded", "not loaded"};
    case ServiceSystem::TaskScheduler:
      return {"registered", "missing"};
  }
  return {"enabled", "disabled"};
}

std::string profile_words(const std::string& profile) {
  return profile.empty() ? "" : "--profile " + profile + " ";
}

}  // namespace gw::service
