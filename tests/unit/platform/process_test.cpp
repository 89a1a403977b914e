#include <poll.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "platform/child_process.hpp"
#include "platform/clock.hpp"
#include "platform/memory_file.hpp"
#include "platform/packet_channel.hpp"
#include "platform/port_owner.hpp"
#include "platform/private_file.hpp"
#include "platform/process_identity.hpp"
#include "platform/service_notifier.hpp"
#include "platform/stream_socket.hpp"

namespace gw::platform {
namespace {

Result<ChildProcess> shell(const std::string& script, std::vector<std::pair<int, int>> descriptors = {}) {
  return ChildProcess::spawn({.program = "/bin/sh",
                              .arguments = {"sh", "-c", script},
                              .environment = {"PATH=/usr/bin:/bin", "WORD=hello"},
                              .descriptors = std::move(descriptors)});
}

ExitReport ending_of(ChildProcess& child) {
  pollfd entry{child.exit_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&entry, 1, 10'000), 1);
  auto report = child.reap();
  EXPECT_TRUE(report.has_value());
  return report.value_or(ExitReport{});
}

TEST(ChildProcessTest, ReportsTheExitCode) {
  auto child = shell("exit 3");
  ASSERT_TRUE(child.has_value());
  const ExitReport report = ending_of(*child);
  EXPECT_EQ(report.code, 3);
  EXPECT_EQ(report.text, "exited with code 3");
  EXPECT_FALSE(child->reap().has_value());
}

TEST(ChildProcessTest, ReportsTheSignal) {
  auto child = shell("kill -SEGV $$");
  const ExitReport report = ending_of(*child);
  EXPECT_EQ(report.code, 139);
  EXPECT_EQ(report.text, "was killed by SIGSEGV");
}

TEST(ChildProcessTest, AProgramThatIsNotThereFailsWithItsPath) {
  const auto child = ChildProcess::spawn({.program = "/nowhere/program", .arguments = {"program"}});
  ASSERT_FALSE(child.has_value());
  EXPECT_NE(child.error().message.find("/nowhere/program"), std::string::npos);
}

TEST(ChildProcessTest, DestroyingALivingChildEndsItWithoutAZombie) {
  int pid = 0;
  {
    auto child = shell("exec sleep 100");
    pid = child->pid();
    ASSERT_TRUE(identity_of(pid).has_value());
  }
  EXPECT_FALSE(identity_of(pid).has_value());
}

TEST(ChildProcessTest, GetsExactlyTheDescriptorsAndVariablesNamed) {
  auto ends = PacketChannel::make_pair();
  ASSERT_TRUE(ends.has_value());
  auto listing = shell("exec ls /proc/self/fd >&4", {{ends->second.fd(), 4}});
  ASSERT_TRUE(listing.has_value());
  EXPECT_EQ(ending_of(*listing).code, 0);
  EXPECT_EQ(ends->first.receive(1'000)->value_or(""), "0\n1\n2\n3\n4\n");  // 3 is ls reading the directory.
  auto word = shell("echo \"$WORD$HOME\" >&4", {{ends->second.fd(), 4}});
  EXPECT_EQ(ending_of(*word).code, 0);
  EXPECT_EQ(ends->first.receive(1'000)->value_or(""), "hello\n");
}

TEST(ChildProcessTest, NumbersThatCrossDoNotOverwriteEachOther) {
  auto first = PacketChannel::make_pair();
  auto second = PacketChannel::make_pair();
  const int low = first->second.fd();
  const int high = second->second.fd();
  auto child = shell("echo one >&" + std::to_string(high) + "; echo two >&" + std::to_string(low),
                     {{low, high}, {high, low}});
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(ending_of(*child).code, 0);
  EXPECT_EQ(first->first.receive(1'000)->value_or(""), "one\n");
  EXPECT_EQ(second->first.receive(1'000)->value_or(""), "two\n");
}

TEST(PacketChannelTest, KeepsMessagesWholeAndTellsEmptyFromClosed) {
  auto ends = PacketChannel::make_pair();
  auto& [a, b] = *ends;
  EXPECT_FALSE(b.receive(10)->has_value());
  ASSERT_TRUE(a.send("one").has_value());
  ASSERT_TRUE(a.send("two").has_value());
  EXPECT_EQ(b.receive(10)->value_or(""), "one");
  EXPECT_EQ(b.receive(10)->value_or(""), "two");
  a.close();
  EXPECT_FALSE(b.receive(10).has_value());
  EXPECT_FALSE(b.send("x").has_value());
}

TEST(PacketChannelTest, DescriptorsGoBesideAMessageAndAreClosedWhenNobodyTakesThem) {
  auto ends = PacketChannel::make_pair();
  auto& [a, b] = *ends;
  auto file = make_memory_file("content");
  ASSERT_TRUE(file.has_value());
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const Fd reading(pipe_ends[0]);
  Fd writing(pipe_ends[1]);
  const int both[2] = {file->get(), writing.get()};
  ASSERT_TRUE(a.send("one", both));
  ASSERT_TRUE(a.send("two", both));
  writing.reset();

  std::vector<Fd> taken;
  EXPECT_EQ(b.receive(10, &taken)->value_or(""), "one");
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(read_memory_file(taken[0].get(), 7).value_or(""), "content");
  EXPECT_EQ(read_memory_file(taken[0].get(), 6).error().code, Code::Unavailable);
  EXPECT_EQ(b.receive(10)->value_or(""), "two");
  taken.clear();
  char byte = 0;
  EXPECT_EQ(::read(reading.get(), &byte, 1), 0) << "a copy of the writing end is left";
}

TEST(PacketChannelTest, MoreDescriptorsThanTheSystemPassesAreAnError) {
  auto ends = PacketChannel::make_pair();
  const std::vector<int> many(PacketChannel::kDescriptorsMax + 1, 0);
  EXPECT_EQ(ends->first.send("x", many).error().code, Code::Unavailable);
}

TEST(PacketChannelTest, RefusesAMessageThatIsTooLong) {
  auto ends = PacketChannel::make_pair();
  ASSERT_TRUE(ends->first.send("12345").has_value());
  EXPECT_FALSE(ends->second.receive(4).has_value());
}

TEST(StreamSocketTest, ATakenPortIsAConflictAndItsOwnerIsFound) {
  const auto first = listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(first.has_value());
  ASSERT_NE(first->port, 0);
  const auto second = listen_tcp("127.0.0.1", first->port);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::Conflict);
  const auto owners = port_owners(first->port);
  ASSERT_EQ(owners.size(), 1U);
  EXPECT_EQ(owners[0].pid, ::getpid());
}

TEST(StreamSocketTest, AnAddressThatIsNotOneIsRefused) {
  EXPECT_EQ(listen_tcp("not-an-address", 0).error().code, Code::Unavailable);
}

TEST(StreamSocketTest, ConnectingToNobodyFailsAndWaitingForNothingTimesOut) {
  std::uint16_t port = 0;
  {
    const auto listener = listen_tcp("127.0.0.1", 0);
    port = listener->port;
    auto stream = TcpStream::connect("127.0.0.1", port, now() + Millis{1'000});
    ASSERT_TRUE(stream.has_value());
    EXPECT_TRUE(stream->write_all("hello", now() + Millis{1'000}).has_value());
    char buffer[8];
    const auto read = stream->read_some(buffer, now() + Millis{1});
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, Code::TimedOut);
  }
  const auto refused = TcpStream::connect("127.0.0.1", port, now() + Millis{1'000});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::Unavailable);
}

TEST(PrivateFileTest, ANewFileIsReadableByItsOwnerAlone) {
  const auto dir = std::filesystem::temp_directory_path() / ("gw-" + std::to_string(::getpid()));
  ASSERT_TRUE(make_private_dir(dir / "inner").has_value());
  ASSERT_TRUE(write_private_file(dir / "inner" / "secret", "text").has_value());
  EXPECT_EQ(read_small_file(dir / "inner" / "secret").value_or(""), "text");
  const auto mode = std::filesystem::status(dir / "inner" / "secret").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(std::filesystem::status(dir / "inner").permissions(), std::filesystem::perms::owner_all);
  EXPECT_FALSE(make_private_dir(dir / "inner" / "secret").has_value()) << "a file is not a directory";
  EXPECT_FALSE(write_private_file(dir / "missing" / "secret", "text").has_value());
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace gw::platform
