// Messages of a stream in order and without gaps, as they are stored: what a scan and a watch read from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jetstream/messages.hpp"

namespace noetl::nats::js {

struct OrderedOptions {
  std::vector<std::string> filters = {};  ///< subjects with wildcards; more than one needs server 2.10
  std::uint64_t from = 0;                 ///< first sequence; 0: the last message of every subject, then what comes
  bool headers_only = false;
  std::size_t batch = 4096;                   ///< messages asked for and not yet read: with max_bytes the memory of a reader
  std::int64_t max_bytes = 8 * 1024 * 1024;   ///< at least what one message may have
  std::chrono::milliseconds heartbeat{2000};  ///< the server says so often that it is there; two beats missed: begin again
};

/// Reads through a consumer of its own that nobody else sees and that the server forgets. The consumer may be lost (server
/// restarted, leader moved, messages dropped on their way): then another one goes on behind the last message that was given
/// out, so none is lost and none comes twice. One thread at a time.
class OrderedReader {
 public:
  OrderedReader(Api& api, std::string stream, OrderedOptions options);
  OrderedReader(const OrderedReader&) = delete;
  OrderedReader& operator=(const OrderedReader&) = delete;
  ~OrderedReader();

  /// Makes the consumer. Errors: not_found (the stream), unimplemented (several filters on an old server),
  /// resource_exhausted (no further consumer allowed), permission_denied, unavailable, deadline_exceeded.
  [[nodiscard]] Result<void> open(const Wait& wait);
  /// The next message; nothing when the time of `wait` is over, or when the reader has just caught up. A connection that is lost and comes
  /// back is waited for. Errors: not_found (the stream was deleted), permission_denied, unavailable (closed for good), cancelled.
  [[nodiscard]] Result<std::optional<Delivered>> next(const Wait& wait);
  /// Everything that was in the stream has been given out at some time since `open`.
  [[nodiscard]] bool caught_up() const { return caught_up_; }
  /// The server was heard of within two beats, so nothing newer can be missing for longer than that.
  [[nodiscard]] bool is_fresh() const { return inbox_ && Clock::now() < last_heard_ + patience(); }

 private:
  [[nodiscard]] Result<void> ask();
  [[nodiscard]] Result<void> read_status(const wire::Message& message, int status);
  /// Opens again after a loss. False: not yet, and the time is over.
  [[nodiscard]] Result<bool> reopen(const Wait& wait);
  void lose();
  [[nodiscard]] Clock::duration patience() const;

  Api* api_;
  std::string stream_;
  OrderedOptions options_;
  std::optional<wire::Inbox> inbox_;  ///< set while there is a consumer
  std::string consumer_, pull_subject_;
  std::uint64_t received_ = 0;  ///< of this consumer
  std::uint64_t last_ = 0;      ///< sequence of the last message given out
  std::size_t credit_ = 0;      ///< messages asked for and not yet there
  int losses_ = 0;              ///< since a message or a beat came
  bool caught_up_ = false;
  Clock::time_point last_heard_{};
};

}  // namespace noetl::nats::js
