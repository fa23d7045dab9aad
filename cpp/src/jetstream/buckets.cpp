#include "jetstream/buckets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/names.hpp"

namespace noetl::nats::js {
namespace {

constexpr std::string_view kKvPrefix = "KV_";
constexpr std::string_view kObjectPrefix = "OBJ_";

std::string_view prefix_of(BucketKind kind) { return kind == BucketKind::kv ? kKvPrefix : kObjectPrefix; }
const char* noun_of(BucketKind kind) { return kind == BucketKind::kv ? "kv-bucket" : "object-bucket"; }

/// Another bucket as a mirror or source: its name, or an object that holds it as `bucket` or, as the server does, as `name`.
Json origin(Json from) {
  if (!from.is_object()) from = Json{{"name", std::move(from)}};
  if (from.contains("bucket")) {
    from["name"] = from["bucket"];
    from.erase("bucket");
  }
  if (!from.contains("name") || !from["name"].is_string()) return from;
  const auto name = from["name"].get<std::string>();
  if (!name.starts_with(kKvPrefix)) from["name"] = std::string(kKvPrefix) + name;
  return from;
}

/// What comes from a source keeps its subjects unless they are moved under those of the bucket that takes it.
Json source(const Json& given, const std::string& bucket) {
  Json from = origin(given);
  if (from.contains("subject_transforms") || !from.contains("name") || !from["name"].is_string()) return from;
  const auto name = from["name"].get<std::string>().substr(kKvPrefix.size());
  from["subject_transforms"] = Json::array({{{"src", fmt::format("$KV.{}.>", name)}, {"dest", fmt::format("$KV.{}.>", bucket)}}});
  return from;
}

void add_kv_fields(Json& config, const std::string& bucket, const BucketSpec& spec) {
  config["deny_delete"] = true;
  config["deny_purge"] = false;
  if (spec.history) config["max_msgs_per_subject"] = *spec.history;
  if (spec.max_value_size) config["max_msg_size"] = *spec.max_value_size;
  if (spec.limit_marker_ttl) {
    config["allow_msg_ttl"] = true;
    config["subject_delete_marker_ttl"] = spec.limit_marker_ttl->count();
  }
  config["subjects"] = Json::array({fmt::format("$KV.{}.>", bucket)});
}

Json stream_config(BucketKind kind, const std::string& bucket, const BucketSpec& spec) {
  Json config{{"discard", "new"}, {"allow_rollup_hdrs", true}, {"allow_direct", true}};
  if (spec.description) config["description"] = *spec.description;
  if (spec.ttl) config["max_age"] = spec.ttl->count();
  if (spec.max_bytes) config["max_bytes"] = *spec.max_bytes;
  if (spec.storage) config["storage"] = *spec.storage;
  if (spec.replicas) config["num_replicas"] = *spec.replicas;
  if (spec.compression) config["compression"] = *spec.compression ? "s2" : "none";
  if (kind == BucketKind::kv)
    add_kv_fields(config, bucket, spec);
  else
    config["subjects"] = Json::array({fmt::format("$O.{}.C.>", bucket), fmt::format("$O.{}.M.>", bucket)});
  config.update(spec.more);
  return config;
}

/// A mirror takes its subjects and its rules from its origin.
void make_mirror(Json& config) {
  for (const char* own : {"subjects", "deny_delete", "deny_purge", "allow_rollup_hdrs"}) config.erase(own);
  config["mirror_direct"] = true;
}

struct BucketField {
  std::string_view stream, bucket;
  bool duration = false;
};
constexpr std::array kBucketFields{BucketField{"max_msgs_per_subject", "history"}, BucketField{"max_age", "ttl", true},
                                   BucketField{"max_msg_size", "max_value_size"}, BucketField{"num_replicas", "replicas"},
                                   BucketField{"subject_delete_marker_ttl", "limit_marker_ttl", true}};

Json shown(const BucketField& field, const Json& value) {
  return field.duration && value.is_number() ? Json(format_duration(Nanos(value.get<std::int64_t>()))) : value;
}

}  // namespace

std::string bucket_stream(BucketKind kind, std::string_view bucket) { return fmt::format("{}{}", prefix_of(kind), bucket); }

Error no_bucket(BucketKind kind, std::string_view bucket) {
  return {.code = Code::not_found,
          .message = fmt::format("bucket '{}' does not exist", bucket),
          .hint = fmt::format("noetl-nats {0} apply {1} makes it; {0} list shows what is there", noun_of(kind), bucket)};
}

Result<void> check_bucket_name(std::string_view bucket) {
  if (const auto problem = check_bucket(bucket))
    return fail(Code::invalid_argument, fmt::format("bucket {} {}", in_quotes(bucket), *problem));
  return {};
}

Json read_bucket_parts(const std::string& bucket, const Json& parts, std::vector<ConfigProblem>& problems) {
  Json config = parts;
  if (config.contains("mirror")) config["mirror"] = origin(config["mirror"]);
  if (config.contains("sources") && config["sources"].is_array())
    for (auto& each : config["sources"]) each = source(each, bucket);
  std::vector<ConfigProblem> found;
  config = read_config(stream_fields(), config, "", found);
  for (auto& each : found) {
    if (each.path.starts_with('.')) each.path.erase(0, 1);
    problems.push_back(std::move(each));
  }
  return config;
}

Result<Applied> apply_bucket(Api& api, BucketKind kind, const std::string& bucket, const BucketSpec& spec, const ApplyOptions& options,
                             const Wait& wait) {
  NN_CHECK(check_bucket_name(bucket));
  NN_TRY(const auto present, find_bucket(api, kind, bucket, wait));
  Json config = stream_config(kind, bucket, spec);
  if (!present && kind == BucketKind::kv && !spec.history) config["max_msgs_per_subject"] = 1;
  if (config.contains("mirror") || (present && (*present)["config"].contains("mirror"))) make_mirror(config);
  return apply_stream(api, bucket_stream(kind, bucket), config, options, wait);
}

Json bucket_diff(const std::vector<ConfigChange>& changes) {
  Json out = Json::array();
  for (const auto& change : changes) {
    Json each = change.to_json();
    const auto* const field =
        std::find_if(kBucketFields.begin(), kBucketFields.end(), [&](const auto& known) { return known.stream == change.path; });
    if (field != kBucketFields.end()) {
      each["path"] = field->bucket;
      each["from"] = shown(*field, change.from);
      each["to"] = shown(*field, change.to);
    }
    out.push_back(std::move(each));
  }
  return out;
}

Result<std::optional<Json>> find_bucket(Api& api, BucketKind kind, const std::string& bucket, const Wait& wait) {
  NN_CHECK(check_bucket_name(bucket));
  return find_stream(api, bucket_stream(kind, bucket), {}, wait);
}

Result<Json> list_buckets(Api& api, BucketKind kind, const std::string& pattern, bool details, const Wait& wait) {
  const auto prefix = prefix_of(kind);
  // By name: mirrors have no subjects and are not found by them.
  NN_TRY(auto found, list_streams(api, std::string(prefix) + (pattern.empty() ? "*" : pattern), "", details, wait));
  if (!found.missing.empty() || !found.offline.empty()) {
    Error error{.code = Code::unavailable,
                .message = "the cluster does not answer for all streams",
                .hint = "noetl-nats health shows what is missing"};
    error.details["missing"] = found.missing;
    error.details["offline"] = found.offline;
    return fail(std::move(error));
  }
  if (details) return std::move(found.streams);
  Json names = Json::array();
  for (const auto& stream : found.streams) names.push_back(stream.get<std::string>().substr(prefix.size()));
  return names;
}

Result<DeletedStream> delete_bucket(Api& api, BucketKind kind, const std::string& bucket, bool missing_ok, bool dry_run, const Wait& wait) {
  NN_CHECK(check_bucket_name(bucket));
  auto deleted = delete_stream(api, bucket_stream(kind, bucket), missing_ok, dry_run, wait);
  if (!deleted && deleted.error().code == Code::not_found) return fail(no_bucket(kind, bucket));
  return deleted;
}

}  // namespace noetl::nats::js
