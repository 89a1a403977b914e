#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/opening.hpp"
#include "unit/store/fixture.hpp"

namespace gw::test {
namespace {

using TablesTest = StoreTest;

RestartRecord record(const std::string& id, std::int64_t at) {
  return RestartRecord{.id = id,
                       .mode = "safe",
                       .reason = "update",
                       .outcome = "restarted",
                       .failure = "none",
                       .requesters = {json::Object{{"client", "cli"}, {"atMs", at}}},
                       .requested_at = UnixMillis{at},
                       .ended_at = UnixMillis{at + 5},
                       .waited_ms = 4,
                       .gap_ms = 3,
                       .resumed_runs = 1,
                       .cut_runs = 2,
                       .from_version = "0.1.0",
                       .to_version = "0.2.0"};
}

TEST_F(TablesTest, ARestartIsKeptAsItWasSaved) {
  ASSERT_TRUE(db->save(record("a", 100)));
  reopen();
  const auto saved = db->recent(10);
  ASSERT_TRUE(saved);
  ASSERT_EQ(saved->size(), 1U);
  const auto& one = saved->at(0);
  EXPECT_EQ(one.id, "a");
  EXPECT_EQ(one.mode, "safe");
  EXPECT_EQ(one.reason, "update");
  EXPECT_EQ(one.outcome, "restarted");
  EXPECT_EQ(one.failure, "none");
  EXPECT_EQ(json::serialize(one.requesters.at(0)), R"({"client":"cli","atMs":100})");
  EXPECT_EQ(one.requested_at.value, 100);
  EXPECT_EQ(one.ended_at, UnixMillis{105});
  EXPECT_EQ(one.waited_ms, 4);
  EXPECT_EQ(one.gap_ms, 3);
  EXPECT_EQ(one.cut_runs, 2);
  EXPECT_EQ(one.resumed_runs, 1);
  EXPECT_EQ(one.from_version, "0.1.0");
  EXPECT_EQ(one.to_version, "0.2.0");
}

TEST_F(TablesTest, ARestartIsReplacedById) {
  auto first = record("a", 100);
  first.outcome.clear();
  first.ended_at.reset();
  ASSERT_TRUE(db->save(first));
  EXPECT_FALSE(db->recent(1)->at(0).ended_at);
  ASSERT_TRUE(db->save(record("a", 100)));
  ASSERT_EQ(db->recent(10)->size(), 1U);
  EXPECT_EQ(db->recent(10)->at(0).outcome, "restarted");
}

TEST_F(TablesTest, TheNewestTwoHundredRestartsAreKept) {
  int saved = 0;
  for (int i = 0; i < 205; ++i) {
    db->store.save(record("r" + std::to_string(i), i), [&](const Status& done) { saved += done ? 1 : 0; });
  }
  ASSERT_TRUE(loop.run_until([&] { return saved == 205; }));
  const auto all = db->recent(1'000);
  ASSERT_EQ(all->size(), 200U);
  EXPECT_EQ(all->front().id, "r204");
  EXPECT_EQ(all->back().id, "r5");
  EXPECT_EQ(db->recent(2)->size(), 2U);
}

TEST_F(TablesTest, RestartsAreReadPageByPageAlsoThoseOfTheSameInstant) {
  for (const char* id : {"a", "b", "c", "d"}) ASSERT_TRUE(db->save(record(id, id[0] == 'a' ? 1 : 2)));
  const auto page = db->recent(2);
  ASSERT_EQ(page->size(), 2U);
  EXPECT_EQ(page->at(1).id, "c");
  const auto rest = db->recent(10, "c");
  ASSERT_EQ(rest->size(), 2U);
  EXPECT_EQ(rest->at(0).id, "b");
  EXPECT_EQ(rest->at(1).id, "a");
  EXPECT_TRUE(db->recent(10, "a")->empty());
  EXPECT_TRUE(db->recent(10, "nobody")->empty());
}

TEST_F(TablesTest, ARestartThatCouldNotBeReadBackIsRefused) {
  auto bad = record("a", 1);
  bad.requesters.emplace_back("\xff");
  EXPECT_EQ(db->save(bad).error().code, Code::InvalidRequest);
  EXPECT_TRUE(db->recent(1)->empty());
}

TEST_F(TablesTest, ADeviceIsKeptAndReplacedByIdAndRole) {
  Device device{.id = "d1",
                .public_key = "key",
                .role = "operator",
                .scopes = {"operator.read", "operator.write"},
                .platform = "linux",
                .device_family = "desktop",
                .display_name = "Desk",
                .token = Secret("t1"),
                .paired_at = UnixMillis{10},
                .issued_at = UnixMillis{20}};
  ASSERT_TRUE(db->save_device(device));
  device.role = "node";
  ASSERT_TRUE(db->save_device(device));
  device.role = "operator";
  device.token = Secret("t2");
  device.scopes.clear();
  ASSERT_TRUE(db->save_device(device));

  reopen();
  const auto devices = db->load_devices();
  ASSERT_TRUE(devices);
  ASSERT_EQ(devices->size(), 2U);
  const auto& node = devices->at(0);
  EXPECT_EQ(node.role, "node");
  EXPECT_EQ(node.id, "d1");
  EXPECT_EQ(node.public_key, "key");
  EXPECT_EQ(node.scopes, (std::vector<std::string>{"operator.read", "operator.write"}));
  EXPECT_EQ(node.platform, "linux");
  EXPECT_EQ(node.device_family, "desktop");
  EXPECT_EQ(node.display_name, "Desk");
  EXPECT_EQ(node.token.reveal(), "t1");
  EXPECT_EQ(node.paired_at.value, 10);
  EXPECT_EQ(node.issued_at.value, 20);
  EXPECT_EQ(devices->at(1).token.reveal(), "t2");
  EXPECT_TRUE(devices->at(1).scopes.empty());
}

TEST_F(TablesTest, ADeviceThatCouldNotBeReadBackIsRefused) {
  EXPECT_EQ(db->save_device(Device{.id = "d1", .scopes = {"\xff"}}).error().code, Code::InvalidRequest);
}

/// The steps of the plan that walk through a whole table or index.
std::vector<std::string> scans_of(store::Database& database, const std::string& sql) {
  const auto explain = "EXPLAIN QUERY PLAN " + sql;
  store::Statement statement(database, explain.c_str());
  auto rows = statement.query();
  std::vector<std::string> scans;
  for (auto more = rows.next(); more && *more; more = rows.next()) {
    if (rows.text(3).starts_with("SCAN ")) scans.push_back(rows.text(3));
  }
  return scans;
}

// Each is bounded by something other than the age of the installation, or is asked for by a person.
bool is_allowed(const std::string& sql, const std::string& scan) {
  if (scan == "SCAN session USING INDEX session_by_update") return sql.contains("LIMIT ?1");
  if (scan.starts_with("SCAN session")) return sql.starts_with("SELECT count(*) FROM session");
  return scan.starts_with("SCAN restart") || scan.starts_with("SCAN device");
}

TEST_F(TablesTest, NoStatementWalksThroughHistory) {
  db.reset();
  auto connection = store::open_for_writing(file);
  ASSERT_TRUE(connection) << connection.error().message;
  ASSERT_TRUE((*connection)->tables.prepare());
  auto& database = *(*connection)->database;
  const auto statements = database.prepared_sql();
  EXPECT_GE(statements.size(), 30U);
  for (const auto& sql : statements) {
    for (const auto& scan : scans_of(database, sql))
      EXPECT_TRUE(is_allowed(sql, scan)) << scan << " in " << sql;
  }
}

TEST_F(TablesTest, ADamagedRowIsReportedAndNotGuessed) {
  (void)admitted(new_job("r1"));
  ASSERT_TRUE(db->save(record("a", 1)));
  ASSERT_TRUE(db->close());
  {
    auto database = store::Database::open(file, store::Database::Mode::Write);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->run("UPDATE job SET options = '{'; UPDATE restart SET requesters = '{}'"));
  }
  EXPECT_EQ(db->find_run("r1").error().code, Code::Storage);
  EXPECT_EQ(db->recent(1).error().code, Code::Storage);
}

}  // namespace
}  // namespace gw::test
