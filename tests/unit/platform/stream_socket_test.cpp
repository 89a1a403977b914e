#include "platform/stream_socket.hpp"

#include <gtest/gtest.h>

#include "platform/clock.hpp"

namespace gw::platform {
namespace {

bool can_connect(std::uint16_t port) {
  return TcpStream::connect("127.0.0.1", port, now() + Millis{5'000}).has_value();
}

TEST(ListenTcpTest, APortIsForOneOnly) {
  const auto first = listen_tcp("127.0.0.1", 0);
  const auto second = listen_tcp("127.0.0.1", first->port);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::Conflict);
}

TEST(ListenTcpTest, BesideOneThatListensAWiderAndANarrowerAddressOfThePortAreOpened) {
  auto narrow = listen_tcp("127.0.0.1", 0);
  auto wide = listen_tcp_beside({&*narrow, 1}, "0.0.0.0", narrow->port);
  ASSERT_TRUE(wide.has_value()) << wide.error().message;
  narrow->fd.reset();
  EXPECT_TRUE(can_connect(wide->port));
  auto narrow_again = listen_tcp_beside({&*wide, 1}, "127.0.0.1", wide->port);
  ASSERT_TRUE(narrow_again.has_value()) << narrow_again.error().message;
  wide->fd.reset();
  EXPECT_TRUE(can_connect(narrow_again->port));
}

TEST(ListenTcpTest, NeitherOfTheTwoIsSharedAfterwards) {
  auto narrow = listen_tcp("127.0.0.1", 0);
  auto wide = listen_tcp_beside({&*narrow, 1}, "0.0.0.0", narrow->port);
  EXPECT_EQ(listen_tcp("0.0.0.0", narrow->port).error().code, Code::Conflict);
  EXPECT_EQ(listen_tcp("127.0.0.1", narrow->port).error().code, Code::Conflict);
}

TEST(ListenTcpTest, OfTwoThatBeginOnOnePortTheSecondFindsItTaken) {
  const auto first = listen_tcp_beside({}, "127.0.0.1", 0);
  EXPECT_EQ(listen_tcp_beside({}, "127.0.0.1", first->port).error().code, Code::Conflict);
}

TEST(ListenTcpTest, APortThatWasSharedOnceIsNotTakenByOneThatListensThereOnAnotherAddress) {
  auto narrow = listen_tcp("127.0.0.1", 0);
  auto wide = listen_tcp_beside({&*narrow, 1}, "0.0.0.0", narrow->port);
  narrow = listen_tcp_beside({&*wide, 1}, "127.0.0.1", wide->port);
  wide->fd.reset();
  const auto other = listen_tcp("127.0.0.2", narrow->port);
  EXPECT_EQ(listen_tcp_beside({&*other, 1}, "127.0.0.1", narrow->port).error().code, Code::Conflict);
}

TEST(ListenTcpTest, WhatIsPutInItsPlaceClosesASocketAtOnce) {
  auto first = listen_tcp("127.0.0.1", 0);
  const std::uint16_t port = first->port;
  auto second = listen_tcp("127.0.0.1", 0);
  *first = *std::move(second);
  EXPECT_TRUE(listen_tcp("127.0.0.1", port).has_value());
}

TEST(ListenTcpTest, APortOfSomebodyElseIsNotTaken) {
  const auto present = listen_tcp("127.0.0.1", 0);
  const auto other = listen_tcp("127.0.0.1", 0);
  EXPECT_EQ(listen_tcp_beside({&*present, 1}, "127.0.0.1", other->port).error().code, Code::Conflict);
  EXPECT_EQ(listen_tcp_beside({&*present, 1}, "0.0.0.0", other->port).error().code, Code::Conflict);
}

}  // namespace
}  // namespace gw::platform
