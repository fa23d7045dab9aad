// What the ways to publish many messages share. Private to jetstream.
#pragma once

#include "jetstream/bulk.hpp"

namespace noetl::nats::js {

[[nodiscard]] std::unique_ptr<BulkPublisher> window_publisher(Api& api, const BulkOptions& options);
[[nodiscard]] std::unique_ptr<BulkPublisher> atomic_publisher(Api& api, const BulkOptions& options);
[[nodiscard]] std::unique_ptr<BulkPublisher> ingest_publisher(Api& api, const BulkOptions& options);

/// The headers of a message with those of the options and the id. `scratch` holds them when they had to be made.
[[nodiscard]] Result<const wire::Headers*> headers_of(const Outgoing& message, const PublishOptions& each, wire::Headers& scratch);

/// Counts an acknowledged message.
void note_ack(BulkReport& report, const PubAck& ack);
/// Sorts by index.
void put_in_order(BulkReport& report);

/// As read_pub_ack, without a JSON parser for the form that servers send.
[[nodiscard]] Result<PubAck> read_pub_ack_quickly(std::string_view subject, std::string_view answer);

/// "no stream takes the subject", for a request that had no responder.
[[nodiscard]] Error no_stream_for(std::string_view subject);

}  // namespace noetl::nats::js
