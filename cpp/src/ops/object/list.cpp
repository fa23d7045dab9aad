#include "base/names.hpp"
#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/object_views.hpp"
#include "engine/present.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string bucket;
  std::optional<std::string> pattern = {};
  bool deleted = false;
  static auto fields() {
    return std::tuple{field("bucket", &In::bucket, "Bucket to list.").format("bucket-name").positional(),
                      field("pattern", &In::pattern, "Only names that match as a whole; * stands for any characters."),
                      field("deleted", &In::deleted, "Also those that were deleted.")};
  }
};

struct Out {
  std::string bucket;
  std::vector<ObjectView> objects = {};
  std::uint64_t count = 0;
  std::optional<std::vector<std::string>> warnings = {};
  static auto fields() {
    return std::tuple{
        field("bucket", &Out::bucket, "The bucket."), field("objects", &Out::objects, "The objects, in the order of their last change."),
        field("count", &Out::count, "How many are listed."), field("warnings", &Out::warnings, "Records that could not be read.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  std::vector<std::string> warnings;
  NN_TRY(const auto all, js::Objects(*api, in.bucket).list(in.deleted, warnings, context.wait()));
  Out out{.bucket = in.bucket};
  for (const auto& each : all)
    if (!in.pattern || glob_matches(*in.pattern, each.name)) out.objects.push_back(object_view(each));
  out.count = out.objects.size();
  if (!warnings.empty()) out.warnings = std::move(warnings);
  return out;
}

std::string text(const Json& result, bool) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : result["objects"])
    rows.push_back({each["name"].get<std::string>(), each.contains("deleted") ? "deleted" : human_size(each["size"].get<std::int64_t>()),
                    each["mtime"].get<std::string>(), each["description"].is_string() ? each["description"].get<std::string>() : ""});
  if (rows.empty()) return "no objects in bucket " + result["bucket"].get<std::string>() + "\n";
  return table({"NAME", "SIZE", "WRITTEN", "DESCRIPTION"}, rows);
}

}  // namespace

Operation op_object_list() {
  return define<In, Out>(
      {.summary = "List the objects of a bucket.",
       .effect = Effect::read,
       .errors = {Code::not_found},
       .examples = {{"All objects", {{"bucket", "reports"}}}, {"Those of a year", {{"bucket", "reports"}, {"pattern", "2026-*"}}}},
       .text = text},
      run);
}

}  // namespace noetl::nats::ops
