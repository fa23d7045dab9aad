#include "engine/define.hpp"
#include "jetstream/objects.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket, name;
  bool missing_ok = false, dry_run = false;
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket of the object.").format("bucket-name").positional(),
                      field("name", &In::name, "Name of the object.").alias("object").positional(),
                      field("missing_ok", &In::missing_ok, "Succeed also when there is no such object."),
                      field("dry_run", &In::dry_run, "Only say whether there is something to delete.")};
  }
};

struct Out {
  std::string bucket, name;
  bool changed = true;
  static auto fields() {
    return std::tuple{field("bucket", &Out::bucket, "The bucket."), field("name", &Out::name, "Name of the object."),
                      field("changed", &Out::changed, "Whether there was one to delete.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(js::check_object_name(in.name));
  NN_TRY(auto* const api, context.jetstream());
  js::Objects objects(*api, in.bucket);
  Out out{.bucket = in.bucket, .name = in.name};
  if (in.dry_run || in.missing_ok) {
    NN_TRY(const auto found, objects.find(in.name, context.wait()));
    out.changed = found.has_value();
    if (in.dry_run || !found) return out;
  }
  NN_CHECK(objects.remove(in.name, context.wait()));
  return out;
}

}  // namespace

Operation op_object_delete() {
  return define<In, Out>({.summary = "Delete one object.",
                          .effect = Effect::destroy,
                          .errors = {Code::not_found, Code::failed_precondition},
                          .examples = {{"Delete a report", {{"bucket", "reports"}, {"name", "2026-01.pdf"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
