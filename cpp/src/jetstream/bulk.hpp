// Many messages into streams, each acknowledged: pipelined, as atomic batches, or by fast ingest.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "jetstream/messages.hpp"

namespace noetl::nats::js {

/// One message on its way. The views must live until `BulkPublisher::oldest` is past it.
struct Outgoing {
  std::string_view subject, payload;
  const wire::Headers* headers = nullptr;  ///< none
  std::string_view message_id = {};
};

enum class BulkMode {
  window,  ///< requests in flight, each acknowledged by itself: any server, any mix of subjects
  atomic,  ///< batches that are stored whole or not at all (ADR-50; server 2.12, stream with allow_atomic)
  fast,    ///< fast ingest (ADR-50; server 2.14, stream with allow_batched): one stream, no headers that expect something
};
[[nodiscard]] std::string_view name_of(BulkMode mode);

struct BulkOptions {
  BulkMode mode = BulkMode::window;
  std::size_t window = 1024;                   ///< messages in flight; the server's ingest queue holds 10 000 per stream
  std::size_t window_bytes = 8 * 1024 * 1024;  ///< and the bytes of their payloads
  std::size_t batch = 1000;                    ///< messages in an atomic batch, at most 1000
  bool stop_on_error = false;                  ///< send nothing more once a message was refused
  PublishOptions each = {};                    ///< stream and ttl, for every message
};

struct BulkFailure {
  std::uint64_t index = 0;
  Error error;
};

/// Every message that was added is in exactly one of: count, failures, unknown, and those from `not_sent` on.
struct BulkReport {
  std::uint64_t count = 0;       ///< acknowledged, duplicates included
  std::uint64_t duplicates = 0;  ///< of those: known by their message id, not stored again
  std::uint64_t first_sequence = 0, last_sequence = 0;
  std::set<std::string> streams;
  std::vector<BulkFailure> failures;      ///< refused: not stored. By index
  std::vector<std::uint64_t> unknown;     ///< sent, and no answer came: stored or not. By index
  std::optional<std::uint64_t> not_sent;  ///< index of the first message that was not sent
  std::optional<Error> stopped;           ///< why
  [[nodiscard]] bool complete() const { return failures.empty() && unknown.empty() && !not_sent; }
};

/// Sends one message after the other and reports what became of each. One thread at a time.
///
/// When the connection is lost, messages with an id are sent again after it is back (the stream stores an id once within
/// its duplicate window); those without are `unknown`. A server that is too busy (err_code 10167) gets them again, slower.
class BulkPublisher {
 public:
  virtual ~BulkPublisher() = default;
  /// Waits while the window is full. False: it has stopped (cancelled, out of time, connection lost, stream full, ...) and
  /// takes nothing more; the report says why, and this message is its `not_sent` or an earlier one is.
  [[nodiscard]] virtual bool add(const Outgoing& message, const Wait& wait) = 0;
  /// The views of messages with a lower index are not needed any more.
  [[nodiscard]] virtual std::uint64_t oldest() const = 0;
  /// Waits for what is in flight. Whatever has no answer by the deadline, or when it is cancelled, is `unknown`.
  [[nodiscard]] virtual BulkReport finish(const Wait& wait) = 0;
};

/// Errors: unimplemented (the server is too old for the mode).
[[nodiscard]] Result<std::unique_ptr<BulkPublisher>> bulk_publisher(Api& api, const BulkOptions& options, const Wait& wait);

struct ChosenMode {
  BulkMode mode = BulkMode::window;
  std::string reason;  ///< why it is not a faster one
};
/// The fastest way that stores messages of one subject one by one: `fast` where server and stream allow it.
[[nodiscard]] ChosenMode choose_bulk_mode(Api& api, std::string_view subject, const Wait& wait);

}  // namespace noetl::nats::js
