#include "engine/bucket_views.hpp"
#include "engine/define.hpp"
#include "jetstream/kv.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket;
  bool count_keys = false;
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Name of the bucket.").format("bucket-name").positional(),
                      field("count_keys", &In::count_keys, "Also count the keys that have a value.")};
  }
};

Result<KvBucketView> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto info, js::find_bucket(*api, js::BucketKind::kv, in.bucket, context.wait()));
  KvBucketView view;
  if (info) view = kv_bucket_view(*info);
  view.status = info ? kSuccess : kNotFound;
  view.bucket = in.bucket;
  if (!info || !in.count_keys) return view;
  NN_TRY(const auto keys, js::Kv(*api, in.bucket).keys({}, context.wait()));
  view.keys = keys.keys.size();
  return view;
}

}  // namespace

Operation op_kv_bucket_info() {
  return define<In, KvBucketView>({.summary = "Show one KV bucket: what it holds and how it is set up.",
                                   .effect = Effect::read,
                                   .examples = {{"How full is it?", {{"bucket", "sessions"}, {"count_keys", true}}}}},
                                  run);
}

}  // namespace noetl::nats::ops
