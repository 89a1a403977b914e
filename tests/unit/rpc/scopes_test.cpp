#include "rpc/scopes.hpp"

#include <gtest/gtest.h>

#include "rpc/client.hpp"

namespace gw::rpc {
namespace {

using Names = std::vector<std::string>;

constexpr Scope kAll[] = {Scope::Read,    Scope::Write,     Scope::Admin, Scope::Approvals,
                          Scope::Pairing, Scope::Questions, Scope::Talk,  Scope::TalkSecrets};

TEST(ScopesTest, EveryScopeHasANameThatLeadsBackToIt) {
  for (const Scope scope : kAll) EXPECT_EQ(scope_of(name_of(scope)), scope);
  EXPECT_EQ(name_of(Scope::None), "");
  EXPECT_EQ(scope_of("operator.everything"), std::nullopt);
}

TEST(ScopesTest, AdminAllowsEverything) {
  for (const Scope scope : kAll) EXPECT_TRUE(allows(Names{"operator.admin"}, scope));
}

TEST(ScopesTest, WriteAllowsReadAndTalkAndNothingElse) {
  for (const Scope scope : kAll) {
    const bool expected = scope == Scope::Write || scope == Scope::Read || scope == Scope::Talk;
    EXPECT_EQ(allows(Names{"operator.write"}, scope), expected) << name_of(scope);
  }
}

TEST(ScopesTest, OtherScopesAllowOnlyThemselves) {
  for (const Scope granted : {Scope::Read, Scope::Approvals, Scope::Pairing, Scope::Questions, Scope::Talk}) {
    for (const Scope scope : kAll) {
      EXPECT_EQ(allows(Names{std::string(name_of(granted))}, scope), granted == scope);
    }
  }
}

TEST(ScopesTest, NothingIsNeededForNone) { EXPECT_TRUE(allows(Names{}, Scope::None)); }

TEST(ScopesTest, CoverageFollowsTheImplications) {
  EXPECT_TRUE(covers(Names{"operator.write"}, Names{"operator.read", "operator.talk"}));
  EXPECT_FALSE(covers(Names{"operator.read"}, Names{"operator.read", "operator.write"}));
  EXPECT_TRUE(covers(Names{}, Names{}));
  EXPECT_FALSE(covers(Names{"operator.admin"}, Names{"made.up"}));
}

TEST(ScopesTest, UnknownAndRepeatedNamesAreDropped) {
  EXPECT_EQ(known_scopes(Names{"operator.write", "made.up", "operator.read", "operator.write"}),
            (Names{"operator.write", "operator.read"}));
}

TEST(ScopesTest, StoredScopesNameWhatTheyImply) {
  EXPECT_EQ(normalized_scopes(Names{"operator.pairing", "operator.admin"}),
            (Names{"operator.admin", "operator.pairing", "operator.read", "operator.write"}));
  EXPECT_EQ(normalized_scopes(Names{"operator.write"}), (Names{"operator.read", "operator.write"}));
  EXPECT_EQ(normalized_scopes(Names{"operator.read", "operator.read"}), (Names{"operator.read"}));
}

TEST(ClientTest, AMissingScopeIsRefusedAsTheClientsGenerationExpects) {
  Client client{.scopes = {"operator.read"}, .protocol = 4};
  EXPECT_TRUE(has_scope(client, Scope::Read));
  EXPECT_FALSE(has_scope(client, Scope::Write));
  const auto newer = missing_scope(client, Scope::Write);
  EXPECT_EQ(newer.code, "FORBIDDEN");
  EXPECT_EQ(newer.message, "missing scope: operator.write");
  EXPECT_EQ(
      json::serialize(newer.details),
      R"({"code":"MISSING_SCOPE","missingScope":"operator.write","requiredScopes":["operator.write"]})");
  client.protocol = 3;
  EXPECT_EQ(missing_scope(client, Scope::Write).code, "INVALID_REQUEST");
}

}  // namespace
}  // namespace gw::rpc
