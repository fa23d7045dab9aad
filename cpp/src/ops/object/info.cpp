#include "engine/define.hpp"
#include "engine/object_views.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, name;
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket of the object.").format("bucket-name").positional(),
                      field("name", &In::name, "Name of the object.").alias("object").positional()};
  }
};

Result<ObjectView> run(Context& context, const In& in) {
  NN_CHECK(js::check_object_name(in.name));
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto info, js::Objects(*api, in.bucket).info(in.name, context.wait()));
  auto view = object_view(info);
  view.bucket = in.bucket;
  return view;
}

}  // namespace

Operation op_object_info() {
  return define<In, ObjectView>({.summary = "Show one object without reading it.",
                                 .effect = Effect::read,
                                 .errors = {Code::not_found},
                                 .examples = {{"How large is it?", {{"bucket", "reports"}, {"name", "2026-01.pdf"}}}}},
                                run);
}

}  // namespace noetl::nats::ops
