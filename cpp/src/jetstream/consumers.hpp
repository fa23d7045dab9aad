// Consumers: create or update to match, recreate where a field cannot change, look, list, delete.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jetstream/api.hpp"
#include "jetstream/config_diff.hpp"

namespace noetl::nats::js {

struct ConsumerApplyOptions : ApplyOptions {
  /// A field that cannot change: delete the consumer and make it again. It goes on behind the last message below which all
  /// are acknowledged, unless the change itself says where to start.
  bool recreate = false;
};

struct AppliedConsumer : Applied {
  bool recreated = false;
};

/// As apply_stream. The consumer is durable unless `desired` has only `name` with an inactive_threshold, and acknowledges
/// explicitly unless `desired` says otherwise (the server's own default is no acknowledgement at all).
/// Errors: not_found (stream), failed_precondition (a field that cannot change; rules of work queues), invalid_argument (rules
/// of priority groups; the server's own checks), unimplemented, resource_exhausted.
[[nodiscard]] Result<AppliedConsumer> apply_consumer(Api& api, const std::string& stream, const std::string& consumer, const Json& desired,
                                                     const ConsumerApplyOptions& options, const Wait& wait);

/// The server's answer of CONSUMER.INFO, without its own metadata; nothing when the consumer, or the stream, does not exist.
[[nodiscard]] Result<std::optional<Json>> find_consumer(Api& api, std::string_view stream, std::string_view consumer, const Wait& wait);
/// not_found says whether the stream or the consumer is missing, and hints at a near name.
[[nodiscard]] Result<Json> consumer_info(Api& api, std::string_view stream, std::string_view consumer, const Wait& wait);
[[nodiscard]] tl::unexpected<Error> consumer_not_found(Api& api, std::string_view stream, std::string_view consumer, const Wait& wait);
/// All consumers whose name matches `pattern` (glob; empty: any): answers of CONSUMER.INFO, or names. Error: not_found (stream).
[[nodiscard]] Result<Json> list_consumers(Api& api, std::string_view stream, const std::string& pattern, bool details, const Wait& wait);
/// Whether there was one. Error: not_found, unless `missing_ok`.
[[nodiscard]] Result<bool> delete_consumer(Api& api, std::string_view stream, std::string_view consumer, bool missing_ok, bool dry_run,
                                           const Wait& wait);

/// How a consumer keeps up, read from one answer of CONSUMER.INFO.
struct Progress {
  std::uint64_t lag = 0;      ///< messages that are not done: they wait, or are delivered and not acknowledged
  bool stalled = false;       ///< max_ack_pending is reached and messages wait: nothing is delivered until something is acknowledged
  bool nobody_pulls = false;  ///< messages wait and no worker asks for them (push: nobody is subscribed)
};
[[nodiscard]] Progress progress_of(const Json& info);
/// Filters of the consumer that no subject of the stream can match: the server accepts them, they deliver nothing.
[[nodiscard]] std::vector<std::string> unmatched_filters(const Json& consumer_config, const Json& stream_config);

}  // namespace noetl::nats::js
