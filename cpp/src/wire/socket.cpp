#include "wire/socket.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

namespace noetl::nats::wire {
namespace {

timespec timespec_of(Clock::duration time) {
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(std::max(time, Clock::duration::zero())).count();
  return {.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
}

}  // namespace

Socket::Socket() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Socket::~Socket() {
  if (wake_ >= 0) ::close(wake_);
}

void Socket::attached(int descriptor) {
  descriptor_.store(descriptor, std::memory_order_release);
  ++changes_;
  wake();
}

void Socket::detached() {
  if (descriptor_.exchange(-1) >= 0) ++link_;
  ++changes_;
  wake();
}

void Socket::wake() {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);  // full: it is awake already
}

void Socket::write(natsConnection* connection) {
  const std::lock_guard lock(io_);
  // With nothing to write nats.c takes the result of a write of 0 bytes for a broken connection.
  if (descriptor() >= 0 && buffered(connection) > 0) natsConnection_ProcessWriteEvent(connection);
}

void Socket::read(natsConnection* connection) {
  const std::lock_guard lock(io_);
  if (descriptor() >= 0) natsConnection_ProcessReadEvent(connection);
}

void Socket::has_output() {
  if (listens_.load()) wake();
}

void Socket::drive(natsConnection* connection, Clock::duration longest, bool listens) {
  listens_.store(listens);
  write(connection);
  const int socket = descriptor();
  const bool more = socket >= 0 && buffered(connection) > 0;
  std::array<pollfd, 2> events{{{wake_, POLLIN, 0}, {socket, static_cast<short>(more ? POLLIN | POLLOUT : POLLIN), 0}}};
  const auto time = timespec_of(longest);
  if (ppoll(events.data(), socket >= 0 ? 2 : 1, &time, nullptr) <= 0) return;
  if (events[0].revents != 0) {
    std::uint64_t count = 0;
    (void)!::read(wake_, &count, sizeof count);
  }
  if ((events[1].revents & POLLOUT) != 0) write(connection);
  if ((events[1].revents & ~POLLOUT) != 0) read(connection);
}

void Socket::wait_writable(Clock::duration longest) const {
  pollfd event{descriptor(), POLLOUT, 0};
  const auto time = timespec_of(longest);
  ppoll(&event, event.fd >= 0 ? 1 : 0, &time, nullptr);
}

}  // namespace noetl::nats::wire
