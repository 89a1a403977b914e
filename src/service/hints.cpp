#include "service/hints.hpp"

#include <filesystem>

#include "base/text.hpp"
#include "platform/private_file.hpp"

namespace gw::service {

Surroundings look_around() {
  std::error_code error;
  const std::string release = lower_ascii(platform::read_file_start("/proc/sys/kernel/osrelease"));
  return {.is_wsl = release.find("microsoft") != std::string::npos,
          .is_container = std::filesystem::exists("/.dockerenv", error) ||
                          std::filesystem::exists("/run/.containerenv", error)};
}

std::vector<Hint> hints_for(const Problem& problem, const Surroundings& here) {
  const Hint foreground{"container-foreground", "run it in the foreground: openclaw gateway run"};
  switch (problem.kind) {
    case Problem::Kind::NoManager:
      if (here.is_wsl) {
        return {{"wsl-systemd", "put these two lines into /etc/wsl.conf: [boot] and systemd=true"},
                {"wsl-systemd", "then, in Windows: wsl --shutdown"},
                {"wsl-systemd", "and check with: systemctl --user status"}};
      }
      if (here.is_container) return {foreground};
      return {{"systemd-unavailable",
               "install and boot with systemd, or use your own supervisor with: openclaw gateway run"}};
    case Problem::Kind::NoUserBus:
      return {{"systemd-headless", "sudo loginctl enable-linger $(whoami)"},
              {"systemd-headless", "export XDG_RUNTIME_DIR=/run/user/$(id -u)"},
              {"systemd-headless", "or for the whole system: sudo openclaw gateway install --system"}};
    case Problem::Kind::NoPermission:
      return {{"generic", "a system service is managed by root: run the command with sudo"}};
    case Problem::Kind::NotInstalled:
      return {{"install", "openclaw gateway install"}, {"install", "openclaw gateway run"}};
    case Problem::Kind::NotOurs:
      return {{"generic", "remove or rename that file, or choose another name with OPENCLAW_SYSTEMD_UNIT"}};
    case Problem::Kind::Failed:
      return {{"generic", "openclaw gateway status --deep"}, {"generic", "openclaw doctor"}};
  }
  return {};
}

std::string profile_words(const std::string& profile) {
  return profile.empty() ? "" : "--profile " + profile + " ";
}

}  // namespace gw::service
