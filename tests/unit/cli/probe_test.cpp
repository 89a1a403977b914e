#include <fstream>

#include "unit/cli/program_fixture.hpp"
#include "unit/cli/stub_gateway.hpp"

namespace gw::cli {
namespace {

using Kind = decltype(json::Value().kind());

class ProbeTest : public ProgramTest {
 protected:
  void configure(const std::string& text) { std::ofstream(dir_ / "openclaw.json") << text; }

  static StubGateway::Reply reply(const std::string& frame) {
    return {.frames = {frame}, .close_reason = {}};
  }

  /// Answers everything, as an operator who may read sees it.
  static StubGateway::Reply readable(const json::Object& request, int) {
    const std::string_view method = json::text_or(request, "method");
    json::Value answer = json::Object{};
    if (method == "connect") {
      answer = json::Object{{"server", {{"version", "1.2.3"}, {"connId", "c"}}},
                            {"auth", {{"role", "operator"}, {"scopes", json::Array{"operator.read"}}}}};
    } else if (method == "health") {
      answer = json::Object{{"ok", true}};
    } else if (method == "system-presence") {
      answer = json::Array{json::Object{{"host", "elsewhere"}, {"reason", "connect"}},
                           json::Object{{"host", "here"},
                                        {"ip", "10.0.0.1"},
                                        {"version", "1.2.3"},
                                        {"platform", "linux"},
                                        {"reason", "self"}}};
    } else if (method == "config.get") {
      answer = json::Object{
          {"path", "/x/openclaw.json"},
          {"exists", true},
          {"valid", true},
          {"issues", json::Array{}},
          {"legacyIssues", json::Array{}},
          {"config",
           {{"gateway", {{"mode", "local"}, {"port", 7}, {"auth", {{"token", "hidden-secret"}}}}}}}};
    }
    return reply(StubGateway::ok(request, answer));
  }

  static StubGateway::Reply limited(const json::Object& request, int connection) {
    const std::string_view method = json::text_or(request, "method");
    if (method == "connect" || method == "health") return readable(request, connection);
    return reply(StubGateway::error(request, {{"code", "INVALID_REQUEST"},
                                              {"message", "missing scope: operator.read"},
                                              {"details", {{"code", "MISSING_SCOPE"}}}}));
  }

