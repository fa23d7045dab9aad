#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, key;
  Json value = {};
  std::optional<Duration> ttl = {};
  std::string encoding = "auto", compat = "rust", if_exists = "error";
  static auto fields() {
    return std::tuple{
        field("bucket", &In::bucket, "Bucket to write to.").format("bucket-name").positional(),
        field("key", &In::key, "Key that must not be there yet; one that was removed or has expired may be.").format("kv-key").positional(),
        field("value", &In::value, "Text is stored as it is, anything else as JSON; null stores an empty value.").positional(),
        field("ttl", &In::ttl, "The key expires after this time: seconds, or text like 30s, 5m. Rounded up to whole seconds.")
            .min(1)
            .since("2.11"),
        encoding_field(&In::encoding),
        compat_field(&In::compat),
        field("if_exists", &In::if_exists, "When the key is there: error, or return what it holds.").one_of({"error", "return"})};
  }
};

struct Out {
  std::string bucket, key;
  std::uint64_t revision = 0;
  bool created = true, changed = true;
  std::optional<std::int64_t> ttl_applied = {};
  std::optional<Json> value = {};
  std::optional<std::string> encoding = {};
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."),
                      field("key", &Out::key, "The key."),
                      field("revision", &Out::revision, "Revision of the value that is there now."),
                      field("created", &Out::created, "False: the key was there, see value."),
                      field("changed", &Out::changed, "The same as created."),
                      field("ttl_applied", &Out::ttl_applied, "Seconds after which the key expires, when a ttl was given."),
                      field("value", &Out::value, "What the key holds, when it was there."),
                      field("encoding", &Out::encoding, "Of that value: json, utf-8 or base64.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(const auto bytes, payload_bytes("value", in.value, in.encoding, in.compat));
  NN_TRY(auto* const api, context.jetstream());
  js::Kv kv(*api, in.bucket);
  Out out{.bucket = in.bucket, .key = in.key};
  js::KvPutOptions options;
  if (in.ttl) {
    options.ttl = in.ttl->value;
    out.ttl_applied = js::whole_seconds(in.ttl->value).count();
  }
  auto created = kv.create(in.key, bytes, options, context.wait());
  if (created) {
    out.revision = created->revision;
    return out;
  }
  if (in.if_exists == "error" || created.error().code != Code::already_exists) return fail(std::move(created).error());
  NN_TRY(const auto present, kv.get(in.key, true, context.wait()));
  if (!present) return fail(Code::conflict, created.error().message + ", and was removed at once", "try again");
  auto read = payload_value(present->value, in.encoding);
  return Out{in.bucket, in.key, present->revision, false, false, std::nullopt, std::move(read.value), std::move(read.encoding)};
}

}  // namespace

Operation op_kv_create() {
  return define<In, Out>(
      {.summary = "Write one key of a KV bucket only if it is not there.",
       .effect = Effect::write,
       .idempotent = false,
       .errors = {Code::not_found, Code::already_exists, Code::failed_precondition, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"Claim a name", {{"bucket", "names"}, {"key", "worker-1"}, {"value", "host-a"}}}}},
      run);
}

}  // namespace noetl::nats::ops
