#include "engine/define.hpp"
#include "jetstream/buckets.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket;
  bool missing_ok = false, dry_run = false;
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Name of the bucket.").format("bucket-name").positional(),
                      field("missing_ok", &In::missing_ok, "Succeed also when there is no such bucket."),
                      field("dry_run", &In::dry_run, "Only say what would be deleted.")};
  }
};

struct Out {
  std::string bucket;
  bool changed = false;
  std::uint64_t messages = 0;
  std::optional<bool> dry_run = {};
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "Name of the bucket."),
                      field("changed", &Out::changed, "Whether there was one to delete."),
                      field("messages", &Out::messages, "Messages (records and chunks) that went with it."),
                      field("dry_run", &Out::dry_run, "True when nothing was done.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto deleted, js::delete_bucket(*api, js::BucketKind::object, in.bucket, in.missing_ok, in.dry_run, context.wait()));
  Out out{.bucket = in.bucket, .changed = deleted.changed, .messages = deleted.messages};
  if (in.dry_run) out.dry_run = true;
  return out;
}

}  // namespace

Operation op_object_bucket_delete() {
  return define<In, Out>({.summary = "Delete an object bucket with all its objects.",
                          .effect = Effect::destroy,
                          .errors = {Code::not_found},
                          .examples = {{"Delete a bucket", {{"bucket", "old-reports"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