  json::Object probe(std::vector<std::string> more, int exit_code) {
    std::vector<std::string> words{"gateway", "probe", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(run(words), exit_code) << err_;
    return document();
  }

  static json::Object target(const json::Object& report, std::size_t index) {
    return report.at("targets").get_array().at(index).get_object();
  }
  static std::vector<std::string> warnings(const json::Object& report) {
    std::vector<std::string> codes;
    for (const json::Value& warning : report.at("warnings").get_array())
      codes.emplace_back(json::text_or(warning.get_object(), "code"));
    return codes;
  }
};

const json::Value* at_path(const json::Object& root, std::string_view path) {
  const json::Object* object = &root;
  const json::Value* value = nullptr;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    value = object ? object->if_contains(path.substr(0, dot)) : nullptr;
    object = value ? value->if_object() : nullptr;
    path.remove_prefix(std::min(path.size(), dot + 1));
  }
  return value;
}

void expect_kinds(const json::Object& root, const std::vector<std::pair<std::string_view, Kind>>& wanted) {
  for (const auto& [path, kind] : wanted) {
    const json::Value* value = at_path(root, path);
    ASSERT_NE(value, nullptr) << path;
    EXPECT_EQ(value->kind(), kind) << path;
  }
}

TEST_F(ProbeTest, EveryKeyPathOfTheReportIsThereWithItsType) {
  StubGateway gateway(readable);
  const json::Object report = probe({"--port", std::to_string(gateway.port())}, 0);
  expect_kinds(report, {{"ok", Kind::bool_},
                        {"degraded", Kind::bool_},
                        {"capability", Kind::string},
                        {"ts", Kind::int64},
                        {"durationMs", Kind::int64},
                        {"timeoutMs", Kind::int64},
                        {"primaryTargetId", Kind::string},
                        {"warnings", Kind::array},
                        {"network.localLoopbackUrl", Kind::string},
                        {"network.localTailnetUrl", Kind::null},
                        {"network.tailnetIPv4", Kind::null},
                        {"discovery.timeoutMs", Kind::int64},
                        {"discovery.count", Kind::int64},
                        {"discovery.beacons", Kind::array},
                        {"targets", Kind::array}});
  expect_kinds(target(report, 0), {{"id", Kind::string},
                                   {"kind", Kind::string},
                                   {"url", Kind::string},
                                   {"active", Kind::bool_},
                                   {"tunnel", Kind::null},
                                   {"connect.ok", Kind::bool_},
                                   {"connect.rpcOk", Kind::bool_},
                                   {"connect.scopeLimited", Kind::bool_},
                                   {"connect.latencyMs", Kind::int64},
                                   {"connect.error", Kind::null},
                                   {"connect.close", Kind::null},
                                   {"auth.role", Kind::string},
                                   {"auth.scopes", Kind::array},
                                   {"auth.capability", Kind::string},
                                   {"server.version", Kind::string},
                                   {"self.host", Kind::string},
                                   {"self.ip", Kind::string},
                                   {"self.version", Kind::string},
                                   {"self.platform", Kind::string},
                                   {"config.path", Kind::string},
                                   {"config.exists", Kind::bool_},
                                   {"config.valid", Kind::bool_},
                                   {"config.issues", Kind::array},
                                   {"config.legacyIssues", Kind::array},
                                   {"config.gateway.mode", Kind::string},
                                   {"config.gateway.bind", Kind::null},
                                   {"config.gateway.port", Kind::int64},
                                   {"config.gateway.controlUiEnabled", Kind::null},
                                   {"config.gateway.controlUiBasePath", Kind::null},
                                   {"config.gateway.authMode", Kind::null},
                                   {"config.gateway.authTokenConfigured", Kind::bool_},
                                   {"config.gateway.authPasswordConfigured", Kind::bool_},
                                   {"config.gateway.remoteUrl", Kind::null},
                                   {"config.gateway.remoteTokenConfigured", Kind::bool_},
                                   {"config.gateway.remotePasswordConfigured", Kind::bool_},
                                   {"config.gateway.tailscaleMode", Kind::null},
                                   {"config.discovery.wideAreaEnabled", Kind::null},
                                   {"health", Kind::object},
                                   {"summary", Kind::object},
                                   {"presence", Kind::array}});
  EXPECT_EQ(report.at("capability"), "read_only");
  EXPECT_EQ(*at_path(target(report, 0), "self.host"), "here");
  EXPECT_EQ(report.at("primaryTargetId"), "localLoopback");
  EXPECT_EQ(out_.find("hidden-secret"), std::string::npos);
  EXPECT_TRUE(warnings(report).empty());
}

TEST_F(ProbeTest, NothingIsPaired) {
  StubGateway gateway(readable);
  (void)probe({"--port", std::to_string(gateway.port())}, 0);
  EXPECT_FALSE(gateway.requests().front().at("params").get_object().contains("device"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "identity"));
}

TEST_F(ProbeTest, MissingScopesDegradeAReachableGateway) {
  StubGateway gateway(limited);
  const json::Object report = probe({"--port", std::to_string(gateway.port())}, 0);
  EXPECT_EQ(report.at("ok"), true);
  EXPECT_EQ(report.at("degraded"), true);
  EXPECT_EQ(at_path(target(report, 0), "connect.scopeLimited")->get_bool(), true);
  EXPECT_EQ(at_path(target(report, 0), "connect.rpcOk")->get_bool(), false);
  EXPECT_EQ(warnings(report), std::vector<std::string>{"probe_scope_limited"});
}

TEST_F(ProbeTest, AnotherFailureOfAReadIsADetail) {
  StubGateway gateway([](const json::Object& request, int connection) {
    if (json::text_or(request, "method") != "status") return readable(request, connection);
    return reply(StubGateway::error(request, {{"code", "UNAVAILABLE"}, {"message", "the disk is slow"}}));
  });
  const json::Object report = probe({"--port", std::to_string(gateway.port())}, 0);
  EXPECT_EQ(warnings(report), std::vector<std::string>{"probe_detail_failed"});
  EXPECT_EQ(*at_path(target(report, 0), "connect.error"), "the disk is slow");
  EXPECT_TRUE(target(report, 0).at("summary").is_null());
  EXPECT_TRUE(target(report, 0).at("presence").is_array());
}

TEST_F(ProbeTest, WithoutAGatewayItExitsWithOne) {
  const json::Object report = probe({"--port", "1"}, 1);
  EXPECT_EQ(report.at("ok"), false);
  EXPECT_TRUE(report.at("primaryTargetId").is_null());
  EXPECT_EQ(report.at("capability"), "unknown");
  EXPECT_EQ(warnings(report), std::vector<std::string>{"no_gateway_reachable"});
  EXPECT_TRUE(at_path(target(report, 0), "connect.error")->is_string());
  EXPECT_EQ(run({"gateway", "probe", "--port", "1"}), 1);
  EXPECT_NE(out_.find("not reachable"), std::string::npos);
}

TEST_F(ProbeTest, ARefusedSecretIsNotReachable) {
  StubGateway gateway([](const json::Object& request, int) {
    return reply(StubGateway::error(
        request, {{"code", "INVALID_REQUEST"}, {"message", "unauthorized: token mismatch"}}));
  });
  const json::Object report = probe({"--port", std::to_string(gateway.port())}, 1);
  EXPECT_EQ(*at_path(target(report, 0), "connect.error"), "unauthorized: token mismatch");
}

TEST_F(ProbeTest, TheExplicitAndTheLocalGatewayAreBothTriedAndOnlyTheFirstIsGivenTheToken) {
  StubGateway elsewhere(readable);
  StubGateway here(readable);
  configure("{gateway: {port: " + std::to_string(here.port()) + "}}");
  const json::Object report = probe({"--url", elsewhere.url(), "--token", "of-elsewhere"}, 0);
  ASSERT_EQ(report.at("targets").get_array().size(), 2U);
  EXPECT_EQ(target(report, 0).at("id"), "explicit");
  EXPECT_EQ(target(report, 0).at("active"), true);
  EXPECT_EQ(target(report, 1).at("id"), "localLoopback");
  EXPECT_EQ(target(report, 1).at("active"), false);
  EXPECT_EQ(report.at("primaryTargetId"), "explicit");
  EXPECT_EQ(warnings(report), std::vector<std::string>{"multiple_gateways"});
  EXPECT_NE(json::serialize(elsewhere.requests().front()).find("of-elsewhere"), std::string::npos);
  EXPECT_EQ(json::serialize(here.requests().front()).find("of-elsewhere"), std::string::npos);
}

TEST_F(ProbeTest, OneGatewayThatIsMeantTwiceIsOne) {
  StubGateway gateway(readable);
  configure("{gateway: {port: " + std::to_string(gateway.port()) + "}}");
  EXPECT_TRUE(warnings(probe({"--url", gateway.url()}, 0)).empty());
}

TEST_F(ProbeTest, InRemoteModeTheRemoteIsActiveAndTheLocalOneIsTriedToo) {
  StubGateway remote(readable);
  configure("{gateway: {mode: 'remote', port: 1, remote: {url: '" + remote.url() + "'}}}");
  const json::Object report = probe({}, 0);
  ASSERT_EQ(report.at("targets").get_array().size(), 2U);
  EXPECT_EQ(target(report, 0).at("id"), "configRemote");
  EXPECT_EQ(target(report, 0).at("active"), true);
  EXPECT_EQ(target(report, 1).at("active"), false);
  EXPECT_EQ(report.at("primaryTargetId"), "configRemote");
}

TEST_F(ProbeTest, ATargetThatCannotBeAddressedIsReportedBesideTheOthers) {
  StubGateway here(readable);
  configure("{gateway: {port: " + std::to_string(here.port()) + "}}");
  const json::Object report = probe({"--url", "wss://example.org"}, 0);
  EXPECT_TRUE(target(report, 0).at("url").is_null());
  EXPECT_NE(json::serialize(target(report, 0)).find("TLS"), std::string::npos);
  EXPECT_EQ(report.at("primaryTargetId"), "localLoopback");
}

TEST_F(ProbeTest, MisuseIsRefused) {
  EXPECT_EQ(run({"gateway", "probe", "--ssh", "me@there", "--json"}), 1);
  EXPECT_NE(json::serialize(document()).find("SSH tunnels"), std::string::npos);
  EXPECT_EQ(run({"gateway", "probe", "--ssh-auto"}), 1);
  EXPECT_NE(err_.find("ssh -N -L"), std::string::npos);
  EXPECT_EQ(run({"gateway", "probe", "--url", "ws://127.0.0.1:1", "--port", "1"}), 1);
  EXPECT_EQ(run({"gateway", "probe", "--timeout", "soon"}), 1);
}

}  // namespace
}  // namespace gw::cli
