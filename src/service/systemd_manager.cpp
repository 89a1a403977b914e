#include "service/systemd_manager.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "platform/captured_run.hpp"
#include "platform/private_file.hpp"
#include "service/hints.hpp"
#include "service/systemd_unit.hpp"

namespace gw::service {
namespace {

namespace fs = std::filesystem;

constexpr Millis kQueryLimit{10'000};
constexpr Millis kStartLimit{60'000};  // TimeoutStartSec is half of it.
constexpr Millis kStopLimit{345'000};  // TimeoutStopSec and some.
constexpr std::string_view kProperties =
    "Id,LoadState,LoadError,ActiveState,SubState,UnitFileState,FragmentPath,DropInPaths,NeedDaemonReload,"
    "MainPID,"
    "ExecMainStatus,"
    "ExecMainCode,Result,NRestarts,StartLimitBurst,KillMode,TasksCurrent,MemoryCurrent,StatusText";
constexpr std::array<std::string_view, 4> kSystemUnitDirs{"/etc/systemd/system", "/run/systemd/system",
                                                          "/usr/lib/systemd/system", "/lib/systemd/system"};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;  // `[not set]`, `infinity` and 2^64-1 are none.
}

void put_load_state(State& state, std::string_view value) {
  state.is_installed = value == "loaded";
  if (state.is_installed || value.empty() || value == "not-found" || value == "stub") return;
  const bool is_masked = value == "masked";
  state.fault = DriftIssue{.code = is_masked ? "systemd-masked" : "systemd-unit-broken",
                           .message = is_masked ? "the unit is masked" : "systemd cannot use the unit",
                           .found = {},
                           .wanted = {},
                           .is_grave = true};
}

void put(State& state, std::string_view name, std::string_view value) {
  const auto as_int = [&] {
    return number(value).transform([](std::int64_t n) { return static_cast<int>(n); });
  };
  if (name == "ActiveState") state.active_state = value;
  if (name == "SubState") state.sub_state = value;
  if (name == "UnitFileState")
    state.is_enabled = value == "enabled" || value == "enabled-runtime" || value == "linked";
  if (name == "LoadState") put_load_state(state, value);
  if (name == "FragmentPath") state.file = value;
  if (name == "NeedDaemonReload") state.needs_reload = value == "yes";
  if (name == "Result") state.result = value;
  if (name == "KillMode") state.kill_mode = value;
  if (name == "StatusText") state.status_text = value;
  if (name == "NRestarts") state.restarts = number(value);
  if (name == "StartLimitBurst") state.start_limit_burst = number(value);
  if (name == "TasksCurrent") state.tasks = number(value);
  if (name == "MemoryCurrent") state.memory_bytes = number(value);
  if (name == "ExecMainStatus") state.last_exit_status = as_int();
  if (name == "ExecMainCode") state.last_exit_reason = as_int();
  if (name == "MainPID" && value != "0") state.pid = as_int();
  if (name != "DropInPaths") return;
  for (const std::string& path : split_words(value)) state.drop_ins.emplace_back(path);
}

class SystemdManager final : public Manager {
 public:
  explicit SystemdManager(SystemdSettings settings) : settings_(std::move(settings)) {}

  platform::ServiceSystem system() const override { return platform::ServiceSystem::Systemd; }
  std::string label() const override { return settings_.scope == Scope::User ? "systemd user" : "systemd"; }
  std::string unit() const override { return settings_.unit; }
  Scope scope() const override { return settings_.scope; }

  Outcome<State> state() override {
    auto shown = systemctl({"show", settings_.unit, "--no-pager", "--property", std::string(kProperties)},
                           kQueryLimit);
    if (!shown) return std::unexpected(std::move(shown).error());
    State state = state_of(*shown);
    if (!state.file.empty()) {
      if (const auto text = platform::read_small_file(state.file))
        state.definition = read_unit(directives(state, *text));
    }
    // systemd keeps the last word of a process that has ended.
    if (state.is_stopped()) state.status_text.clear();
    if (state.fault) complete_fault(state);
    if (!state.file.empty() && has_new_drop_in(state)) state.needs_reload = true;
    return state;
  }

  std::vector<DriftIssue> drift_from(const State& state, const Definition& wanted) override {
    if (state.fault) return {*state.fault};
    const auto text = platform::read_small_file(state.file);
    const auto rendered = render_unit(wanted, settings_.scope);
    if (!text || !rendered) return {};
    auto issues = drift(directives(state, *text), parse_unit(*rendered));
    if (state.needs_reload) {
      issues.push_back({.code = "service-reload-needed",
                        .message = "the unit or its drop-ins were changed since systemd read them",
                        .found = {},
                        .wanted = {},
                        .remedy = systemctl_words(settings_.scope, "daemon-reload")});
    }
    return issues;
  }

  Outcome<void> install(const Definition& definition) override {
    // Before anything is written: a manager that cannot be reached must not find a unit later.
    const auto reached = systemctl({"show", "--property", "UnitPath"}, kQueryLimit);
    if (!reached) return std::unexpected(reached.error());
    if (auto good = check_place(*reached); !good) return good;
    const auto text = render_unit(definition, settings_.scope);
    if (!text) return std::unexpected(Problem{Problem::Kind::Failed, text.error().message});
    if (auto written = write(*text); !written) return written;
    if (auto done = reload_and("enable", kQueryLimit); !done) return done;
    (void)systemctl({"reset-failed", settings_.unit}, kQueryLimit);
    return plain({"restart", settings_.unit}, kStopLimit + kStartLimit);
  }

  Outcome<void> uninstall() override {
    // What systemd knows, wherever it found that.
    const auto before = state();
    // A unit that is broken or masked cannot be stopped when it does not run.
    if (!before || !before->fault || !before->is_stopped()) {
      if (auto done = stop(); !done && done.error().kind != Problem::Kind::NotInstalled) return done;
    }
    if (auto done = plain({"disable", settings_.unit}, kQueryLimit); !done) return done;
    std::error_code error;
    const bool is_told = before && before->file.filename() == settings_.unit;
    const fs::path file = is_told ? before->file : unit_file();
    fs::remove(file, error);
    if (error)
      return std::unexpected(
          Problem{Problem::Kind::Failed, "cannot remove " + file.string() + ": " + error.message()});
    fs::remove(file.string() + ".bak", error);
    return plain({"daemon-reload"}, kQueryLimit);
  }

  Outcome<void> start() override {
    (void)systemctl({"reset-failed", settings_.unit}, kQueryLimit);
    return reload_and("start", kStartLimit);
  }

  Outcome<void> stop() override { return plain({"stop", settings_.unit}, kStopLimit); }

  Outcome<void> set_enabled(bool is_enabled) override {
    return plain({is_enabled ? "enable" : "disable", settings_.unit}, kQueryLimit);
  }

  Outcome<void> outlive_sessions() override {
    const auto run = run_program("loginctl", {"--no-ask-password", "enable-linger", user()}, kQueryLimit);
    if (run && run->exit_code == 0) return {};
    return std::unexpected(
        Problem{Problem::Kind::NoPermission,
                "lingering cannot be enabled as this user (" +
                    (run ? std::string(trimmed(run->err + run->out)) : run.error().message) +
                    "); run: sudo loginctl enable-linger " + user()});
  }

  std::optional<bool> outlives_sessions() override {
    if (settings_.scope == Scope::System) return true;
    const auto run = run_program("loginctl", {"show-user", user(), "-p", "Linger"}, kQueryLimit);
    if (!run || run->exit_code != 0) return std::nullopt;
    return contains(run->out, "Linger=yes");
  }

 private:
  std::string user() const {
    return variable("USER").value_or(variable("LOGNAME").value_or(std::to_string(::getuid())));
  }

  std::optional<std::string> variable(const std::string& name) const {
    auto value = settings_.environment(name);
    return value && !value->empty() ? value : std::nullopt;
  }

  /// What systemctl needs of ours, and the session's bus, which a login without one still has in its place.
  std::vector<std::string> environment() const {
    std::vector<std::string> all{"LC_ALL=C", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0"};
    for (const char* name :
         {"PATH", "HOME", "USER", "LOGNAME", "DBUS_SESSION_BUS_ADDRESS", "XDG_CONFIG_HOME"}) {
      if (const auto value = variable(name)) all.push_back(std::string(name) + "=" + *value);
    }
    const std::string usual = "/run/user/" + std::to_string(::getuid());
    std::error_code error;
    if (const auto dir = variable("XDG_RUNTIME_DIR")) {
      all.push_back("XDG_RUNTIME_DIR=" + *dir);
    } else if (fs::is_directory(usual, error)) {
      all.push_back("XDG_RUNTIME_DIR=" + usual);
    }
    return all;
  }

  Result<platform::CapturedRun> run_program(const char* program, std::vector<std::string> words,
                                            Millis limit) const {
    return platform::run_captured({.program = program,
                                   .arguments = std::move(words),
                                   .environment = environment(),
                                   .input = {},
                                   .limit = limit});
  }

  Outcome<std::string> systemctl(std::vector<std::string> words, Millis limit) const {
    if (settings_.scope == Scope::User) words.insert(words.begin(), "--user");
    auto run = run_program("systemctl", std::move(words), limit);
    if (!run && run.error().code == Code::NotFound) {
      return std::unexpected(Problem{Problem::Kind::NoManager, "systemctl was not found on PATH"});
    }
    if (!run) return std::unexpected(Problem{Problem::Kind::Failed, run.error().message});
    if (run->exit_code != 0) return std::unexpected(classified(run->err + run->out));
    return std::move(run->out);
  }

  Outcome<void> plain(std::vector<std::string> words, Millis limit) const {
    auto done = systemctl(std::move(words), limit);
    if (!done) return std::unexpected(std::move(done).error());
    return {};
  }

  Outcome<void> reload_and(const char* verb, Millis limit) const {
    if (auto done = plain({"daemon-reload"}, kQueryLimit); !done) return done;
    return plain({verb, settings_.unit}, limit);
  }

  fs::path unit_file() const {
    if (settings_.scope == Scope::System) return fs::path(kSystemUnitDirs[0]) / settings_.unit;
    const fs::path told = variable("XDG_CONFIG_HOME").value_or("");
    const fs::path config = told.is_absolute() ? told : fs::path(variable("HOME").value_or("")) / ".config";
    return config / "systemd/user" / settings_.unit;
  }

  /// Whether systemd looks into the directory that we would write to; `shown` is its search path. Its
  /// XDG_CONFIG_HOME may be another one than that of this shell.
  Outcome<void> check_place(const std::string& shown) const {
    if (settings_.scope == Scope::System) return {};
    const std::string dir = unit_file().parent_path().string();
    std::string path(trimmed(shown));
    path.replace(0, path.find('=') + 1, " ");
    if (contains(path + " ", " " + dir + " ")) return {};
    // The same directory may have two names.
    std::error_code error;
    const fs::path real = fs::weakly_canonical(dir, error);
    for (const std::string& entry : split_words(path)) {
      if (fs::weakly_canonical(entry, error) == real) return {};
    }
    const bool is_told = variable("XDG_CONFIG_HOME").has_value();
    return std::unexpected(Problem{
        Problem::Kind::Failed, "the systemd of this user does not look into " + dir + "; nothing was written",
        std::string(is_told ? "env -u XDG_CONFIG_HOME " : "with the HOME of this account: ") +
            "openclaw gateway install"});
  }

  /// systemd itself does not notice the first drop-in of a unit.
  static bool has_new_drop_in(const State& state) {
    std::error_code error;
    for (fs::directory_iterator at(state.file.string() + ".d", error), end; !error && at != end;
         at.increment(error)) {
      // One of the same name elsewhere takes its place; a link to /dev/null takes one away.
      const bool is_known = std::ranges::any_of(
          state.drop_ins, [&](const fs::path& known) { return known.filename() == at->path().filename(); });
      std::error_code none;
      if (at->path().extension() == ".conf" && !is_known && at->is_regular_file(none)) return true;
    }
    return false;
  }

  /// Who says so, and what to do about it.
  void complete_fault(State& state) const {
    std::error_code error;
    const std::string file = state.file.string();
    if (state.fault->code == "systemd-masked" && fs::is_symlink(state.file, error)) {
      state.fault->message += ": " + file + " leads to /dev/null";
      const bool is_until_boot = file.starts_with("/run/");
      state.fault->remedy = systemctl_words(
          settings_.scope, std::string(is_until_boot ? "unmask --runtime " : "unmask ") + settings_.unit);
    } else if (state.fault->code == "systemd-masked") {
      state.fault->message += ": " + file + " is empty";
    } else if (!state.drop_ins.empty()) {
      state.fault->remedy = "look for the fault in " + state.drop_ins.back().string() +
                            " with: " + "systemd-analyze " +
                            (settings_.scope == Scope::User ? "--user " : "") + "verify " + file;
    }
  }

  Outcome<void> write(const std::string& text) const {
    const fs::path file = unit_file();
    const auto failed = [&](const std::string& why) {
      return std::unexpected(Problem{Problem::Kind::Failed, why});
    };
    struct stat info{};
    const bool is_there = ::lstat(file.c_str(), &info) == 0;
    if (is_there && (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid())) {
      return std::unexpected(Problem{
          Problem::Kind::NotOurs,
          file.string() + (S_ISREG(info.st_mode) ? " belongs to another user" : " is not a regular file")});
    }
    if (auto made = platform::make_private_dir(file.parent_path()); !made)
      return std::unexpected(
          Problem{Problem::Kind::Failed, made.error().message, way_into(file.parent_path())});
    const auto before = is_there ? platform::read_small_file(file) : std::nullopt;
    if (before == text) return {};
    if (before) {
      if (auto kept = platform::write_private_file(file.string() + ".bak", without_secrets(*before)); !kept) {
        return failed(kept.error().message);
      }
    }
    if (auto written = platform::write_private_file(file, text); !written)
      return failed(written.error().message);
    if (settings_.scope == Scope::User) return {};
    std::error_code error;
    // No secret is in it, and whoever the service runs as must be able to look.
    using fs::perms;
    fs::permissions(file, perms::owner_read | perms::owner_write | perms::group_read | perms::others_read,
                    error);
    if (error) return failed("cannot set the mode of " + file.string() + ": " + error.message());
    return {};
  }

  static std::vector<Directive> directives(const State& state, std::string_view text) {
    std::vector<Directive> all = parse_unit(text);
    for (const fs::path& path : state.drop_ins) {
      const auto more = parse_unit(platform::read_small_file(path).value_or(""), path);
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

  SystemdSettings settings_;
};

}  // namespace

std::unique_ptr<Manager> make_systemd_manager(SystemdSettings settings) {
  return std::make_unique<SystemdManager>(std::move(settings));
}

bool has_system_unit(const std::string& unit) {
  std::error_code error;
  for (const std::string_view dir : kSystemUnitDirs) {
    if (fs::exists(fs::path(dir) / unit, error)) return true;
  }
  return false;
}

Problem classified(std::string_view output) {
  const std::string text(trimmed(output));
  if (contains(text, "not been booted with systemd") || contains(text, "Host is down"))
    return {Problem::Kind::NoManager, text};
  if (contains(text, "Failed to connect to") || contains(text, "No medium found") ||
      contains(text, "XDG_RUNTIME_DIR")) {
    return {Problem::Kind::NoUserBus, text};
  }
  if (contains(text, "Access denied") || contains(text, "Permission denied") ||
      contains(text, "nteractive authentication required")) {
    return {Problem::Kind::NoPermission, text};
  }
  if (contains(text, "not loaded") || contains(text, "not found") || contains(text, "does not exist")) {
    return {Problem::Kind::NotInstalled, text};
  }
  return {Problem::Kind::Failed, text.empty() ? "systemctl failed without a word" : text};
}

State state_of(std::string_view shown) {
  State state;
  std::string load_error;
  while (!shown.empty()) {
    const std::size_t end = std::min(shown.find('\n'), shown.size());
    const std::string_view line = shown.substr(0, end);
    shown.remove_prefix(std::min(shown.size(), end + 1));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    put(state, line.substr(0, equals), line.substr(equals + 1));
    if (line.substr(0, equals) == "LoadError") load_error = line.substr(equals + 1);
  }
  if (!state.fault || state.fault->code == "systemd-masked") return state;
  // `org.freedesktop.systemd1.BadUnitSetting "Unit x.service has a bad unit file setting."`
  const std::string words = load_error.substr(std::min(load_error.find(' '), load_error.size()));
  if (!trimmed(words).empty()) state.fault->message += ": " + std::string(trimmed(words));
  return state;
}

}  // namespace gw::service
