// Buckets of keys (KV_<bucket>) and of objects (OBJ_<bucket>) as things to make, look at, list and delete. What is in them:
// kv.hpp, objects.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::js {

enum class BucketKind { kv, object };

/// "KV_B", "OBJ_B".
[[nodiscard]] std::string bucket_stream(BucketKind kind, std::string_view bucket);
/// not_found: `bucket 'x' does not exist`, with the command that makes it.
[[nodiscard]] Error no_bucket(BucketKind kind, std::string_view bucket);
/// invalid_argument for a name that no bucket can have.
[[nodiscard]] Result<void> check_bucket_name(std::string_view bucket);

/// What a person asks of a bucket. What is left out keeps its value, or takes the default in a new bucket.
struct BucketSpec {
  std::optional<std::string> description = {};
  std::optional<Nanos> ttl = {};               ///< of everything in it; 0: for ever
  std::optional<std::int64_t> max_bytes = {};  ///< -1: no limit
  std::optional<std::string> storage = {};     ///< "file" (default) or "memory"
  std::optional<std::int64_t> replicas = {};
  std::optional<bool> compression = {};
  Json more = Json::object();  ///< placement, metadata, republish, mirror, sources: fields of the stream as read_bucket_parts gives them
  // Of keys only:
  std::optional<std::int64_t> history = {};         ///< values kept of each key, 1 to 64; default 1
  std::optional<std::int64_t> max_value_size = {};  ///< bytes; -1: no limit
  std::optional<Nanos> limit_marker_ttl = {};       ///< allows a ttl for single keys; how long the marker of an expired one stays (2.11)
};

/// Reads placement, metadata, republish, mirror and sources as people give them: a mirror or source is the name of a bucket,
/// or {bucket or name, external, ...}. All problems are added.
[[nodiscard]] Json read_bucket_parts(const std::string& bucket, const Json& parts, std::vector<ConfigProblem>& problems);

/// Creates the bucket or changes it to match; see apply_stream.
[[nodiscard]] Result<Applied> apply_bucket(Api& api, BucketKind kind, const std::string& bucket, const BucketSpec& spec,
                                           const ApplyOptions& options, const Wait& wait);
/// The changes in the words of buckets: history, ttl, max_value_size, ... in place of the stream's fields.
[[nodiscard]] Json bucket_diff(const std::vector<ConfigChange>& changes);

/// STREAM.INFO of the bucket, or nothing.
[[nodiscard]] Result<std::optional<Json>> find_bucket(Api& api, BucketKind kind, const std::string& bucket, const Wait& wait);
/// Names, or (details) STREAM.INFO of each, for the buckets whose name matches the glob `pattern` (empty: all). Complete, or
/// unavailable.
[[nodiscard]] Result<Json> list_buckets(Api& api, BucketKind kind, const std::string& pattern, bool details, const Wait& wait);
/// Error: not_found, unless `missing_ok`.
[[nodiscard]] Result<DeletedStream> delete_bucket(Api& api, BucketKind kind, const std::string& bucket, bool missing_ok, bool dry_run,
                                                  const Wait& wait);

}  // namespace noetl::nats::js
