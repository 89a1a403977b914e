#include "service/launchd_manager.hpp"

#include <array>
#include <charconv>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "platform/captured_run.hpp"
#include "platform/private_file.hpp"
#include "service/launchd_agent.hpp"

namespace gw::service {
namespace {

namespace fs = std::filesystem;

constexpr Millis kCallLimit{15'000};
constexpr Millis kPollPause{200};
constexpr Millis kGoneLimit{(kLaunchdExitTimeoutS + 5) * 1'000};  // Until a job is out of its domain.
constexpr Millis kRetryPause{1'000};
constexpr int kBootstrapAttempts = 3;  // It fails with 5 while launchd still forgets the job before.
constexpr int kInputOutputError = 5;
constexpr int kNoSuchProcess = 3;
constexpr int kInProgress = 36;
constexpr int kAlreadyLoaded = 37;
constexpr int kNoSuchDomain = 112;
constexpr int kNoSuchService = 113;
constexpr int kUnsupportedDomain = 125;
constexpr int kExited = 1;  // CLD_EXITED.
constexpr int kKilled = 2;  // CLD_KILLED.

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The number that a text begins with, `78: EX_CONFIG`; nothing for `(never exited)`.
std::optional<int> leading_number(std::string_view text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<std::string_view> take_line(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  return line;
}

void put(State& state, std::string_view key, std::string_view value) {
  if (key == "state") {
    state.sub_state = value;
    state.active_state = value == "running"                            ? "active"
                         : value == "not running" || value == "exited" ? "inactive"
                                                                       : "activating";
  }
  if (key == "pid") state.pid = leading_number(value);
  if (key == "runs") {
    const auto runs = leading_number(value);
    if (runs && *runs > 0) state.restarts = *runs - 1;
  }
  if (key == "last exit code" || key == "last exit status") {
    state.last_exit_status = leading_number(value);
    if (state.last_exit_status) state.last_exit_reason = kExited;
  }
  if (key == "last terminating signal") {  // `Terminated: 15`.
    const std::size_t colon = value.rfind(": ");
    if (colon != std::string_view::npos) state.last_exit_status = leading_number(value.substr(colon + 2));
    if (state.last_exit_status) state.last_exit_reason = kKilled;
  }
  if (key == "last exit reason") state.result = value;
}

class LaunchdManager final : public Manager {
 public:
  explicit LaunchdManager(LaunchdSettings settings) : settings_(std::move(settings)) {}

  platform::ServiceSystem system() const override { return platform::ServiceSystem::Launchd; }
  std::string label() const override { return "LaunchAgent"; }
  std::string unit() const override { return settings_.label; }
  Scope scope() const override { return Scope::User; }

  Outcome<State> state() override {
    const auto printed = print_job();
    if (!printed) return std::unexpected(printed.error());
    State state;
    if (*printed) state = launchd_state(**printed);
    std::error_code error;
    const bool has_file = fs::exists(plist_file(), error);
    state.is_installed = has_file || printed->has_value();
    state.is_enabled = printed->has_value();
    if (!*printed) state.active_state = "inactive";
    if (*printed && state.active_state == "inactive") state.active_state = "activating";  // KeepAlive.
    if (!has_file) return state;
    state.file = plist_file();
    state.definition = read_agent(text_of(plist_file()), text_of(environment_file()));
    const auto overrides = launchctl({"print-disabled", domain()});
    if (overrides && is_disabled(*overrides, settings_.label)) {
      state.status_text = "disabled: it does not start when you log in";
    }
    return state;
  }

  std::vector<DriftIssue> drift_from(const State& state, const Definition& wanted) override {
    if (state.file.empty()) return {};
    auto issues = agent_drift(text_of(state.file), text_of(environment_file()), text_of(script_file()),
                              wanted, settings_.label);
    for (const fs::path& file : {state.file, environment_file(), script_file()}) {
      struct stat info{};
      if (::stat(file.c_str(), &info) != 0 || (info.st_mode & 077) == 0) continue;
      issues.push_back({"launchd-file-mode", "other users can read it, or change what runs", file.string(),
                        file.string() + " for its owner alone (chmod go= it)", true});
    }
    return issues;
  }

  Outcome<void> install(const Definition& definition) override {
    if (settings_.home.empty()) return failed("HOME is not set: an agent lies in ~/Library/LaunchAgents");
    // Before anything is written: a session that is not there must not find an agent later.
    const auto loaded = print_job();
    if (!loaded) return std::unexpected(loaded.error());
    if (launchctl({"print", "system/" + settings_.label})) {
      return std::unexpected(
          Problem{Problem::Kind::NotOurs, "the system has a LaunchDaemon with the label " + settings_.label});
    }
    if (auto written = write(definition); !written) return written;
    if (*loaded) {
      if (auto gone = boot_out(); !gone) return gone;
    }
    return boot();
  }

  Outcome<void> uninstall() override {
    if (auto gone = boot_out(); !gone) return gone;
    for (const fs::path& file : {plist_file(), environment_file(), script_file()}) {
      std::error_code error;
      fs::remove(file, error);
      if (error) return failed("cannot remove " + file.string() + ": " + error.message());
    }
    return {};
  }

  Outcome<void> start() override {
    const auto loaded = print_job();
    if (!loaded) return std::unexpected(loaded.error());
    if (!*loaded) return boot();
    return plain({"kickstart", target()});
  }

  /// Out of its domain: launchd would start it again otherwise. It is back after the next login.
  Outcome<void> stop() override { return boot_out(); }

  Outcome<void> set_enabled(bool is_enabled) override {
    return plain({is_enabled ? "enable" : "disable", target()});
  }

  std::optional<bool> outlives_sessions() override { return std::nullopt; }  // It ends with the desktop.

 private:
  std::string domain() const { return "gui/" + std::to_string(settings_.user_id); }
  std::string target() const { return domain() + "/" + settings_.label; }
  fs::path plist_file() const {
    return settings_.home / "Library/LaunchAgents" / (settings_.label + ".plist");
  }
  fs::path environment_file() const {
    return settings_.state_dir / "service-env" / (settings_.label + ".env");
  }
  fs::path script_file() const { return wrapper_file(environment_file(), settings_.label); }

  static std::string text_of(const fs::path& file) { return platform::read_small_file(file).value_or(""); }
  static std::unexpected<Problem> failed(std::string text) {
    return std::unexpected(Problem{Problem::Kind::Failed, std::move(text)});
  }

  struct Answer {
    int code = 0;
    std::string text;
  };

  Outcome<Answer> run(std::vector<std::string> words) const {
    std::vector<std::string> environment{"LC_ALL=C"};
    for (const char* name : {"PATH", "HOME", "USER", "LOGNAME"}) {
      if (const auto value = settings_.environment(name))
        environment.push_back(std::string(name) + "=" + *value);
    }
    const auto done = platform::run_captured({.program = "launchctl",
                                              .arguments = std::move(words),
                                              .environment = std::move(environment),
                                              .input = {},
                                              .limit = kCallLimit});
    if (!done && done.error().code == Code::NotFound)
      return std::unexpected(Problem{Problem::Kind::NoManager, "launchctl was not found on PATH"});
    if (!done) return failed(done.error().message);
    return Answer{done->exit_code, done->exit_code == 0 ? done->out : done->err + done->out};
  }

  Outcome<std::string> launchctl(std::vector<std::string> words) const {
    auto answer = run(std::move(words));
    if (!answer) return std::unexpected(std::move(answer).error());
    if (answer->code != 0) return std::unexpected(launchd_problem(answer->code, answer->text));
    return std::move(answer->text);
  }

  Outcome<void> plain(std::vector<std::string> words) const {
    auto done = launchctl(std::move(words));
    if (!done) return std::unexpected(std::move(done).error());
    return {};
  }

  /// What launchd says of the job; nothing when it is not loaded.
  Outcome<std::optional<std::string>> print_job() const {
    auto printed = launchctl({"print", target()});
    if (printed) return std::optional(std::move(*printed));
    if (printed.error().kind == Problem::Kind::NotInstalled) return std::optional<std::string>();
    return std::unexpected(std::move(printed).error());
  }

  /// Loads the job; RunAtLoad starts it. An agent that was disabled would be refused.
  Outcome<void> boot() const {
    if (auto enabled = plain({"enable", target()}); !enabled) return enabled;
    for (int attempt = 1;; ++attempt) {
      const auto answer = run({"bootstrap", domain(), plist_file().string()});
      if (!answer) return std::unexpected(answer.error());
      if (answer->code == 0 || answer->code == kAlreadyLoaded) return {};
      if (answer->code != kInputOutputError || attempt == kBootstrapAttempts)
        return std::unexpected(launchd_problem(answer->code, answer->text));
      settings_.pause(kRetryPause);
    }
  }

  /// Stops and unloads the job, and waits until launchd has forgotten it: it answers before.
  Outcome<void> boot_out() const {
    const auto answer = run({"bootout", target()});
    if (!answer) return std::unexpected(answer.error());
    const Problem problem = launchd_problem(answer->code, answer->text);
    const bool was_not_there = answer->code == kNoSuchProcess || problem.kind == Problem::Kind::NotInstalled;
    if (answer->code != 0 && was_not_there) return {};
    if (answer->code != 0 && answer->code != kInProgress) return std::unexpected(problem);
    for (Millis waited{0}; waited < kGoneLimit; waited += kPollPause) {
      const auto printed = print_job();
      if (!printed) return std::unexpected(printed.error());
      if (!*printed) return {};
      settings_.pause(kPollPause);
    }
    return failed(settings_.label + " did not end within " + std::to_string(kGoneLimit.count() / 1000) +
                  " s");
  }

  Outcome<void> write(const Definition& definition) const {
    const auto plist = render_plist(definition, settings_.label);
    const auto environment = render_environment(
        definition, foreign_variables(read_environment(text_of(environment_file())), definition));
    if (!plist || !environment) return failed((plist ? environment : plist).error().message);
    if (auto ours = check_ours(plist_file()); !ours) return ours;
    for (const fs::path& dir : {settings_.state_dir, environment_file().parent_path(),
                                settings_.state_dir / "logs", settings_.state_dir / "tmp"}) {
      if (auto made = platform::make_private_dir(dir); !made) return failed(made.error().message);
    }
    std::error_code error;
    fs::create_directories(plist_file().parent_path(), error);
    if (error) return failed("cannot make " + plist_file().parent_path().string() + ": " + error.message());
    const std::array<std::pair<fs::path, std::string_view>, 3> files{
        {{environment_file(), *environment}, {script_file(), wrapper_script()}, {plist_file(), *plist}}};
    for (const auto& [file, text] : files) {
      if (auto written = platform::write_private_file(file, text); !written)
        return failed(written.error().message);
    }
    fs::permissions(script_file(), fs::perms::owner_all, error);
    if (error) return failed("cannot make " + script_file().string() + " a program: " + error.message());
    return {};
  }

  static Outcome<void> check_ours(const fs::path& file) {
    struct stat info{};
    if (::lstat(file.c_str(), &info) != 0) return {};
    if (S_ISREG(info.st_mode) && info.st_uid == ::geteuid()) return {};
    return std::unexpected(Problem{
        Problem::Kind::NotOurs,
        file.string() + (S_ISREG(info.st_mode) ? " belongs to another user" : " is not a regular file")});
  }

  LaunchdSettings settings_;
};

}  // namespace

std::unique_ptr<Manager> make_launchd_manager(LaunchdSettings settings) {
  return std::make_unique<LaunchdManager>(std::move(settings));
}

Problem launchd_problem(int exit_code, std::string_view output) {
  const std::string text(trimmed(output));
  if (exit_code == kNoSuchService || contains(text, "Could not find service"))
    return {Problem::Kind::NotInstalled, text};
  if (exit_code == kUnsupportedDomain || exit_code == kNoSuchDomain ||
      contains(text, "Domain does not support specified action") || contains(text, "Could not find domain")) {
    return {Problem::Kind::NoUserBus,
            "this user has no desktop session, in which a LaunchAgent lives (" + text + ")"};
  }
  if (contains(text, "not permitted") || contains(text, "Not privileged"))
    return {Problem::Kind::NoPermission, text};
  return {Problem::Kind::Failed,
          text.empty() ? "launchctl failed without a word (exit " + std::to_string(exit_code) + ")" : text};
}

State launchd_state(std::string_view printed) {
  State state;
  int depth = 0;
  while (const auto raw = take_line(printed)) {
    const std::string_view line = trimmed(*raw);
    if (line == "}") --depth;
    // The job's own lines; those of its coalitions, further in, have a state and more of their own.
    const std::size_t equals = line.find(" = ");
    if (depth == 1 && equals != std::string_view::npos)
      put(state, line.substr(0, equals), line.substr(equals + 3));
    if (line.ends_with("{")) ++depth;
  }
  return state;
}

bool is_disabled(std::string_view printed, std::string_view label) {
  const std::string entry = "\"" + std::string(label) + "\" => ";
  while (const auto raw = take_line(printed)) {
    const std::string_view line = trimmed(*raw);
    if (!line.starts_with(entry)) continue;
    const std::string_view value = line.substr(entry.size());
    return value == "disabled" || value == "true";  // The second on older releases.
  }
  return false;
}

}  // namespace gw::service
