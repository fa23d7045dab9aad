#include "engine/bucket_views.hpp"
#include "engine/define.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string pattern;
  bool details = false;
  static auto fields() {
    return std::tuple{
        field("pattern", &In::pattern, "Only buckets whose name matches; * stands for any characters.").positional().defaulted(),
        field("details", &In::details, "Show each bucket as object_bucket_info does, in place of its name.")};
  }
};

struct Out {
  std::vector<Json> buckets = {};
  std::uint64_t count = 0;
  static auto fields() {
    return std::tuple{field("buckets", &Out::buckets, "Names; with details, objects."),
                      field("count", &Out::count, "How many buckets are listed.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto found, js::list_buckets(*api, js::BucketKind::object, in.pattern, in.details, context.wait()));
  Out out;
  for (const auto& each : found) out.buckets.push_back(in.details ? schema::encode(object_bucket_view(each)) : each);
  out.count = out.buckets.size();
  return out;
}

}  // namespace

Operation op_object_bucket_list() {
  return define<In, Out>({.summary = "List object buckets.",
                          .effect = Effect::read,
                          .examples = {{"All buckets", Json::object()}, {"With their sizes", {{"details", true}}}}},
                         run);
}

}  // namespace noetl::nats::ops
