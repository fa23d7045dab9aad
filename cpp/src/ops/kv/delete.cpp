#include "engine/define.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, key;
  std::optional<std::uint64_t> revision = {};
  bool dry_run = false;
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket of the key.").format("bucket-name").positional(),
                      field("key", &In::key, "Key to delete.").format("kv-key").positional(),
                      field("revision", &In::revision, "Delete only if this is the key's last revision."),
                      field("dry_run", &In::dry_run, "Only say whether there is something to delete.")};
  }
};

struct Out {
  std::string bucket, key;
  std::optional<std::uint64_t> revision = {};
  bool changed = true;
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."), field("key", &Out::key, "The key."),
                      field("revision", &Out::revision, "Revision of the marker that says that the key is gone."),
                      field("changed", &Out::changed, "A marker was written. With dry_run: whether the key has a value.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  js::Kv kv(*api, in.bucket);
  Out out{.bucket = in.bucket, .key = in.key};
  if (in.dry_run) {
    NN_TRY(const auto entry, kv.get(in.key, true, context.wait()));
    out.changed = entry.has_value();
    return out;
  }
  NN_TRY(out.revision, kv.remove(in.key, {.revision = in.revision}, context.wait()));
  return out;
}

}  // namespace

Operation op_kv_delete() {
  return define<In, Out>({.summary = "Delete one key of a KV bucket; its history stays.",
                          .description = "Succeeds also for a key that is not there.",
                          .effect = Effect::destroy,
                          .errors = {Code::not_found, Code::conflict},
                          .examples = {{"Delete a session", {{"bucket", "sessions"}, {"key", "alice"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
