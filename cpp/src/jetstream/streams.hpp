// Streams: create or update to match, look, list, delete, purge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jetstream/api.hpp"
#include "jetstream/config_diff.hpp"

namespace noetl::nats::js {

/// Creates the stream, or updates it to match: `desired` (wire values, see read_config) over what is there. An update of the
/// server replaces the whole configuration; here fields that are left out keep their value. A new stream allows direct gets
/// unless `desired` says no. The differences are those between before and after, so a repeated apply changes nothing.
/// Errors: failed_precondition (a field that cannot change; data would be lost and allow_destructive is off),
/// unimplemented (the server is too old for a field), already_exists (subjects of another stream), not_found
/// (options.create is off), resource_exhausted, invalid_argument (the server's own checks).
[[nodiscard]] Result<Applied> apply_stream(Api& api, const std::string& stream, const Json& desired, const ApplyOptions& options,
                                           const Wait& wait);

/// Creates it; already_exists when there is one with another configuration. The answer is the normalised configuration.
[[nodiscard]] Result<Json> create_stream(Api& api, const Json& config, const Wait& wait);

struct StreamInfoOptions {
  std::string subjects_filter = {};  ///< also the subjects that match, with the number of their messages (all pages)
  bool deleted = false;              ///< also the sequences of deleted messages
};

/// The server's answer of STREAM.INFO, without its own metadata in `config`; nothing when there is no such stream.
[[nodiscard]] Result<std::optional<Json>> find_stream(Api& api, std::string_view stream, const StreamInfoOptions& options,
                                                      const Wait& wait);
/// As find_stream; a missing stream is not_found, and a near name is hinted at.
[[nodiscard]] Result<Json> stream_info(Api& api, std::string_view stream, const StreamInfoOptions& options, const Wait& wait);
[[nodiscard]] tl::unexpected<Error> stream_not_found(Api& api, std::string_view stream, const Wait& wait);

struct StreamList {
  Json streams = Json::array();   ///< answers of STREAM.INFO, or names
  Json missing = Json::array();   ///< in a cluster: known, but nobody answered for them
  Json offline = Json::object();  ///< names, and why they are not served
};
/// All streams whose name matches `pattern` (glob) and whose subjects overlap `subject` (filter); empty: any.
[[nodiscard]] Result<StreamList> list_streams(Api& api, const std::string& pattern, const std::string& subject, bool details,
                                              const Wait& wait);

/// The columns of a list: stream, subjects, retention, storage, num_replicas, messages, bytes, first_seq, last_seq,
/// last_time, consumers, created; mirror where it is one. `info` is an answer of STREAM.INFO.
[[nodiscard]] Json stream_summary(const Json& info);
/// The API level that the stream's or consumer's configuration needs.
[[nodiscard]] int level_needed(const Json& info);

struct DeletedStream {
  bool changed = false;
  std::uint64_t messages = 0;  ///< that went with it
};
/// Error: not_found, unless `missing_ok`.
[[nodiscard]] Result<DeletedStream> delete_stream(Api& api, std::string_view stream, bool missing_ok, bool dry_run, const Wait& wait);

struct PurgeOptions {
  std::string subject = {};                                    ///< only what matches this filter
  std::optional<std::uint64_t> up_to_sequence = std::nullopt;  ///< only below this sequence
  std::optional<std::uint64_t> keep = std::nullopt;            ///< all but the last so many; not with up_to_sequence
  bool dry_run = false;
};
struct Purged {
  std::uint64_t messages = 0;
  bool exact = true;  ///< false: a dry run that could only find the most that would go
};
/// Errors: not_found, failed_precondition (the stream denies purges, or is sealed).
[[nodiscard]] Result<Purged> purge_stream(Api& api, std::string_view stream, const PurgeOptions& options, const Wait& wait);

/// What a change of the configuration would destroy, as text ("3 of 5 messages"); empty: nothing. `info` is STREAM.INFO.
[[nodiscard]] Result<std::string> measure_loss(Api& api, const ConfigChange& change, const Json& info, const Json& config_after,
                                               const Wait& wait);

}  // namespace noetl::nats::js
