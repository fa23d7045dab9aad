// Pipelined request/reply over one connection: many requests in flight, one inbox, one place that waits.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "wire/connection.hpp"

namespace noetl::nats::wire {

/// A request ends exactly once: with its reply, an error, or the deadline. `done` runs on a thread that waits (in
/// `submit` or `drain`), never on a thread of nats.c. One Requests belongs to one thread; several may share a connection.
class Requests {
 public:
  struct Options {
    std::size_t window = 1024;  ///< requests in flight; the server's ingest queue holds 10 000 per stream
  };
  using Done = std::function<void(Result<Message>)>;

  Requests(Connection& connection, Options options);
  ~Requests();
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  /// Sends; when the window is full, first waits for a place. Errors (then `done` is not called): invalid_argument,
  /// resource_exhausted (payload over the server's max_payload), unavailable, deadline_exceeded, cancelled.
  [[nodiscard]] Result<void> submit(std::string_view subject, std::string_view payload, const Headers& headers, Done done,
                                    const Wait& wait);
  /// Waits until at least one request has ended, if there is any. Errors: cancelled, deadline_exceeded.
  [[nodiscard]] Result<void> wait_one(const Wait& wait);
  /// Waits until every request has ended. When the time is over, the rest ends with deadline_exceeded
  /// (maybe_applied = true) and drain succeeds; only cancellation fails it.
  [[nodiscard]] Result<void> drain(const Wait& wait);
  [[nodiscard]] std::size_t in_flight() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace noetl::nats::wire
