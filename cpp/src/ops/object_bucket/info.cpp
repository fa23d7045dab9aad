#include "engine/bucket_views.hpp"
#include "engine/define.hpp"
#include "jetstream/objects.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket;
  static auto fields() { return std::tuple{field("bucket", &In::bucket, "Name of the bucket.").format("bucket-name").positional()}; }
};

Result<ObjectBucketView> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto info, js::find_bucket(*api, js::BucketKind::object, in.bucket, context.wait()));
  ObjectBucketView view;
  if (info) view = object_bucket_view(*info);
  view.status = info ? kSuccess : kNotFound;
  view.bucket = in.bucket;
  if (!info) return view;
  std::vector<std::string> warnings;
  NN_TRY(const auto objects, js::Objects(*api, in.bucket).list(false, warnings, context.wait()));
  view.objects = objects.size();
  return view;
}

}  // namespace

Operation op_object_bucket_info() {
  return define<In, ObjectBucketView>({.summary = "Show one object bucket: what it holds and how it is set up.",
                                       .effect = Effect::read,
                                       .examples = {{"How full is it?", {{"bucket", "reports"}}}}},
                                      run);
}

}  // namespace noetl::nats::ops
