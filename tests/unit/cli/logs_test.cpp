#include <fstream>
#include <sstream>

#include "unit/cli/program_fixture.hpp"

namespace gw::cli {
namespace {

constexpr const char* kInfo =
    R"({"0":"{\"subsystem\":\"gateway\"}","1":"ready","_meta":{"logLevelName":"INFO"},"time":"2026-11-23T10:00:00.000Z",)"
    R"("level":"info","subsystem":"gateway","message":"ready","pid":7})";
constexpr const char* kWarn =
    R"({"time":"2026-11-23T10:00:01.000Z","level":"warn","subsystem":"gateway/restart","message":"slow \u001b[2J",)"
    R"("why":"two words"})";
constexpr const char* kError =
    R"({"time":"2026-11-24T10:00:00.000Z","level":"error","subsystem":"ws","message":"broken"})";

class LogsTest : public ProgramTest {
 protected:
  LogsTest() {
    std::filesystem::create_directories(dir_ / "logs");
    std::ofstream(dir_ / "logs/openclaw-2026-11-23.log") << kInfo << "\n" << kWarn << "\n";
    std::ofstream(dir_ / "logs/openclaw-2026-11-24.log") << kError << "\nno record\n";
  }

  std::vector<json::Object> objects() const {
    std::vector<json::Object> all;
    std::istringstream lines(out_);
    for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line).value().get_object());
    return all;
  }
};

TEST_F(LogsTest, LinesAreInColumnsAndCannotMoveTheCursor) {
  EXPECT_EQ(run({"logs"}), 0);
  EXPECT_EQ(out_,
            "2026-11-23T10:00:00.000Z  info   gateway  ready pid=7\n"
            "2026-11-23T10:00:01.000Z  warn   gateway/restart  slow  [2J why=\"two words\"\n"
            "2026-11-24T10:00:00.000Z  error  ws               broken\n"
            "no record\n");
  EXPECT_EQ(err_, "");
}

TEST_F(LogsTest, ColoursAreForTerminals) {
  is_terminal_ = true;
  EXPECT_EQ(run({"logs", "--level", "warn"}), 0);
  EXPECT_NE(out_.find("\x1b[31merror\x1b[0m"), std::string::npos);
  EXPECT_NE(out_.find("\x1b[33mwarn \x1b[0m"), std::string::npos);
  EXPECT_EQ(out_.find("ready"), std::string::npos);
}

TEST_F(LogsTest, TheLimitCountsWantedLinesOverAllFiles) {
  EXPECT_EQ(run({"logs", "--level", "warn", "--limit", "3"}), 0);
  EXPECT_EQ(out_.find("ready"), std::string::npos);
  EXPECT_NE(out_.find("slow"), std::string::npos);
  EXPECT_EQ(run({"logs", "--limit", "1"}), 0);
  EXPECT_EQ(out_, "no record\n");
}

TEST_F(LogsTest, JsonIsOneObjectOnEachLine) {
  EXPECT_EQ(run({"logs", "--json"}), 0);
  const auto all = objects();
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0].at("type"), "meta");
  EXPECT_EQ(all[0].at("file"), (dir_ / "logs/openclaw-2026-11-24.log").c_str());
  EXPECT_EQ(all[0].at("sourceKind"), "file");
  EXPECT_TRUE(all[0].at("cursor").is_int64());
  EXPECT_EQ(all[1].at("type"), "log");
  for (const char* key : {"time", "level", "subsystem", "message", "raw"})
    EXPECT_TRUE(all[1].at(key).is_string());
  EXPECT_EQ(all[1].at("raw"), kInfo);
  EXPECT_EQ(all[4].at("type"), "raw");
  EXPECT_EQ(all[4].at("raw"), "no record");
}

TEST_F(LogsTest, TheConfiguredFileIsReadInPlaceOfTheDatedOnes) {
  std::ofstream(dir_ / "openclaw.json") << "{logging: {file: '" << (dir_ / "mine.log").string() << "'}}";
  std::ofstream(dir_ / "mine.log.1") << "older\n";
  std::ofstream(dir_ / "mine.log") << "newer\n";
  EXPECT_EQ(run({"logs"}), 0);
  EXPECT_EQ(out_, "older\nnewer\n");
}

TEST_F(LogsTest, WithoutALogItSaysSo) {
  std::filesystem::remove_all(dir_ / "logs");
  EXPECT_EQ(run({"logs"}), 0);
  EXPECT_EQ(out_, "");
  EXPECT_NE(err_.find("no log in " + (dir_ / "logs").string()), std::string::npos);
}

TEST_F(LogsTest, BadValuesAndUnreadableFilesAreRefused) {
  EXPECT_EQ(run({"logs", "--level", "loud", "--json"}), 1);
  EXPECT_EQ(document().at("error").at("type"), "cli_error");
  EXPECT_EQ(run({"logs", "--limit", "0"}), 1);
  EXPECT_NE(err_.find("Invalid --limit"), std::string::npos);
  std::filesystem::create_directories(dir_ / "logs/openclaw-2026-11-25.log");
  EXPECT_EQ(run({"logs"}), 1);
  EXPECT_NE(err_.find("openclaw-2026-11-25.log"), std::string::npos);
}

}  // namespace
}  // namespace gw::cli
