// Buckets as results show them: kv_bucket_info, object_bucket_info and the lists with details.
#pragma once

#include <optional>
#include <string>

#include "jetstream/buckets.hpp"
#include "schema/fields.hpp"
#include "schema/types.hpp"

namespace noetl::nats {

struct KvBucketView {
  std::optional<std::string> status = {};
  std::string bucket;
  std::optional<std::uint64_t> values = {}, keys = {};
  std::optional<std::int64_t> history = {};
  std::optional<Duration> ttl = {};
  std::optional<std::uint64_t> bytes = {};
  std::optional<std::int64_t> max_bytes = {}, max_value_size = {};
  std::optional<std::string> storage = {};
  std::optional<std::int64_t> replicas = {};
  std::optional<bool> compression = {};
  std::optional<Duration> limit_marker_ttl = {};
  std::optional<std::string> mirror = {}, description = {};
  std::optional<Json> metadata = {}, config = {};
  static auto fields() {
    using schema::field;
    using V = KvBucketView;
    return std::tuple{
        field("status", &V::status, "success, or not_found: there is no such bucket."),
        field("bucket", &V::bucket, "Name of the bucket."),
        field("values", &V::values, "Stored values and markers."),
        field("keys", &V::keys, "Keys that have a value (with count_keys)."),
        field("history", &V::history, "Values kept of each key."),
        field("ttl", &V::ttl, "How long a value lives; 0s: for ever."),
        field("bytes", &V::bytes, "Size of what is stored."),
        field("max_bytes", &V::max_bytes, "Largest size of the bucket; -1: no limit."),
        field("max_value_size", &V::max_value_size, "Largest value; -1: no limit."),
        field("storage", &V::storage, "file or memory."),
        field("replicas", &V::replicas, "Copies in a cluster."),
        field("compression", &V::compression, "Whether values are stored compressed."),
        field("limit_marker_ttl", &V::limit_marker_ttl, "How long the marker of an expired key stays; set: single keys may have a ttl."),
        field("mirror", &V::mirror, "The bucket that this one mirrors."),
        field("description", &V::description, "What the bucket is for."),
        field("metadata", &V::metadata, "Free texts."),
        field("config", &V::config, "The configuration of its stream.")};
  }
};

struct ObjectBucketView {
  std::optional<std::string> status = {};
  std::string bucket;
  std::optional<std::uint64_t> objects = {}, bytes = {};
  std::optional<Duration> ttl = {};
  std::optional<std::int64_t> max_bytes = {};
  std::optional<std::string> storage = {};
  std::optional<std::int64_t> replicas = {};
  std::optional<bool> compression = {}, sealed = {};
  std::optional<std::string> description = {};
  std::optional<Json> metadata = {}, config = {};
  static auto fields() {
    using schema::field;
    using V = ObjectBucketView;
    return std::tuple{field("status", &V::status, "success, or not_found: there is no such bucket."),
                      field("bucket", &V::bucket, "Name of the bucket."),
                      field("objects", &V::objects, "Objects in it; not in lists."),
                      field("bytes", &V::bytes, "Size of what is stored."),
                      field("ttl", &V::ttl, "How long an object lives; 0s: for ever."),
                      field("max_bytes", &V::max_bytes, "Largest size of the bucket; -1: no limit."),
                      field("storage", &V::storage, "file or memory."),
                      field("replicas", &V::replicas, "Copies in a cluster."),
                      field("compression", &V::compression, "Whether objects are stored compressed."),
                      field("sealed", &V::sealed, "True: it cannot be changed any more."),
                      field("description", &V::description, "What the bucket is for."),
                      field("metadata", &V::metadata, "Free texts."),
                      field("config", &V::config, "The configuration of its stream.")};
  }
};

/// `info` is STREAM.INFO of the bucket.
[[nodiscard]] KvBucketView kv_bucket_view(const Json& info);
[[nodiscard]] ObjectBucketView object_bucket_view(const Json& info);

}  // namespace noetl::nats
