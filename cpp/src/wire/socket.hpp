// The socket of a nats.c connection, read and written by our own threads: nats.c is given an event loop that only takes
// note (natsOptions_SetEventLoop). Private to wire.
#pragma once

#include <nats/nats.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/wait.hpp"

namespace noetl::nats::wire {

/// Thread-safe. nats.c calls `attached`, `detached` and `has_output`, with its connection locked; the rest is ours.
class Socket {
 public:
  Socket();
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void attached(int descriptor);
  void detached();
  /// Whoever sends writes as well, but after a reconnect it is nats.c that sends (our subscriptions).
  void has_output();

  /// Writes as much of nats.c's buffer as the socket takes.
  void write(natsConnection* connection);
  /// Writes, sleeps until there is something to read (or to go on writing, or `wake`), and reads once. `listens`: wakes up
  /// for `has_output` too.
  void drive(natsConnection* connection, Clock::duration longest, bool listens = false);
  /// Waits until the socket takes more.
  void wait_writable(Clock::duration longest) const;
  /// Ends the sleep of `drive`.
  void wake();

  /// -1 while there is none: before connecting, while reconnecting, after the end.
  [[nodiscard]] int descriptor() const { return descriptor_.load(std::memory_order_acquire); }
  /// How often a link was lost: what was in flight on an earlier one has no answer.
  [[nodiscard]] std::uint64_t link() const { return link_.load(std::memory_order_acquire); }
  /// How often it was attached or detached.
  [[nodiscard]] std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }
  [[nodiscard]] int wake_descriptor() const { return wake_; }
  /// Bytes that nats.c holds back.
  [[nodiscard]] static int buffered(natsConnection* connection) { return natsConnection_Buffered(connection); }

 private:
  void read(natsConnection* connection);

  std::mutex io_;  ///< nats.c reads outside of its own lock, and OpenSSL cannot read and write at the same time
  std::atomic<int> descriptor_{-1};
  std::atomic<std::uint64_t> link_{0}, changes_{0};
  std::atomic<bool> listens_{false};
  int wake_ = -1;
};

}  // namespace noetl::nats::wire
