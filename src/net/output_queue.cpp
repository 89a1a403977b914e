#include "net/output_queue.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace gw::net {
namespace {

constexpr std::size_t kMessagesPerWrite = 64;
constexpr std::size_t kBytesPerTurn = 1'048'576;
constexpr std::size_t kIdleEntriesMax = 16;  // Room kept by an idle connection.
constexpr std::size_t kWrittenEntriesMax =
    256;  // Written entries kept before the rest is moved to the front.

// Views of what to write next, in order.
class Gather {
 public:
  void add(std::string_view part, std::size_t& skip) {
    const std::size_t skipped = std::min(skip, part.size());
    skip -= skipped;
    part.remove_prefix(skipped);
    if (part.empty()) return;
    // The kernel only reads: iovec has no const form.
    parts_[count_++] = {const_cast<char*>(part.data()), part.size()};
    bytes_ += part.size();
  }

  std::size_t bytes() const { return bytes_; }

  ssize_t send(int fd) {
    msghdr message{};
    message.msg_iov = parts_.data();
    message.msg_iovlen = count_;
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
  }

 private:
  std::array<iovec, 2 * kMessagesPerWrite> parts_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void OutputQueue::push(const ws::FrameHeader& header, std::shared_ptr<const std::string> payload) {
  entries_.push_back({header, std::move(payload)});
  bytes_ += entries_.back().size();
}

void OutputQueue::push(std::string bytes) { push({}, std::make_shared<const std::string>(std::move(bytes))); }

OutputQueue::Outcome OutputQueue::write_to(int fd) {
  std::size_t written = 0;
  while (first_ < entries_.size()) {
    if (written >= kBytesPerTurn) return Outcome::Waiting;
    Gather gather;
    std::size_t skip = front_bytes_;
    const std::size_t end = std::min(entries_.size(), first_ + kMessagesPerWrite);
    for (std::size_t i = first_; i < end; ++i) {
      gather.add(entries_[i].header.view(), skip);
      gather.add(*entries_[i].payload, skip);
    }
    const ssize_t count = gather.send(fd);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN ? Outcome::Waiting : Outcome::Broken;
    drop_written(static_cast<std::size_t>(count));
    written += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < gather.bytes()) return Outcome::Waiting;
  }
  return Outcome::Drained;
}

std::string OutputQueue::unsent() const {
  std::string bytes;
  for (std::size_t i = first_; i < entries_.size(); ++i) {
    bytes += entries_[i].header.view();
    bytes += *entries_[i].payload;
  }
  return bytes.substr(front_bytes_);
}

void OutputQueue::drop_written(std::size_t count) {
  bytes_ -= count;
  front_bytes_ += count;
  while (first_ < entries_.size() && front_bytes_ >= entries_[first_].size()) {
    front_bytes_ -= entries_[first_].size();
    entries_[first_].payload.reset();
    ++first_;
  }
  forget_written_entries();
}

void OutputQueue::forget_written_entries() {
  if (first_ == entries_.size()) {
    entries_.clear();
    first_ = 0;
    if (entries_.capacity() > kIdleEntriesMax) entries_.shrink_to_fit();
  } else if (first_ >= kWrittenEntriesMax && first_ >= entries_.size() / 2) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace gw::net
