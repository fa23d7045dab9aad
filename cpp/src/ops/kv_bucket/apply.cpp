#include "engine/define.hpp"
#include "jetstream/buckets.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket;
  std::optional<std::string> description = {}, storage = {};
  std::optional<std::int64_t> history = {}, replicas = {};
  std::optional<Duration> ttl = {}, limit_marker_ttl = {};
  std::optional<Size> max_value_size = {}, max_bytes = {};
  std::optional<bool> compression = {};
  Json mirror = {};
  std::vector<Json> sources = {};
  Object placement = {}, republish = {}, metadata = {};
  bool dry_run = false, allow_destructive = false;
  Json parts = Json::object();  // what check() made of the last five

  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Name of the bucket.").format("bucket-name").positional(),
        field("description", &In::description, "What the bucket is for."),
        field("history", &In::history, "Values kept of each key; a new bucket keeps 1.").min(1).max(64),
        field("ttl", &In::ttl, "How long a value lives: seconds, or text like 5m, 7d; 0: for ever."),
        field("limit_marker_ttl", &In::limit_marker_ttl,
              "Lets single keys have a ttl; the marker of an expired key stays for this time, at least 1s.")
            .min(1)
            .since("2.11"),
        field("max_value_size", &In::max_value_size, "Largest value, like 10KiB; -1: no limit."),
        field("max_bytes", &In::max_bytes, "Largest size of the bucket, like 512MiB; -1: no limit. A full bucket refuses writes."),
        field("storage", &In::storage, "Where it is stored; cannot be changed.").one_of({"file", "memory"}),
        field("replicas", &In::replicas, "Copies in a cluster: 1, 3 or 5.").min(1).max(5),
        field("compression", &In::compression, "Store values compressed.").since("2.10"),
        field("placement", &In::placement, "Where in a cluster: {cluster, tags}.").defaulted(),
        field("republish", &In::republish, "Publish every change again: {src, dest, headers_only}.").defaulted(),
        field("mirror", &In::mirror, "Make it a copy of this bucket: a name, or {bucket, external}.").defaulted(),
        field("sources", &In::sources, "Take in the keys of these buckets: names, or {bucket, external, ...}.").defaulted(),
        field("metadata", &In::metadata, "Free texts to keep with the bucket.").defaulted().since("2.10"),
        field("dry_run", &In::dry_run, "Say what would change, change nothing."),
        field("allow_destructive", &In::allow_destructive, "Also make changes that delete stored values or cannot be taken back.")};
  }

  void check(schema::Problems& problems) {
    for (const auto& [name, object] :
         {std::pair{"placement", &placement}, std::pair{"republish", &republish}, std::pair{"metadata", &metadata}})
      if (!object->value.empty()) parts[name] = object->value;
    if (!mirror.is_null()) parts["mirror"] = mirror;
    if (!sources.empty()) parts["sources"] = sources;
    std::vector<js::ConfigProblem> found;
    parts = js::read_bucket_parts(bucket, parts, found);
    for (auto& each : found) problems.push_back({std::move(each.path), std::move(each.message)});
  }
};

struct Out {
  std::string bucket;
  bool changed = false, created = false;
  Json diff = Json::array();
  Object config = {};
  std::optional<bool> dry_run = {};
  std::optional<std::vector<std::string>> warnings = {};
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "Name of the bucket."),
                      field("changed", &Out::changed, "Whether anything differs from before."),
                      field("created", &Out::created, "Whether the bucket is new."),
                      field("diff", &Out::diff, "What differs: path, from, to; loses says what that deletes."),
                      field("config", &Out::config, "The configuration of its stream as it is now (dry run: as it would be)."),
                      field("dry_run", &Out::dry_run, "True when nothing was done."),
                      field("warnings", &Out::warnings, "What to know about the change.")};
  }
};

js::BucketSpec spec_of(const In& in) {
  js::BucketSpec spec{.description = in.description,
                      .storage = in.storage,
                      .replicas = in.replicas,
                      .compression = in.compression,
                      .more = in.parts,
                      .history = in.history};
  if (in.ttl) spec.ttl = in.ttl->value;
  if (in.limit_marker_ttl) spec.limit_marker_ttl = in.limit_marker_ttl->value;
  if (in.max_bytes) spec.max_bytes = in.max_bytes->bytes;
  if (in.max_value_size) spec.max_value_size = in.max_value_size->bytes;
  return spec;
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  const js::ApplyOptions options{.dry_run = in.dry_run, .allow_destructive = in.allow_destructive};
  NN_TRY(auto applied, js::apply_bucket(*api, js::BucketKind::kv, in.bucket, spec_of(in), options, context.wait()));
  Out out{.bucket = in.bucket, .changed = applied.changed, .created = applied.created, .diff = js::bucket_diff(applied.diff)};
  out.config.value = js::to_wire(js::stream_fields(), applied.config, 99);
  if (in.dry_run) out.dry_run = true;
  if (!applied.warnings.empty()) out.warnings = std::move(applied.warnings);
  return out;
}

}  // namespace

Operation op_kv_bucket_apply() {
  return define<In, Out>(
      {.summary = "Create a KV bucket, or update it to match.",
       .description = "What is not given keeps its value. A change that would delete stored values is refused with their number, unless "
                      "`allow_destructive` is true. Running it again changes nothing.",
       .effect = Effect::write,
       .errors = {Code::failed_precondition, Code::already_exists, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"A bucket whose values live for a day", {{"bucket", "sessions"}, {"ttl", "24h"}}},
                    {"Single keys may expire, five values are kept", {{"bucket", "config"}, {"history", 5}, {"limit_marker_ttl", "1m"}}}}},
      run);
}

}  // namespace noetl::nats::ops
