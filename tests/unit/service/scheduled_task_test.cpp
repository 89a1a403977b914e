#include "service/scheduled_task.hpp"

#include <gtest/gtest.h>

#include "unit/service/support.hpp"

namespace gw::service {
namespace {

using Codes = std::vector<std::string>;

TaskRequest awkward_task() {
  return {.name = "OpenClaw Gateway (work)",
          .description = "OpenClaw Gateway (profile: work)",
          .user = R"(DESKTOP-1\Jörg & <Co>)",
          .script = R"(C:\Users\Jörg\.openclaw-work\gateway.cmd)",
          .working_dir = R"(C:\Users\Jörg\.openclaw-work)"};
}

std::string task() { return render_task(awkward_task()).value(); }
std::string script() { return render_task_script(awkward_windows()).value(); }

Codes drift_codes(const std::string& xml, const std::string& cmd) {
  return codes_of(task_drift(xml, cmd, awkward_windows(), awkward_task()));
}

TEST(ScheduledTaskTest, NamesTheTaskAfterTheProfile) {
  EXPECT_EQ(task_name("", std::nullopt), "OpenClaw Gateway");
  EXPECT_EQ(task_name("work", ""), "OpenClaw Gateway (work)");
  EXPECT_EQ(task_name("work", "Mine"), "Mine");
}

TEST(ScheduledTaskTest, RendersTheGoldenFiles) {
  const std::string definition = utf16_file(task());
  EXPECT_EQ(definition, golden("OpenClaw Gateway (work).xml", definition));
  EXPECT_EQ(script(), golden("gateway.cmd", script()));
  const auto startup = render_startup_script(awkward_task().script);
  EXPECT_EQ(startup.value(), golden("startup.cmd", *startup));
}

TEST(ScheduledTaskTest, QuotesWordsForCmdAndTheProgram) {
  EXPECT_EQ(cmd_word("plain").value(), "plain");
  EXPECT_EQ(cmd_word("").value(), "\"\"");
  EXPECT_EQ(cmd_word("a b").value(), "\"a b\"");
  EXPECT_EQ(cmd_word("100%").value(), "\"100%%\"");
  EXPECT_EQ(cmd_word("a&b|c^d<e>f").value(), "\"a&b|c^d<e>f\"");
  EXPECT_EQ(cmd_word("say \"x\"").value(), "\"say \"\"x\"\"\"");
  EXPECT_EQ(cmd_word("C:\\a b\\").value(), "\"C:\\a b\\\\\"");
  EXPECT_EQ(cmd_word("C:\\a\\").value(), "C:\\a\\");
  EXPECT_EQ(cmd_word("a\\\"b").value(), "\"a\\\\\"\"b\"");
  EXPECT_FALSE(cmd_word("two\nlines"));
}

TEST(ScheduledTaskTest, ReadsBackWhatItRenders) {
  Definition wanted = awkward_windows();
  wanted.command.insert(wanted.command.end(), {"a b\\", "say \"x\"", "\\\\srv\\x y", "a\\\"b", "", "100%%"});
  const Definition read = read_task_script(render_task_script(wanted).value());
  EXPECT_EQ(read.command, wanted.command);
  EXPECT_EQ(read.environment, wanted.environment);
  EXPECT_EQ(read.working_dir, wanted.working_dir);
  EXPECT_EQ(from_utf16_file(utf16_file(task())), task());
  EXPECT_EQ(from_utf16_file(utf16_file(task()).substr(2)), task()) << "without its mark";
  EXPECT_EQ(from_utf16_file("<Task/>"), "<Task/>");
  EXPECT_EQ(drift_codes(task(), script()), Codes{});
}

TEST(ScheduledTaskTest, WritesEveryPlaneInUtf16) {
  EXPECT_EQ(utf16_file("aü€𝄞"), std::string("\xFF\xFE"
                                            "a\0"
                                            "\xFC\0"
                                            "\xAC\x20"
                                            "\x34\xD8\x1E\xDD",
                                            12));
  EXPECT_EQ(from_utf16_file(utf16_file("aü€𝄞")), "aü€𝄞");
}

TEST(ScheduledTaskTest, LeavesTheCodePageAloneWithoutNeed) {
  EXPECT_NE(script().find("chcp 65001"), std::string::npos);
  const auto plain =
      render_task_script({.description = "d", .command = {"openclaw"}, .working_dir = "C:\\x"});
  EXPECT_EQ(plain.value().find("chcp"), std::string::npos);
}

TEST(ScheduledTaskTest, RefusesWhatItsFilesCannotHold) {
  Definition bad = awkward_windows();
  bad.environment = {{"A", "a\"b"}};
  EXPECT_FALSE(render_task_script(bad));
  bad.environment = {{"A", "two\nlines"}};
  EXPECT_FALSE(render_task_script(bad));
  bad.environment = {};
  bad.command = {"two\nlines"};
  EXPECT_FALSE(render_task_script(bad));
  bad.working_dir = "two\nlines";
  EXPECT_FALSE(render_task_script(bad));
  EXPECT_FALSE(render_startup_script("two\nlines"));
  TaskRequest request = awkward_task();
  request.user = "\xFF";
  EXPECT_FALSE(render_task(request));
}

TEST(ScheduledTaskTest, TellsEachElementThatDiffers) {
  const std::string xml = task();
  const std::string cmd = script();
  EXPECT_EQ(drift_codes(replaced(xml, "IgnoreNew", "StopExisting"), cmd), Codes{"task-instances"});
  EXPECT_EQ(drift_codes(replaced(xml, "PT0S", "PT72H"), cmd), Codes{"task-time-limit"});
  EXPECT_EQ(drift_codes(replaced(xml, "LeastPrivilege", "HighestAvailable"), cmd), Codes{"task-run-level"});
  EXPECT_EQ(drift_codes(replaced(xml, "<Priority>", "<Enabled>false</Enabled><Priority>"), cmd),
            Codes{"task-disabled"});
  EXPECT_EQ(drift_codes(replaced(xml, "<Priority>", "<RunOnlyIfIdle>true</RunOnlyIfIdle><Priority>"), cmd),
            Codes{"task-idle"});
  EXPECT_EQ(drift_codes(replaced(xml, "openclaw-work\\gateway.cmd", "openclaw\\gateway.cmd"), cmd),
            Codes{"task-script"});
  EXPECT_EQ(drift_codes(replaced(xml, "LogonTrigger>", "BootTrigger>"), cmd), Codes{"task-unreadable"});
  EXPECT_EQ(drift_codes(xml, replaced(cmd, "--port 18789", "--port 18790")), Codes{"gateway-port-mismatch"});
  EXPECT_EQ(drift_codes(xml, cmd + "set \"MODEL_KEY=seen\"\r\n"), Codes{"gateway-managed-env-embedded"});
  EXPECT_EQ(
      drift_codes(xml, ""),
      (Codes{"gateway-command-missing", "gateway-environment", "gateway-environment", "gateway-environment",
             "gateway-environment", "gateway-environment", "gateway-environment", "gateway-environment"}));
}

TEST(ScheduledTaskTest, TakesWhatWindowsLeavesOutForItsDefault) {
  std::string xml = task();
  for (const char* element :
       {"      <RunLevel>LeastPrivilege</RunLevel>\n", "      <Enabled>true</Enabled>\n",
        "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n"}) {
    xml = replaced(xml, element, "");
  }
  EXPECT_EQ(drift_codes(xml, script()), Codes{});
  EXPECT_EQ(drift_codes(replaced(xml, "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>", ""), script()),
            Codes{"task-time-limit"})
      << "the default is three days";
  const std::string triggers =
      xml.substr(xml.find("  <Triggers>"), xml.find("  <Principals>") - xml.find("  <Triggers>"));
  EXPECT_EQ(drift_codes(replaced(xml, triggers, ""), script()), Codes{"task-logon-trigger"});
}

}  // namespace
}  // namespace gw::service
