#include "provider/echo.hpp"

#include "base/text.hpp"
#include "support/test_loop.hpp"
#include "unit/provider/recorder.hpp"

namespace gw {
namespace {

using test::said;
using Role = ModelMessage::Role;

class EchoTest : public testing::Test {
 protected:
  void start(std::string text, Millis delay = Millis{20}, std::int64_t chunk_chars = 4) {
    EchoModel echo(loop, delay, chunk_chars);
    recorder.call = echo.start(test::request("builtin", "echo", std::move(text)), recorder);
  }

  test::TestLoop loop;
  test::ModelRecorder recorder;
};

TEST_F(EchoTest, SaysTheLastUserMessageInPieces) {
  EchoModel echo(loop, Millis{20}, 4);
  ModelRequest request = test::request("builtin", "echo", "first");
  request.messages.push_back(said(Role::Assistant, "echo: first"));
  request.messages.push_back(said(Role::User, "hello"));
  request.messages.push_back(said(Role::Tool, "not this"));
  recorder.call = echo.start(request, recorder);
  loop.advance(Millis{1'000});
  EXPECT_EQ(recorder.pieces, (std::vector<std::string>{"echo", ": he", "llo"}));
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->text, "echo: hello");
  EXPECT_EQ(recorder.answer->stop_reason, "stop");
}

TEST_F(EchoTest, WaitsBeforeEachPiece) {
  start("hello");
  EXPECT_EQ(recorder.pieces.size(), 0U) << "the sink was called before start returned";
  loop.advance(Millis{19});
  EXPECT_EQ(recorder.pieces.size(), 0U);
  loop.advance(Millis{1});
  EXPECT_EQ(recorder.pieces.size(), 1U);
  loop.advance(Millis{39});
  EXPECT_EQ(recorder.pieces.size(), 2U);
  EXPECT_FALSE(recorder.is_over());
  loop.advance(Millis{1});
  EXPECT_TRUE(recorder.answer);
}

TEST_F(EchoTest, NeverCutsACharacter) {
  start("g\xC3\xBC\xC3\x9F\xF0\x9F\xA6\x9E\xF0\x9F\xA6\x9E!", Millis{0}, 1);
  loop.advance(Millis{0});
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.pieces.size(), 6U + 6U);
  for (const std::string& piece : recorder.pieces) EXPECT_TRUE(is_valid_utf8(piece));
  EXPECT_EQ(recorder.text, recorder.answer->text);
}

TEST_F(EchoTest, CountsFourCharactersAsAToken) {
  start("12345678");  // The answer has 14 characters.
  loop.advance(Millis{1'000});
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->usage.input, 2);
  EXPECT_EQ(recorder.answer->usage.output, 4);
  EXPECT_EQ(recorder.answer->usage.total, 6);
}

TEST_F(EchoTest, DestroyingTheCallEndsIt) {
  start("hello");
  loop.advance(Millis{20});
  recorder.call.reset();
  loop.advance(Millis{1'000});
  EXPECT_EQ(recorder.pieces.size(), 1U);
}

TEST_F(EchoTest, TheSinkMayEndTheCall) {
  recorder.ends_at_text = true;
  start("hello");
  loop.advance(Millis{1'000});
  EXPECT_EQ(recorder.pieces.size(), 1U);
  EXPECT_FALSE(recorder.is_over());
}

TEST_F(EchoTest, TheSinkMayEndTheCallAtTheLastPiece) {
  recorder.ends_at_text = true;
  start("hello", Millis{20}, 100);
  loop.advance(Millis{1'000});
  EXPECT_EQ(recorder.text, "echo: hello");
  EXPECT_FALSE(recorder.is_over());
}

TEST_F(EchoTest, AnEmptyOrMissingMessageStillGetsAnAnswer) {
  start("");
  loop.advance(Millis{1'000});
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->text, "echo: ");
}

TEST_F(EchoTest, APieceHasAtLeastOneCharacter) {
  start("a", Millis{0}, -3);
  loop.advance(Millis{0});
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.pieces.size(), 7U);
}

TEST_F(EchoTest, ItsNameSaysThatItIsNoModel) {
  EXPECT_EQ(EchoModel::info().provider + "/" + EchoModel::info().id, "builtin/echo");
  EXPECT_NE(EchoModel::info().name.find("no AI model"), std::string::npos);
}

}  // namespace
}  // namespace gw
