#include "engine/define.hpp"
#include "jetstream/buckets.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket;
  std::optional<std::string> description = {}, storage = {};
  std::optional<std::int64_t> replicas = {};
  std::optional<Duration> ttl = {};
  std::optional<Size> max_bytes = {};
  std::optional<bool> compression = {};
  Object placement = {}, metadata = {};
  bool dry_run = false, allow_destructive = false;
  Json parts = Json::object();  // what check() made of the last two

  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Name of the bucket.").format("bucket-name").positional(),
        field("description", &In::description, "What the bucket is for."),
        field("ttl", &In::ttl, "How long an object lives: seconds, or text like 5m, 7d; 0: for ever."),
        field("max_bytes", &In::max_bytes, "Largest size of the bucket, like 512MiB; -1: no limit. A full bucket refuses writes."),
        field("storage", &In::storage, "Where it is stored; cannot be changed.").one_of({"file", "memory"}),
        field("replicas", &In::replicas, "Copies in a cluster: 1, 3 or 5.").min(1).max(5),
        field("compression", &In::compression, "Store objects compressed.").since("2.10"),
        field("placement", &In::placement, "Where in a cluster: {cluster, tags}.").defaulted(),
        field("metadata", &In::metadata, "Free texts to keep with the bucket.").defaulted().since("2.10"),
        field("dry_run", &In::dry_run, "Say what would change, change nothing."),
        field("allow_destructive", &In::allow_destructive, "Also make changes that delete stored objects or cannot be taken back.")};
  }

  void check(schema::Problems& problems) {
    if (!placement.value.empty()) parts["placement"] = placement.value;
    if (!metadata.value.empty()) parts["metadata"] = metadata.value;
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
  js::BucketSpec spec{
      .description = in.description, .storage = in.storage, .replicas = in.replicas, .compression = in.compression, .more = in.parts};
  if (in.ttl) spec.ttl = in.ttl->value;
  if (in.max_bytes) spec.max_bytes = in.max_bytes->bytes;
  return spec;
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  const js::ApplyOptions options{.dry_run = in.dry_run, .allow_destructive = in.allow_destructive};
  NN_TRY(auto applied, js::apply_bucket(*api, js::BucketKind::object, in.bucket, spec_of(in), options, context.wait()));
  Out out{.bucket = in.bucket, .changed = applied.changed, .created = applied.created, .diff = js::bucket_diff(applied.diff)};
  out.config.value = js::to_wire(js::stream_fields(), applied.config, 99);
  if (in.dry_run) out.dry_run = true;
  if (!applied.warnings.empty()) out.warnings = std::move(applied.warnings);
  return out;
}

}  // namespace

Operation op_object_bucket_apply() {
  return define<In, Out>({.summary = "Create an object bucket, or update it to match.",
                          .description = "What is not given keeps its value. A change that would delete stored objects is refused, unless "
                                         "`allow_destructive` is true. Running it again changes nothing.",
                          .effect = Effect::write,
                          .errors = {Code::failed_precondition, Code::already_exists, Code::resource_exhausted, Code::unimplemented},
                          .examples = {{"A bucket of at most 10 GiB", {{"bucket", "reports"}, {"max_bytes", "10GiB"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
