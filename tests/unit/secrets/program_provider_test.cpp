#include "secrets/program_provider.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "secrets/lookup.hpp"
#include "unit/config/support.hpp"

namespace gw::secrets {
namespace {

using config::TemporaryDirectory;

struct ProgramProviderTest : testing::Test {
  TemporaryDirectory directory;
  std::filesystem::path program = directory.path() / "vault";
  json::Object definition{{"source", "exec"}, {"command", program.string()}};
  config::Variables variables{{"PATH", "/usr/bin:/bin"}, {"HOME", "/home/ada"}};

  void write(const std::string& script, mode_t mode = 0700) {
    config::write_text(program, "#!/bin/sh\n" + script);
    ASSERT_EQ(::chmod(program.c_str(), mode), 0);
  }
  config::SecretAnswers ask(std::vector<std::string> ids = {"a"}) {
    return lookup(config::environment_of(variables))({"vault", definition, std::move(ids)});
  }
  std::string value() {
    const auto answer = ask().at("a");
    return answer ? answer->reveal() : "(" + answer.error().message + ")";
  }
  std::string problem() {
    const auto answer = ask().at("a");
    EXPECT_FALSE(answer);
    return answer ? "" : answer.error().message;
  }
  std::string named(const std::string& why) const { return "the command " + program.string() + why; }
};

TEST_F(ProgramProviderTest, AsksForAllIdsAtOnceAndReadsValuesAndErrors) {
  write("read -r request; echo \"$request\" >>" + (directory.path() / "requests").string() +
        R"(
printf '{"protocolVersion":1,"values":{"a":"x","n":1},"errors":{"b":{"message":"locked\\nout"},"c":{}}}')");
  const auto answers = ask({"a", "b", "c", "d", "n"});
  EXPECT_EQ(config::read_text(directory.path() / "requests"),
            "{\"protocolVersion\":1,\"provider\":\"vault\",\"ids\":[\"a\",\"b\",\"c\",\"d\",\"n\"]}\n");
  EXPECT_EQ(answers.at("a")->reveal(), "x");
  EXPECT_EQ(answers.at("b").error().message, "it reports: locked out");
  EXPECT_EQ(answers.at("c").error().message, "it reports an error");
  EXPECT_EQ(answers.at("d").error().message, "its answer has no value for that id");
  EXPECT_EQ(answers.at("n").error().message, "its value for that id is no text");
}

TEST_F(ProgramProviderTest, TakesPlainOutputForOneIdOnlyWhereItMay) {
  write("echo plain");
  EXPECT_EQ(problem(), "its output is not the JSON that protocol version 1 asks for");
  definition["jsonOnly"] = false;
  EXPECT_EQ(value(), "plain\n");
  EXPECT_FALSE(ask({"a", "b"}).at("a"));
  write(R"(echo '{"protocolVersion":1,"values":{"a":"x"}}')");
  EXPECT_EQ(value(), "x");
}

TEST_F(ProgramProviderTest, RefusesAnotherVersionOfTheProtocol) {
  write(R"(echo '{"protocolVersion":2,"values":{"a":"x"}}')");
  EXPECT_EQ(problem(), "its output is not the JSON that protocol version 1 asks for");
}

TEST_F(ProgramProviderTest, PassesNoShellAndOnlyTheVariablesThatAreNamed) {
  write("printf '%s|%s|%s|%s|%s' \"$1\" \"$2\" \"$OWN\" \"$PASSED\" \"$OTHER\"");
  variables.insert({{"PASSED", "p"}, {"OTHER", "o"}, {"OWN", "not this"}});
  definition["jsonOnly"] = false;
  definition["args"] = {"$(id)", ""};
  definition["env"] = {{"OWN", "mine"}};
  definition["passEnv"] = {"PASSED", "UNSET", "OWN"};
  EXPECT_EQ(value(), "$(id)||mine|p|");
}

TEST_F(ProgramProviderTest, TellsTheExitCodeAndNothingThatWasWritten) {
  write("echo very secret; echo very secret >&2; exit 3");
  EXPECT_EQ(problem(), named(" ended with exit code 3"));
}

TEST_F(ProgramProviderTest, EndsWhatIsSlowQuietOrTalkative) {
  write("exec /bin/sleep 1000");
  definition["timeoutMs"] = 30;
  EXPECT_EQ(problem(), named(": no end within 30 ms"));
  definition["timeoutMs"] = 120'000;
  definition["noOutputTimeoutMs"] = 30;
  EXPECT_EQ(problem(), named(": no output for 30 ms"));
  write("while :; do echo more; done");
  definition["noOutputTimeoutMs"] = 20'000;
  definition["maxOutputBytes"] = 1'000;
  EXPECT_EQ(problem(), named(": it wrote more than 1000 bytes"));
}

TEST_F(ProgramProviderTest, StartsOnlyWhatNobodyElseCanChange) {
  EXPECT_EQ(problem(), named(" does not exist"));
  write("", 0600);
  if (::geteuid() != 0) EXPECT_EQ(problem(), named(" is not a program"));
  for (const mode_t mode : {0720u, 0702u}) {
    write("", mode);
    EXPECT_EQ(problem(), named(" can be changed by other users")) << mode;
  }
  definition["command"] = directory.path().string();
  EXPECT_EQ(problem(), "the command " + directory.path().string() + " is not a program");
  definition["command"] = "vault";
  EXPECT_EQ(problem(), "the command vault is not an absolute path");
  if (::geteuid() != 0) return;
  write("");
  ASSERT_EQ(::chown(program.c_str(), 12345, 12345), 0);
  definition["command"] = program.string();
  EXPECT_EQ(problem(), named(" belongs to another user"));
}

TEST_F(ProgramProviderTest, FollowsALinkOnlyWhenToldTo) {
  write("echo x");
  const auto link = directory.path() / "link";
  std::filesystem::create_symlink("vault", link);
  definition["command"] = link.string();
  definition["jsonOnly"] = false;
  EXPECT_TRUE(problem().contains("is a symbolic link")) << problem();
  definition["allowSymlinkCommand"] = true;
  EXPECT_EQ(value(), "x\n");
}

TEST_F(ProgramProviderTest, TrustsTheNamedDirectoriesAloneWhereTheLinksLead) {
  write("echo x");
  const auto bin = directory.path() / "bin";
  std::filesystem::create_directory(bin);
  std::filesystem::create_symlink("../vault", bin / "link");
  definition["jsonOnly"] = false;
  definition["allowSymlinkCommand"] = true;
  definition["trustedDirs"] = {directory.path().string()};
  EXPECT_EQ(value(), "x\n");
  definition["trustedDirs"] = {bin.string(), "/nonexistent", "."};
  definition["command"] = (bin / "link").string();
  EXPECT_TRUE(problem().contains("is in none of the trustedDirs")) << problem();
}

}  // namespace
}  // namespace gw::secrets
