#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/buckets.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, key;
  Json value = {};
  std::optional<Duration> ttl = {};
  std::string encoding = "auto", compat = "rust", msg_id;
  bool create_bucket = false;
  std::optional<std::string> ttl_mode = {};
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to write to.").format("bucket-name").positional(),
        field("key", &In::key, "Key to write.").format("kv-key").positional(),
        field("value", &In::value, "Text is stored as it is, anything else as JSON; null stores an empty value.").positional(),
        field("ttl", &In::ttl, "The key expires after this time: seconds, or text like 30s, 5m. Rounded up to whole seconds.")
            .min(1)
            .since("2.11"),
        encoding_field(&In::encoding),
        compat_field(&In::compat),
        field("msg_id", &In::msg_id, "Within the bucket's duplicate window a value with the same id is stored once.").defaulted(),
        field("create_bucket", &In::create_bucket, "Create the bucket with its defaults when it does not exist."),
        field("ttl_mode", &In::ttl_mode,
              "ignore: write without ttl, with a warning, where the bucket cannot expire keys. Default: NOETL_NATS_TTL_MODE, then apply.")
            .one_of({"apply", "ignore"})};
  }
};

struct Out {
  std::string bucket, key;
  std::uint64_t revision = 0;
  bool changed = true;
  std::optional<std::int64_t> ttl_applied = {};
  std::optional<bool> duplicate = {};
  std::optional<std::vector<std::string>> warnings = {};
  static auto fields() {
    return std::tuple{
        field("bucket", &Out::bucket, "The bucket."),
        field("key", &Out::key, "The key."),
        field("revision", &Out::revision, "Revision of the value."),
        field("changed", &Out::changed, "False only for a duplicate."),
        field("ttl_applied", &Out::ttl_applied, "Seconds after which the key expires, when a ttl was given."),
        field("duplicate", &Out::duplicate, "True: the msg_id was known, nothing was written; the revision is that of the first time."),
        field("warnings", &Out::warnings, "What was not done as asked.")};
  }
};

Result<js::KvPut> put(js::Api& api, const In& in, const std::string& bytes, const js::KvPutOptions& options, const Wait& wait) {
  js::Kv kv(api, in.bucket);
  auto written = kv.put(in.key, bytes, options, wait);
  if (written || !in.create_bucket || written.error().code != Code::not_found) return written;
  js::BucketSpec spec;
  if (options.ttl) spec.limit_marker_ttl = std::chrono::minutes(1);
  NN_CHECK(js::apply_bucket(api, js::BucketKind::kv, in.bucket, spec, {}, wait));
  return js::Kv(api, in.bucket).put(in.key, bytes, options, wait);
}

bool ignores_ttl(const In& in, const Environment& environment) {
  return in.ttl_mode.value_or(environment.get("NOETL_NATS_TTL_MODE").value_or("apply")) == "ignore";
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(const auto bytes, payload_bytes("value", in.value, in.encoding, in.compat));
  NN_TRY(auto* const api, context.jetstream());
  Out out{.bucket = in.bucket, .key = in.key};
  js::KvPutOptions options{.message_id = in.msg_id};
  if (in.ttl) {
    options.ttl = in.ttl->value;
    out.ttl_applied = js::whole_seconds(in.ttl->value).count();
  }
  auto written = put(*api, in, bytes, options, context.wait());
  const bool ttl_cannot_be = !written && (written.error().code == Code::failed_precondition || written.error().code == Code::unimplemented);
  if (in.ttl && ttl_cannot_be && ignores_ttl(in, context.environment())) {
    out.warnings = {"the ttl was ignored, the key does not expire: " + written.error().message};
    out.ttl_applied.reset();
    options.ttl.reset();
    written = put(*api, in, bytes, options, context.wait());
  }
  if (!written) return fail(std::move(written).error());
  out.revision = written->revision;
  out.changed = !written->duplicate;
  if (written->duplicate) out.duplicate = true;
  return out;
}

}  // namespace

Operation op_kv_put() {
  return define<In, Out>(
      {.summary = "Write one key of a KV bucket.",
       .effect = Effect::write,
       .errors = {Code::not_found, Code::failed_precondition, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"Write JSON", {{"bucket", "sessions"}, {"key", "alice"}, {"value", {{"active", true}}}}},
                    {"A key that expires", {{"bucket", "sessions"}, {"key", "alice"}, {"value", "hello"}, {"ttl", 300}}}}},
      run);
}

}  // namespace noetl::nats::ops
