#include "provider/router.hpp"

#include "support/test_loop.hpp"
#include "unit/provider/recorder.hpp"

namespace gw {
namespace {

config::ProviderEntry entry(std::string id, std::vector<std::string> models) {
  config::ProviderEntry made;
  made.id = std::move(id);
  made.base_url = "http://127.0.0.1:1/v1";
  made.api = "openai-completions";
  for (std::string& model : models) made.models.push_back({.id = std::move(model)});
  return made;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    config.providers = {entry("first", {"a", "b"}), entry("second", {"c/d"})};
    config.echo_delay = Millis{1};
  }
  std::string listed() {
    const ProviderRouter router(config, loop, log);
    std::string all;
    for (const ModelInfo& model : router.models()) all += model.provider + "/" + model.id + " ";
    return all;
  }

  config::Config config = config::defaults();
  test::TestLoop loop;
  NullLog log;
  test::ModelRecorder recorder;
};

TEST_F(RouterTest, ListsThePrimaryModelFirst) {
  EXPECT_EQ(listed(), "builtin/echo first/a first/b second/c/d ");
  config.primary_model = "second/c/d";
  EXPECT_EQ(listed(), "second/c/d first/a first/b builtin/echo ");
}

TEST_F(RouterTest, ListsAPrimaryModelThatItsProviderDoesNotName) {
  config.primary_model = "first/new";
  EXPECT_EQ(listed(), "first/new first/a first/b second/c/d builtin/echo ");
}

TEST_F(RouterTest, DoesNotInventAModelOfAnUnknownProvider) {
  config.primary_model = "nobody/x";
  EXPECT_EQ(listed(), "first/a first/b second/c/d builtin/echo ");
}

TEST_F(RouterTest, TellsWhatIsKnownAboutAModel) {
  config.providers[0].models[0] = {
      .id = "a", .name = "Model A", .reasoning = true, .context_window = 9, .max_tokens = 3};
  config.primary_model = "first/a";
  const ModelInfo info = ProviderRouter(config, loop, log).models().front();
  EXPECT_EQ(info.name, "Model A");
  EXPECT_EQ(info.api, "openai-completions");
  EXPECT_TRUE(info.reasoning);
  EXPECT_EQ(info.context_window, 9);
  EXPECT_EQ(info.max_tokens, 3);
}

TEST_F(RouterTest, TheBuiltInModelAnswersWithoutAnyProvider) {
  config.providers.clear();
  ProviderRouter router(config, loop, log);
  recorder.call = router.start(test::request("builtin", "echo", "hello"), recorder);
  loop.advance(Millis{100});
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->text, "echo: hello");
}

TEST_F(RouterTest, APinnedClientKeepsTheConfigurationOfItsTime) {
  ProviderRouter router(config, loop, log);
  const auto pinned = router.pinned();
  config.providers = {entry("third", {"e"})};
  router.apply(config);
  EXPECT_EQ(pinned->models().size(), 4U);
  EXPECT_EQ(router.models().size(), 2U);
  EXPECT_EQ(router.pinned()->models()[1].id, "e");
}

TEST_F(RouterTest, AnAnswerUnderWayGoesOnThroughANewConfiguration) {
  config.echo_chunk_chars = 1;
  ProviderRouter router(config, loop, log);
  recorder.call = router.start(test::request("builtin", "echo", "hello"), recorder);
  loop.advance(Millis{2});
  router.apply(config);
  loop.advance(Millis{100});
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->text, "echo: hello");
}

TEST_F(RouterTest, AnUnknownProviderIsRefusedLaterAndSaysWhatToConfigure) {
  ProviderRouter router(config, loop, log);
  recorder.call = router.start(test::request("nobody", "x"), recorder);
  EXPECT_FALSE(recorder.is_over()) << "the sink was called before start returned";
  loop.advance(Millis{0});
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "model_not_found");
  EXPECT_FALSE(recorder.failure->is_retryable);
  EXPECT_NE(recorder.failure->message.find("models.providers.nobody"), std::string::npos);
}

TEST_F(RouterTest, AnotherBuiltInModelIsRefused) {
  ProviderRouter router(config, loop, log);
  recorder.call = router.start(test::request("builtin", "gpt"), recorder);
  loop.advance(Millis{0});
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "model_not_found");
}

TEST_F(RouterTest, ADestroyedRefusalStaysSilent) {
  ProviderRouter router(config, loop, log);
  recorder.call = router.start(test::request("nobody", "x"), recorder);
  recorder.call.reset();
  loop.advance(Millis{10});
  EXPECT_FALSE(recorder.is_over());
}

}  // namespace
}  // namespace gw
