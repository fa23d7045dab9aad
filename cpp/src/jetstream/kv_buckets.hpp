// Buckets of keys and values as things to make, look at, list and delete. The keys are in kv.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::js {

/// What a person asks of a bucket. What is left out keeps its value, or takes the default in a new bucket.
struct BucketSpec {
  std::optional<std::string> description = {};
  std::optional<std::int64_t> history = {};         ///< values kept of each key, 1 to 64; default 1
  std::optional<Nanos> ttl = {};                    ///< of every value; 0: for ever
  std::optional<std::int64_t> max_value_size = {};  ///< bytes; -1: no limit
  std::optional<std::int64_t> max_bytes = {};       ///< bytes; -1: no limit
  std::optional<std::string> storage = {};          ///< "file" (default) or "memory"
  std::optional<std::int64_t> replicas = {};
  std::optional<bool> compression = {};
  std::optional<Nanos> limit_marker_ttl = {};  ///< allows a ttl for single keys; how long the marker of an expired one stays (2.11)
  Json placement, republish, metadata;         ///< null: not given
  Json mirror;                                 ///< name of a bucket, or {name, external, ...}; null: not given
  Json sources;                                ///< list of the same
};

/// The stream that holds the bucket; only what the spec gives and what every bucket needs.
[[nodiscard]] Json kv_stream_config(const std::string& bucket, const BucketSpec& spec);

/// Creates the bucket or changes it to match; see apply_stream. Paths of `diff` are those of the stream.
[[nodiscard]] Result<Applied> apply_kv_bucket(Api& api, const std::string& bucket, const BucketSpec& spec, const ApplyOptions& options, const Wait& wait);
/// STREAM.INFO of the bucket, or nothing.
[[nodiscard]] Result<std::optional<Json>> find_kv_bucket(Api& api, const std::string& bucket, const Wait& wait);
/// Names without `KV_`, or (details) STREAM.INFO of each, for the buckets whose name matches the glob `pattern` (empty: all).
[[nodiscard]] Result<Json> list_kv_buckets(Api& api, const std::string& pattern, bool details, const Wait& wait);
/// Error: not_found, unless `missing_ok`.
[[nodiscard]] Result<DeletedStream> delete_kv_bucket(Api& api, const std::string& bucket, bool missing_ok, bool dry_run, const Wait& wait);

// ---- shared with object buckets ---------------------------------------------------------------------------------------------

/// What buckets of both kinds take from the spec: description, ttl, sizes, storage, replicas, compression, placement, metadata.
void add_common_bucket_fields(Json& config, const BucketSpec& spec);
/// Lists streams whose name starts with `prefix`, and takes the prefix off.
[[nodiscard]] Result<Json> list_buckets(Api& api, const std::string& prefix, const std::string& pattern, bool details, const Wait& wait);

}  // namespace noetl::nats::js
