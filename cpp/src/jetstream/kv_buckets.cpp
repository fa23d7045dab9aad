#include "jetstream/kv_buckets.hpp"

#include <fmt/format.h>

#include "base/names.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::js {
namespace {

constexpr std::string_view kPrefix = "KV_";

std::string with_prefix(const std::string& name) { return name.starts_with(kPrefix) ? name : std::string(kPrefix) + name; }

/// The bucket `from` as a mirror or source: a name, or the server's own object with a bucket's name in it.
Json origin(const Json& from) {
  Json out = from.is_object() ? from : Json{{"name", from}};
  if (out.contains("bucket")) {
    out["name"] = out["bucket"];
    out.erase("bucket");
  }
  if (out.contains("name") && out["name"].is_string()) out["name"] = with_prefix(out["name"].get<std::string>());
  return out;
}

/// A source keeps its subjects unless they are moved under those of the bucket that takes them.
Json source(const Json& from, const std::string& bucket) {
  Json out = origin(from);
  if (out.contains("subject_transforms") || !out.contains("name") || !out["name"].is_string()) return out;
  const auto name = out["name"].get<std::string>().substr(kPrefix.size());
  out["subject_transforms"] = Json::array({{{"src", fmt::format("$KV.{}.>", name)}, {"dest", fmt::format("$KV.{}.>", bucket)}}});
  return out;
}

Result<void> check(const std::string& bucket) {
  if (const auto problem = check_bucket(bucket)) return fail(Code::invalid_argument, fmt::format("bucket {} {}", in_quotes(bucket), *problem));
  return {};
}

}  // namespace

void add_common_bucket_fields(Json& config, const BucketSpec& spec) {
  if (spec.description) config["description"] = *spec.description;
  if (spec.ttl) config["max_age"] = spec.ttl->count();
  if (spec.max_value_size) config["max_msg_size"] = *spec.max_value_size;
  if (spec.max_bytes) config["max_bytes"] = *spec.max_bytes;
  if (spec.storage) config["storage"] = *spec.storage;
  if (spec.replicas) config["num_replicas"] = *spec.replicas;
  if (spec.compression) config["compression"] = *spec.compression ? "s2" : "none";
  if (!spec.placement.is_null()) config["placement"] = spec.placement;
  if (!spec.metadata.is_null()) config["metadata"] = spec.metadata;
}

Json kv_stream_config(const std::string& bucket, const BucketSpec& spec) {
  Json config{{"discard", "new"}, {"deny_delete", true}, {"deny_purge", false}, {"allow_rollup_hdrs", true}, {"allow_direct", true}};
  add_common_bucket_fields(config, spec);
  if (spec.history) config["max_msgs_per_subject"] = *spec.history;
  if (!spec.republish.is_null()) config["republish"] = spec.republish;
  if (spec.limit_marker_ttl) {
    config["allow_msg_ttl"] = true;
    config["subject_delete_marker_ttl"] = spec.limit_marker_ttl->count();
  }
  if (!spec.mirror.is_null()) {
    config["mirror"] = origin(spec.mirror);
    config["mirror_direct"] = true;
    config["deny_delete"] = false;
    return config;
  }
  config["subjects"] = Json::array({fmt::format("$KV.{}.>", bucket)});
  if (spec.sources.is_array())
    for (const auto& each : spec.sources) config["sources"].push_back(source(each, bucket));
  return config;
}

Result<Applied> apply_kv_bucket(Api& api, const std::string& bucket, const BucketSpec& spec, const ApplyOptions& options, const Wait& wait) {
  NN_CHECK(check(bucket));
  const auto stream = std::string(kPrefix) + bucket;
  NN_TRY(const auto there, find_stream(api, stream, {}, wait));
  BucketSpec full = spec;
  if (!there && !full.history) full.history = 1;
  Json config = kv_stream_config(bucket, full);
  // A mirror that is there stays one when nothing is said about it; it has no subjects of its own.
  if (there && (*there)["config"].contains("mirror") && spec.mirror.is_null()) config.erase("subjects"), config.erase("deny_delete");
  return apply_stream(api, stream, config, options, wait);
}

Result<std::optional<Json>> find_kv_bucket(Api& api, const std::string& bucket, const Wait& wait) {
  NN_CHECK(check(bucket));
  return find_stream(api, std::string(kPrefix) + bucket, {}, wait);
}

Result<Json> list_buckets(Api& api, const std::string& prefix, const std::string& pattern, bool details, const Wait& wait) {
  NN_TRY(const auto found, list_streams(api, prefix + (pattern.empty() ? "*" : pattern), "", details, wait));
  if (!found.missing.empty() || !found.offline.empty()) {
    Error error{.code = Code::unavailable, .message = "the cluster does not answer for all streams", .hint = "noetl-nats health shows which servers are missing"};
    error.details["missing"] = found.missing;
    error.details["offline"] = found.offline;
    return fail(std::move(error));
  }
  if (details) return found.streams;
  Json names = Json::array();
  for (const auto& stream : found.streams) names.push_back(stream.get<std::string>().substr(prefix.size()));
  return names;
}

Result<Json> list_kv_buckets(Api& api, const std::string& pattern, bool details, const Wait& wait) {
  return list_buckets(api, std::string(kPrefix), pattern, details, wait);
}

Result<DeletedStream> delete_kv_bucket(Api& api, const std::string& bucket, bool missing_ok, bool dry_run, const Wait& wait) {
  NN_CHECK(check(bucket));
  auto deleted = delete_stream(api, std::string(kPrefix) + bucket, missing_ok, dry_run, wait);
  if (!deleted && deleted.error().code == Code::not_found) return fail(no_kv_bucket(bucket));
  return deleted;
}

}  // namespace noetl::nats::js
