#include "net/sockets.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "unit/net/net_fixture.hpp"

namespace gw::net {
namespace {

using test::Client;
using test::ListeningSocket;

TEST(AcceptTest, FindsNobodyOnASocketThatOthersEmptied) {
  const ListeningSocket socket;
  ASSERT_TRUE(set_nonblocking(socket.fd()));
  EXPECT_EQ(accept_one(socket.fd()).outcome, Accepted::Outcome::None);
}

TEST(AcceptTest, GivesASocketReadyForUse) {
  const ListeningSocket socket;
  const Client client(socket.port);
  const Accepted accepted = accept_one(socket.fd());
  ASSERT_EQ(accepted.outcome, Accepted::Outcome::Connection);
  EXPECT_EQ(accepted.peer.text, "127.0.0.1");
  EXPECT_TRUE(accepted.peer.is_loopback);
  EXPECT_TRUE(::fcntl(accepted.socket.fd(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(accepted.socket.fd(), F_GETFD) & FD_CLOEXEC);
  int is_without_delay = 0;
  socklen_t size = sizeof(is_without_delay);
  ::getsockopt(accepted.socket.fd(), IPPROTO_TCP, TCP_NODELAY, &is_without_delay, &size);
  EXPECT_NE(is_without_delay, 0);
}

TEST(AcceptTest, ShowsAnIpv4PeerOfAnIpv6SocketAsIpv4) {
  const ListeningSocket socket(AF_INET6);
  if (socket.port == 0) GTEST_SKIP() << "no IPv6 here";
  const Client client(socket.port);
  const Accepted accepted = accept_one(socket.fd());
  EXPECT_EQ(accepted.peer.text, "127.0.0.1");
  EXPECT_TRUE(accepted.peer.is_loopback);
}

TEST(AcceptTest, ShowsAnIpv6Peer) {
  const ListeningSocket socket(AF_INET6);
  if (socket.port == 0) GTEST_SKIP() << "no IPv6 here";
  const Socket client(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(socket.port);
  ASSERT_EQ(::connect(client.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const Accepted accepted = accept_one(socket.fd());
  EXPECT_EQ(accepted.peer.text, "::1");
  EXPECT_TRUE(accepted.peer.is_loopback);
}

TEST(AcceptTest, TellsASocketThatDoesNotListen) {
  const Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(accept_one(socket.fd()).outcome, Accepted::Outcome::Broken);
  EXPECT_EQ(accept_one(-1).outcome, Accepted::Outcome::Broken);
}

TEST(AcceptTest, ShowsAPeerWithoutInternetAddressAsUnknown) {
  const Socket socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  const sa_family_t family =
      AF_UNIX;  // Binding only the family gives an abstract name of the kernel's choice.
  ASSERT_EQ(::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&family), sizeof(family)), 0);
  ASSERT_EQ(::listen(socket.fd(), 1), 0);
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size);
  const Socket client(::socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(::connect(client.fd(), reinterpret_cast<sockaddr*>(&address), size), 0);
  const Accepted accepted = accept_one(socket.fd());
  EXPECT_EQ(accepted.peer.text, "unknown");
  EXPECT_FALSE(accepted.peer.is_loopback);
}

TEST(SocketTest, ClosesWhatItOwnsOnceAndAfterAMove) {
  const ListeningSocket listening;
  Socket first(::fcntl(listening.fd(), F_DUPFD_CLOEXEC, 0));
  const int fd = first.fd();
  Socket second(std::move(first));
  EXPECT_EQ(second.fd(), fd);
  second.close();
  second.close();
  EXPECT_EQ(second.fd(), -1);
  EXPECT_FALSE(set_nonblocking(fd));
}

}  // namespace
}  // namespace gw::net
