#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, key;
  Json value = {};
  std::uint64_t revision = 0;
  std::optional<Duration> ttl = {};
  std::string encoding = "auto", compat = "rust";
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to write to.").format("bucket-name").positional(),
        field("key", &In::key, "Key to change.").format("kv-key").positional(),
        field("value", &In::value, "Text is stored as it is, anything else as JSON; null stores an empty value.").positional(),
        field("revision", &In::revision, "Write only if this is the key's last revision (kv_get gives it)."),
        field("ttl", &In::ttl, "The key expires after this time: seconds, or text like 30s, 5m. Rounded up to whole seconds.")
            .min(1)
            .since("2.11"),
        encoding_field(&In::encoding),
        compat_field(&In::compat)};
  }
};

struct Out {
  std::string bucket, key;
  std::uint64_t revision = 0;
  bool changed = true;
  std::optional<std::int64_t> ttl_applied = {};
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."), field("key", &Out::key, "The key."),
                      field("revision", &Out::revision, "Revision of the new value."), field("changed", &Out::changed, "Always true."),
                      field("ttl_applied", &Out::ttl_applied, "Seconds after which the key expires, when a ttl was given.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(const auto bytes, payload_bytes("value", in.value, in.encoding, in.compat));
  NN_TRY(auto* const api, context.jetstream());
  Out out{.bucket = in.bucket, .key = in.key};
  js::KvPutOptions options;
  if (in.ttl) {
    options.ttl = in.ttl->value;
    out.ttl_applied = js::whole_seconds(in.ttl->value).count();
  }
  NN_TRY(const auto written, js::Kv(*api, in.bucket).update(in.key, bytes, in.revision, options, context.wait()));
  out.revision = written.revision;
  return out;
}

}  // namespace

Operation op_kv_update() {
  return define<In, Out>(
      {.summary = "Write one key of a KV bucket only if nobody changed it since (compare and set).",
       .description = "A conflict carries the present revision in `details.current_revision`.",
       .effect = Effect::write,
       .idempotent = false,
       .errors = {Code::not_found, Code::conflict, Code::failed_precondition, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"Change what was read at revision 7", {{"bucket", "sessions"}, {"key", "alice"}, {"value", "new"}, {"revision", 7}}}}},
      run);
}

}  // namespace noetl::nats::ops
