// One connection to a NATS server. The only code that sees nats.c lies behind this header.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/wait.hpp"
#include "wire/message.hpp"
#include "wire/options.hpp"

namespace noetl::nats::wire {

/// What is known of the server once we are connected. More (version, name) is in `Connection::info`.
struct ServerInfo {
  std::string url;  ///< host:port, without user and password
  std::string id;
  std::int64_t max_payload = 0;
  std::string client_ip;
  std::uint64_t client_id = 0;
};

struct Shared;  // the state of a connection: shared.hpp, private to wire
struct Queue;

/// Messages that arrive at one subject of ours. Created by Connection; keeps the connection's state alive.
class Inbox {
 public:
  Inbox(std::shared_ptr<Shared> shared, std::shared_ptr<Queue> queue, std::string subject);
  Inbox(Inbox&&) noexcept;
  Inbox& operator=(Inbox&&) noexcept;
  ~Inbox();

  /// Where to reply to. Replies to `subject() + "." + anything` arrive here too.
  [[nodiscard]] const std::string& subject() const { return subject_; }
  /// The next message. Errors: deadline_exceeded (nothing came), unavailable (connection lost), permission_denied
  /// (the server refused the subscription, or a publish whose subject was given to `blame`), cancelled.
  [[nodiscard]] Result<Message> next(const Wait& wait);
  /// Publishing to `subject` is what this inbox waits on: a permission error for it ends `next`.
  void blame(std::string subject);

 private:
  friend class Connection;
  friend class Requests;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<Queue> queue_;
  std::string subject_;
};

/// Thread-safe. All waiting for the network happens in one function (`Shared::wait_for`, turns.cpp), where deadlines,
/// cancellation and lost connections are seen.
class Connection {
 public:
  /// Bounded by `wait` and by options.connect_timeout. Errors: invalid_argument (URL, half a login), unauthenticated,
  /// failed_precondition (TLS mismatch), unavailable (nobody listens, unknown host), unimplemented (tls_first).
  [[nodiscard]] static Result<std::shared_ptr<Connection>> open(const Options& options, const Wait& wait);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends without an answer. Errors: invalid_argument (subject, headers), resource_exhausted (over max_payload),
  /// unavailable. A permission error comes later; `flush` reports it.
  [[nodiscard]] Result<void> publish(std::string_view subject, std::string_view payload, const Headers& headers = {},
                                     std::string_view reply = {});
  /// As `publish`, but may leave the message in a buffer until the next call that waits, or `send_now`. For many at once.
  [[nodiscard]] Result<void> publish_later(std::string_view subject, std::string_view payload, const Headers& headers = {},
                                           std::string_view reply = {});
  /// Writes out what is buffered, as far as the socket takes it.
  [[nodiscard]] Result<void> send_now();
  /// One request, one reply. `unavailable` with details.no_responders = true when nobody listens on the subject.
  [[nodiscard]] Result<Message> request(std::string_view subject, std::string_view payload, const Headers& headers, const Wait& wait);
  /// Returns when the server has read all that was sent; reports permission errors of earlier publishes.
  [[nodiscard]] Result<void> flush(const Wait& wait);
  /// Subscribes; messages wait in the inbox until they are taken.
  [[nodiscard]] Result<Inbox> subscribe(std::string_view subject, std::string_view queue = {});
  /// A fresh subject with a subscription of its own: for streams of messages (fetch, push consumers, batched direct get),
  /// which arrive under the subject they were stored with.
  [[nodiscard]] Result<Inbox> inbox();
  /// A place for replies on the subscription that all requests share: no round trip to make one, but only messages whose
  /// subject begins with its `subject()` find it.
  [[nodiscard]] Result<Inbox> reply_inbox();

  [[nodiscard]] const ServerInfo& server() const;
  /// The server's INFO document (server_name, version, tls_required, jetstream, ...), read once over a short connection of
  /// its own because nats.c keeps it to itself. Empty object when it cannot be had (TLS before INFO).
  [[nodiscard]] const Json& info(const Wait& wait);
  /// `info` → version, or "unknown": for messages.
  [[nodiscard]] std::string server_version(const Wait& wait);
  [[nodiscard]] const Options& options() const;
  [[nodiscard]] bool is_open() const;
  /// One PING round trip.
  [[nodiscard]] Result<std::chrono::nanoseconds> round_trip(const Wait& wait);
  /// Sends what is buffered, then closes. Safe to call twice.
  void close();

  // For an event loop that drives the connection alone: it calls `pump` whenever one of the descriptors is readable, and
  // while `has_output` whenever the socket is writable. Nothing else may wait on the connection but in a Suspender.
  void adopt_by_loop();
  /// Reads and writes what is possible without waiting.
  void pump();
  void write_out();
  [[nodiscard]] bool has_output() const;
  /// Readable when something happened that is no data: a connection that is back or lost, a refusal.
  [[nodiscard]] int wake_descriptor() const;
  /// A duplicate of the socket, to be closed by the caller; -1 while there is none.
  [[nodiscard]] int duplicate_socket() const;
  /// Changes when there is another socket.
  [[nodiscard]] std::uint64_t link() const;

  [[nodiscard]] const std::shared_ptr<Shared>& shared() const { return shared_; }
  explicit Connection(std::shared_ptr<Shared> shared);  // open() makes one

 private:
  [[nodiscard]] Result<void> echo(const Wait& wait);

  std::shared_ptr<Shared> shared_;
};

}  // namespace noetl::nats::wire
