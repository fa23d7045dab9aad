// Messages of streams: publish with an acknowledgement, read one that is stored, fetch through a consumer, settle.
// Bodies are bytes here; nothing is parsed, nothing is copied that need not be.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "jetstream/api.hpp"

namespace noetl::nats::js {

// ---- publish ---------------------------------------------------------------------------------------------------------------

struct PubAck {
  std::string stream;
  std::uint64_t sequence = 0;
  bool duplicate = false;  ///< the stream had this message id already; nothing was stored
  std::string domain;
};

/// What the stream checks before it stores. The server ignores headers that it does not know, so newer ones are refused here.
struct PublishOptions {
  std::string message_id = {};
  std::string stream = {};  ///< expected stream
  std::optional<std::uint64_t> last_sequence = std::nullopt;
  std::optional<std::uint64_t> last_subject_sequence = std::nullopt;
  std::string last_subject = {};  ///< compare `last_subject_sequence` with this subject, or filter, in place of the own one (2.11)
  std::optional<Nanos> ttl = std::nullopt;  ///< whole seconds, at least one (2.11)
};

/// `headers` with those of the options. Error: invalid_argument when both say the same thing differently.
[[nodiscard]] Result<wire::Headers> publish_headers(wire::Headers headers, const PublishOptions& options);
/// `unimplemented` when a header needs a newer server than this one: it would be stored and not obeyed.
[[nodiscard]] Result<void> check_headers(Api& api, const wire::Headers& headers, const Wait& wait);
/// What a PubAck says. Errors: by err_code (conflict, resource_exhausted, ...); failed_precondition for an answer that no
/// stream gave.
[[nodiscard]] Result<PubAck> read_pub_ack(std::string_view subject, std::string_view answer);
/// Errors: not_found (no stream takes the subject), as read_pub_ack and Connection::request.
[[nodiscard]] Result<PubAck> publish(Api& api, std::string_view subject, std::string_view payload, const wire::Headers& headers,
                                     const PublishOptions& options, const Wait& wait);

// ---- stored messages -------------------------------------------------------------------------------------------------------

struct StoredMessage {
  std::string subject;
  std::uint64_t sequence = 0;
  std::string time;  ///< RFC 3339
  wire::Headers headers;
  std::string data;
};

/// One of: `sequence`; `last_by` (subject or filter); `sequence` with `next_by` (the first at or after it on that filter).
struct MessageQuery {
  std::optional<std::uint64_t> sequence = std::nullopt;
  std::string last_by = {};
  std::string next_by = {};
};

/// Asks the stream's leader. Errors: not_found (stream or message).
[[nodiscard]] Result<StoredMessage> get_message(Api& api, std::string_view stream, const MessageQuery& query, const Wait& wait);
/// Asks any replica (the stream must allow direct gets), else the leader: may miss what was written a moment ago.
[[nodiscard]] Result<StoredMessage> get_message_direct(Api& api, std::string_view stream, const MessageQuery& query, const Wait& wait);
/// A reply of a direct get that holds a message, without the headers that the get itself adds.
[[nodiscard]] StoredMessage stored_message(const wire::Message& direct_reply);
/// "NATS/1.0\r\nName: value\r\n\r\n" as headers.
[[nodiscard]] wire::Headers parse_headers(std::string_view block);

// ---- fetch -----------------------------------------------------------------------------------------------------------------

/// What the reply subject of a delivered message tells; acknowledgements are sent to it.
struct Delivery {
  std::string_view domain, stream, consumer;  ///< parts of the subject that was read
  std::uint64_t delivered = 0;                ///< how often, this time included
  std::uint64_t stream_sequence = 0, consumer_sequence = 0;
  std::int64_t unix_nanos = 0;
  std::uint64_t pending = 0;  ///< messages that still wait behind this one
};

/// Reads `$JS.ACK...`, with 9 tokens (v1) or 11 and more (v2); nothing for another subject.
[[nodiscard]] std::optional<Delivery> parse_ack_subject(std::string_view subject);

struct Delivered {
  wire::Message message;
  Delivery delivery;
};

struct FetchOptions {
  std::size_t batch = 100;
  Nanos expires{0};            ///< how long to wait when nothing is there; 0: not at all
  std::int64_t max_bytes = 0;  ///< 0: no limit
  std::string group = {}, pin_id = {};
  std::optional<std::int64_t> min_pending = std::nullopt, min_ack_pending = std::nullopt, priority = std::nullopt;
};

struct Fetched {
  std::vector<Delivered> messages;
  std::string pin_id;  ///< of a pinned consumer: send it with the next fetch
  /// Why it ended before its time. The messages are good all the same.
  std::optional<Error> stopped;
};

/// What is there now, at most `batch`; when nothing is, waits for the first message until `expires`. An idle, paused or
/// stalled consumer gives no messages and no error. `wait` must leave time for `expires`.
/// Errors (only while no message came): not_found (stream or consumer), invalid_argument, resource_exhausted (over a limit
/// of the consumer, or the message is larger than max_bytes), failed_precondition (push consumer), permission_denied,
/// unavailable.
[[nodiscard]] Result<Fetched> fetch(Api& api, std::string_view stream, std::string_view consumer, const FetchOptions& options,
                                    const Wait& wait);

enum class End { once, limit, time, idle, caught_up };
[[nodiscard]] std::string_view name_of(End end);

struct CollectOptions {
  FetchOptions fetch;
  Nanos duration{0};             ///< go on fetching for so long; 0: one fetch
  Nanos idle{0};                 ///< end when no message came for so long; 0: `fetch.expires` in each round, until `duration` is over
  bool until_caught_up = false;  ///< end when no message waits behind the last one
};

struct Collected : Fetched {
  End end = End::once;
};

/// Fetches again and again until `fetch.batch` messages are there or the options say it is over. `wait` must leave time for
/// `duration`. Errors: as fetch, while no message came.
[[nodiscard]] Result<Collected> collect(Api& api, std::string_view stream, std::string_view consumer, const CollectOptions& options,
                                        const Wait& wait);

// ---- settle ----------------------------------------------------------------------------------------------------------------

struct Settled {
  std::size_t confirmed = 0;
  std::vector<Error> errors;             ///< one for each that was not confirmed
  std::vector<std::size_t> unconfirmed;  ///< their positions, in the same order
};

/// Verbs with a parameter. Without one: "-NAK" and "+TERM".
[[nodiscard]] std::string nak_verb(std::optional<Nanos> delay);
[[nodiscard]] std::string term_verb(std::string_view reason);

/// Sends `verb` ("+ACK", "+WPI", nak_verb, term_verb) for each reply subject and waits for the consumer
/// to confirm each. Only cancellation is an error.
[[nodiscard]] Result<Settled> settle(wire::Connection& connection, std::span<const std::string_view> reply_subjects, std::string_view verb,
                                     const Wait& wait);

}  // namespace noetl::nats::js
