#include "engine/define.hpp"
#include "engine/payload.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, key, encoding = "auto";
  std::optional<std::uint64_t> revision = {};
  bool consistent = false;
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket to read from.").format("bucket-name").positional(),
                      field("key", &In::key, "Key to read.").format("kv-key").positional(), encoding_field(&In::encoding),
                      field("revision", &In::revision, "Read this revision in place of the latest.").min(1),
                      field("consistent", &In::consistent, "Ask the leader: a value that was written a moment ago is not missed.")};
  }
};

struct Out {
  std::string status = kSuccess, bucket, key;
  Json value = {};
  std::optional<std::uint64_t> revision = {};
  std::optional<Time> created = {};
  std::optional<std::string> encoding = {};
  static auto fields() {
    return std::tuple{field("status", &Out::status, "success, or not_found: the key never was there, was removed, or has expired."),
                      field("bucket", &Out::bucket, "The bucket."),
                      field("key", &Out::key, "The key."),
                      field("value", &Out::value, "The value: JSON if it parses as JSON, else text; null when there is none."),
                      field("revision", &Out::revision, "Revision of the value: give it to kv_update."),
                      field("created", &Out::created, "When it was written."),
                      field("encoding", &Out::encoding, "json, utf-8 (text) or base64 (the bytes are not UTF-8).")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  js::Kv kv(*api, in.bucket);
  NN_TRY(const auto entry,
         in.revision ? kv.get_revision(in.key, *in.revision, context.wait()) : kv.get(in.key, in.consistent, context.wait()));
  if (!entry) return Out{.status = kNotFound, .bucket = in.bucket, .key = in.key};
  auto read = payload_value(entry->value, in.encoding);
  return Out{kSuccess, in.bucket, in.key, std::move(read.value), entry->revision, Time{entry->created}, std::move(read.encoding)};
}

}  // namespace

Operation op_kv_get() {
  return define<In, Out>({.summary = "Read one key of a KV bucket.",
                          .effect = Effect::read,
                          .errors = {Code::not_found},
                          .examples = {{"Read a session", {{"bucket", "sessions"}, {"key", "alice"}}},
                                       {"An earlier value", {{"bucket", "sessions"}, {"key", "alice"}, {"revision", 7}}}}},
                         run);
}

}  // namespace noetl::nats::ops
