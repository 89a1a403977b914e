#include "service/schtasks_manager.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "platform/captured_run.hpp"
#include "platform/private_file.hpp"
#include "service/scheduled_task.hpp"

namespace gw::service {
namespace {

namespace fs = std::filesystem;

constexpr Millis kCallLimit{15'000};
constexpr std::string_view kStartupFolder = "Microsoft/Windows/Start Menu/Programs/Startup";
// Columns of the verbose CSV, the same since Windows Vista.
constexpr std::size_t kLastRunTimeColumn = 5;
constexpr std::size_t kLastResultColumn = 6;
// The low half of an HRESULT that carries an error of Windows.
constexpr int kErrorMask = 0xFFFF;
constexpr int kFileNotFound = 2;
constexpr int kAccessDenied = 5;
constexpr int kTimedOut = 124;  // What a wrapper around schtasks says when its time is over.

struct KnownResult {
  std::uint32_t code;
  std::string_view name;
};

// SCHED_S_… of taskschd.h. The last one is what a start leaves that was ignored since the task runs.
constexpr auto kResults = std::to_array<KnownResult>({{0x41300, "ready"},
                                                      {0x41301, "running"},
                                                      {0x41302, "disabled"},
                                                      {0x41303, "not run yet"},
                                                      {0x41304, "no more runs"},
                                                      {0x41305, "not scheduled"},
                                                      {0x41306, "terminated"},
                                                      {0x800710E0, "running"}});

/// The text of a program in whatever code page, fit for JSON.
std::string readable(std::string_view text) {
  std::string out(trimmed(text));
  if (!is_valid_utf8(out)) std::ranges::replace_if(out, [](unsigned char c) { return c >= 0x80; }, '?');
  return out;
}

/// The values of one line of CSV.
std::vector<std::string> csv_values(std::string_view line) {
  std::vector<std::string> values(1);
  bool is_quoted = false;
  for (std::size_t at = 0; at < line.size() && (is_quoted || (line[at] != '\r' && line[at] != '\n')); ++at) {
    if (line[at] == '"' && is_quoted && line.substr(at + 1).starts_with('"')) {
      values.back() += line[at++];
    } else if (line[at] == '"') {
      is_quoted = !is_quoted;
    } else if (line[at] == ',' && !is_quoted) {
      values.emplace_back();
    } else {
      values.back() += line[at];
    }
  }
  return values;
}

/// `267009`, `-2147020576` or `0x41301`.
std::optional<std::uint32_t> result_of(std::string_view text) {
  const bool is_hex = text.starts_with("0x");
  if (is_hex) text.remove_prefix(2);
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

class SchtasksManager final : public Manager {
 public:
  explicit SchtasksManager(SchtasksSettings settings) : settings_(std::move(settings)) {}

  platform::ServiceSystem system() const override { return platform::ServiceSystem::TaskScheduler; }
  std::string label() const override { return "Scheduled Task"; }
  std::string unit() const override { return settings_.name; }
  Scope scope() const override { return Scope::User; }

  Outcome<State> state() override {
    const auto task = registered();
    if (!task) return std::unexpected(task.error());
    State state;
    state.active_state = "inactive";
    if (*task) {
      const auto shown = show();
      if (!shown) return std::unexpected(shown.error());
      state = schtasks_state(*shown);
      state.is_enabled = is_enabled(**task);
    } else if (has(startup_file())) {
      state.is_enabled = true;
      state.sub_state = "in the Startup folder";
      state.status_text = "this user may not make tasks; " + startup_file().string() + " starts it instead";
    }
    state.is_installed = *task || state.is_enabled;
    if (const auto pid = settings_.gateway_pid()) {
      state.pid = *pid;
      state.active_state = "active";
    }
    if (!state.is_installed) return state;
    state.file = *task ? settings_.script : startup_file();
    if (const auto script = platform::read_small_file(settings_.script))
      state.definition = read_task_script(*script);
    return state;
  }

  std::vector<DriftIssue> drift_from(const State& state, const Definition& wanted) override {
    if (!state.is_installed) return {};
    const std::string script = platform::read_small_file(settings_.script).value_or("");
    const auto task = registered();
    if (!task) return {};
    if (*task) return task_drift(**task, script, wanted, request(wanted));
    return command_drift(read_task_script(script), wanted, "");
  }

  Outcome<void> install(const Definition& definition) override {
    const auto before = state();
    if (!before) return std::unexpected(before.error());
    const auto script = render_task_script(definition);
    if (!script) return failed(script.error().message);
    if (auto there = settings_.environment("USERNAME"); !there || there->empty())
      return failed("USERNAME is not set: a task needs a user whose logon starts it");
    if (auto made = platform::make_private_dir(settings_.state_dir); !made)
      return failed(made.error().message);
    if (auto written = platform::write_private_file(settings_.script, *script); !written)
      return failed(written.error().message);
    if (auto made = create(definition); !made) return made;
    if (before->is_running()) {
      if (auto stopped = stop(); !stopped) return stopped;
    }
    return start();
  }

  Outcome<void> uninstall() override {
    if (auto stopped = stop(); !stopped) return stopped;
    const auto task = registered();
    if (!task) return std::unexpected(task.error());
    if (*task) {
      if (auto done = plain({"/Delete", "/F", "/TN", settings_.name, "/HRESULT"}); !done) return done;
    }
    if (auto removed = remove_file(startup_file()); !removed) return removed;
    return remove_file(settings_.script);
  }

  Outcome<void> start() override {
    const auto task = registered();
    if (!task) return std::unexpected(task.error());
    if (*task) return plain({"/Run", "/TN", settings_.name, "/HRESULT"});
    const auto done = run("cmd.exe", {"/d", "/c", startup_file().string()});
    if (!done) return std::unexpected(done.error());
    if (done->code != 0) return failed("cmd.exe: " + done->text);
    return {};
  }

  /// First the gateway, in peace; then what the task may still be.
  Outcome<void> stop() override {
    if (auto stopped = settings_.stop_gateway(); !stopped) return stopped;
    const auto task = registered();
    if (!task) return std::unexpected(task.error());
    if (!*task) return {};
    const auto shown = show();
    if (!shown) return std::unexpected(shown.error());
    if (!schtasks_state(*shown).is_running()) return {};
    return plain({"/End", "/TN", settings_.name, "/HRESULT"});
  }

  Outcome<void> set_enabled(bool is_enabled) override {
    const auto task = registered();
    if (!task) return std::unexpected(task.error());
    if (!*task)
      return failed("a file of the Startup folder cannot be switched off: remove it with uninstall");
    return plain({"/Change", "/TN", settings_.name, is_enabled ? "/ENABLE" : "/DISABLE", "/HRESULT"});
  }

  std::optional<bool> outlives_sessions() override { return std::nullopt; }  // It ends with the logon.

 private:
  struct Answer {
    int code = 0;
    std::string text;
  };

  static std::unexpected<Problem> failed(std::string text) {
    return std::unexpected(Problem{Problem::Kind::Failed, std::move(text)});
  }

  static bool has(const fs::path& file) {
    std::error_code error;
    return fs::exists(file, error);
  }

  static bool is_enabled(std::string_view task) {
    const auto entries = task_entries(task);
    return !entries || std::ranges::find(*entries, std::pair<std::string, std::string>{
                                                       "Settings/Enabled", "false"}) == entries->end();
  }

  std::string variable(const std::string& name) const { return settings_.environment(name).value_or(""); }

  fs::path startup_file() const {
    return fs::path(variable("APPDATA")) / kStartupFolder / (settings_.name + ".cmd");
  }

  TaskRequest request(const Definition& definition) const {
    const std::string domain = variable("USERDOMAIN");
    return {.name = settings_.name,
            .description = definition.description,
            .user = (domain.empty() ? "" : domain + "\\") + variable("USERNAME"),
            .script = settings_.script.string(),
            .working_dir = definition.working_dir.string()};
  }

  Outcome<Answer> run(const char* program, std::vector<std::string> words) const {
    std::vector<std::string> environment;
    for (const char* name : {"PATH", "SystemRoot", "SystemDrive", "ComSpec", "TEMP", "TMP", "USERNAME",
                             "USERDOMAIN", "USERPROFILE", "APPDATA"}) {
      if (const auto value = settings_.environment(name))
        environment.push_back(std::string(name) + "=" + *value);
    }
    auto done = platform::run_captured({.program = program,
                                        .arguments = std::move(words),
                                        .environment = std::move(environment),
                                        .input = {},
                                        .limit = kCallLimit});
    if (!done && done.error().code == Code::NotFound)
      return std::unexpected(
          Problem{Problem::Kind::NoManager, std::string(program) + " was not found on PATH"});
    if (!done && done.error().code == Code::TimedOut) return Answer{kTimedOut, done.error().message};
    if (!done) return failed(done.error().message);
    return Answer{done->exit_code, done->exit_code == 0 ? done->out : readable(done->err + done->out)};
  }

  Outcome<std::string> schtasks(std::vector<std::string> words) const {
    auto answer = run("schtasks", std::move(words));
    if (!answer) return std::unexpected(std::move(answer).error());
    if (answer->code != 0) return std::unexpected(schtasks_problem(answer->code, answer->text));
    return std::move(answer->text);
  }

  Outcome<void> plain(std::vector<std::string> words) const {
    auto done = schtasks(std::move(words));
    if (!done) return std::unexpected(std::move(done).error());
    return {};
  }

  /// The definition as registered, which is the same in every language; nothing when there is no such task.
  Outcome<std::optional<std::string>> registered() const {
    auto task = schtasks({"/Query", "/TN", settings_.name, "/XML", "/HRESULT"});
    if (task) return std::optional(from_utf16_file(*task));
    if (task.error().kind == Problem::Kind::NotInstalled) return std::optional<std::string>();
    return std::unexpected(std::move(task).error());
  }

  Outcome<std::string> show() const {
    return schtasks({"/Query", "/TN", settings_.name, "/V", "/FO", "CSV", "/NH", "/HRESULT"});
  }

  /// Registers the task, or puts a script into the Startup folder where this user may not.
  Outcome<void> create(const Definition& definition) const {
    const auto task = render_task(request(definition));
    if (!task) return failed(task.error().message);
    const fs::path file = settings_.state_dir / "gateway-task.xml";
    if (auto written = platform::write_private_file(file, utf16_file(*task)); !written)
      return failed(written.error().message);
    const auto answer =
        run("schtasks", {"/Create", "/F", "/TN", settings_.name, "/XML", file.string(), "/HRESULT"});
    if (auto removed = remove_file(file); !removed) return removed;
    if (!answer) return std::unexpected(answer.error());
    if (answer->code == 0) return remove_file(startup_file());
    const Problem problem = schtasks_problem(answer->code, answer->text);
    if (problem.kind != Problem::Kind::NoPermission && answer->code != kTimedOut)
      return std::unexpected(problem);
    return create_startup_file(problem);
  }

  Outcome<void> create_startup_file(const Problem& problem) const {
    if (variable("APPDATA").empty()) return std::unexpected(problem);
    const auto text = render_startup_script(settings_.script.string());
    if (!text) return failed(text.error().message);
    std::error_code error;
    fs::create_directories(startup_file().parent_path(), error);
    if (auto written = platform::write_private_file(startup_file(), *text); !written)
      return failed(written.error().message);
    return {};
  }

  static Outcome<void> remove_file(const fs::path& file) {
    std::error_code error;
    fs::remove(file, error);
    if (error) return failed("cannot remove " + file.string() + ": " + error.message());
    return {};
  }

  SchtasksSettings settings_;
};

}  // namespace

std::unique_ptr<Manager> make_schtasks_manager(SchtasksSettings settings) {
  return std::make_unique<SchtasksManager>(std::move(settings));
}

Problem schtasks_problem(int exit_code, std::string_view output) {
  const std::string text(trimmed(output));
  const int error = exit_code & kErrorMask;
  // Without /HRESULT, before Windows 10, every failure is a 1: then its English words are all there is.
  if (error == kFileNotFound || text.contains("cannot find the file"))
    return {Problem::Kind::NotInstalled, text};
  if (error == kAccessDenied || text.contains("Access is denied")) return {Problem::Kind::NoPermission, text};
  return {Problem::Kind::Failed,
          text.empty() ? "schtasks failed without a word (exit " + std::to_string(exit_code) + ")" : text};
}

State schtasks_state(std::string_view csv) {
  State state;
  state.active_state = "inactive";
  const auto values = csv_values(csv.substr(std::min(csv.find_first_not_of("\r\n"), csv.size())));
  if (values.size() <= kLastResultColumn) return state;
  state.last_run_time = readable(values[kLastRunTimeColumn]);
  state.last_run_result = values[kLastResultColumn];
  const auto result = result_of(state.last_run_result);
  if (!result) return state;
  const auto* const known = std::ranges::find(kResults, *result, &KnownResult::code);
  if (known == kResults.end()) {
    state.last_exit_status = static_cast<int>(*result);
  } else {
    state.sub_state = known->name;
    if (state.sub_state == "running") state.active_state = "active";
  }
  return state;
}

}  // namespace gw::service
