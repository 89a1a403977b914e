#include "net/output_queue.hpp"

#include <array>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "net/sockets.hpp"

namespace gw::net {
namespace {

using Outcome = OutputQueue::Outcome;

class OutputQueueTest : public testing::Test {
 protected:
  OutputQueueTest() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    ours_ = Socket(fds[0]);
    theirs_ = Socket(fds[1]);
  }

  void push_message(const std::string& text) {
    queue_.push(ws::frame_header(ws::Opcode::Text, text.size()), std::make_shared<const std::string>(text));
    expected_ += ws::encode(ws::Opcode::Text, text);
  }

  void read_some() {
    std::array<char, 5'000> buffer;
    const ssize_t count = ::read(theirs_.fd(), buffer.data(), buffer.size());
    if (count > 0) got_.append(buffer.data(), static_cast<std::size_t>(count));
  }

  Socket ours_;
  Socket theirs_;
  OutputQueue queue_;
  std::string expected_;
  std::string got_;
};

TEST_F(OutputQueueTest, IsDrainedFromTheStart) {
  EXPECT_EQ(queue_.write_to(ours_.fd()), Outcome::Drained);
  EXPECT_EQ(queue_.bytes(), 0U);
}

TEST_F(OutputQueueTest, WritesRawBytesAndMessagesInOrder) {
  queue_.push("head");
  expected_ = "head";
  push_message("one");
  push_message("");
  push_message("two");
  EXPECT_EQ(queue_.bytes(), expected_.size());
  EXPECT_EQ(queue_.write_to(ours_.fd()), Outcome::Drained);
  EXPECT_EQ(queue_.bytes(), 0U);
  read_some();
  EXPECT_EQ(got_, expected_);
}

TEST_F(OutputQueueTest, GoesOnInTheMiddleOfAMessageForASlowReader) {
  for (int i = 0; i < 3'000; ++i)
    push_message(std::string(static_cast<std::size_t>(i % 700), 'a' + char(i % 26)));
  EXPECT_EQ(queue_.write_to(ours_.fd()), Outcome::Waiting);
  EXPECT_GT(queue_.bytes(), 0U);
  EXPECT_LT(queue_.bytes(), expected_.size());
  for (Outcome outcome = Outcome::Waiting; outcome == Outcome::Waiting;
       outcome = queue_.write_to(ours_.fd())) {
    EXPECT_LE(got_.size() + queue_.bytes(), expected_.size());
    read_some();
  }
  while (got_.size() < expected_.size()) read_some();
  EXPECT_EQ(got_, expected_);
  EXPECT_EQ(queue_.bytes(), 0U);
}

TEST_F(OutputQueueTest, SharesItsPayloadsAndLetsGoOfWrittenOnes) {
  const auto text = std::make_shared<const std::string>("shared");
  queue_.push(ws::frame_header(ws::Opcode::Text, text->size()), text);
  queue_.push(ws::frame_header(ws::Opcode::Text, text->size()), text);
  EXPECT_EQ(text.use_count(), 3);
  EXPECT_EQ(queue_.write_to(ours_.fd()), Outcome::Drained);
  EXPECT_EQ(text.use_count(), 1);
}

TEST_F(OutputQueueTest, LetsGoOfWrittenPayloadsWhileOthersWait) {
  const auto first = std::make_shared<const std::string>("first");
  const auto second = std::make_shared<const std::string>(5'000'000, 'x');
  queue_.push({}, first);
  queue_.push({}, second);
  EXPECT_EQ(queue_.write_to(ours_.fd()), Outcome::Waiting);
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(second.use_count(), 2);
}

TEST_F(OutputQueueTest, TellsAPeerThatIsGone) {
  theirs_.close();
  push_message("x");
  EXPECT_EQ(queue_.write_to(ours_.fd()), Outcome::Broken);
}

}  // namespace
}  // namespace gw::net
