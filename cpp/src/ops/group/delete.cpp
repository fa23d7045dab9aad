#include "engine/define.hpp"
#include "jetstream/groups.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, group;
  bool keep_buffer = false, missing_ok = false, dry_run = false;
  static auto fields() {
    return std::tuple{field("stream", &In::stream, "Stream of the group.").format("stream-name").positional(),
                      field("group", &In::group, "Group to delete, with its position.").format("consumer-name").positional(),
                      field("keep_buffer", &In::keep_buffer, "partitioned_elastic only: keep the group's own stream."),
                      field("missing_ok", &In::missing_ok, "Succeed when there is no such group."),
                      field("dry_run", &In::dry_run, "Say what would go, delete nothing.")};
  }

  void check(schema::Problems& problems) const {
    if (keep_buffer) problems.push_back({"keep_buffer", "is for groups of kind partitioned_elastic, which are not built yet"});
  }
};

struct Out {
  std::string stream, group;
  bool changed = false;
  std::optional<bool> dry_run;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Name of the stream."), field("group", &Out::group, "Name of the group."),
                      field("changed", &Out::changed, "False when there was nothing to delete."),
                      field("dry_run", &Out::dry_run, "True when nothing was done.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const bool changed, js::delete_group(*api, in.stream, in.group, in.missing_ok, in.dry_run, context.wait()));
  return Out{in.stream, in.group, changed, in.dry_run ? std::optional(true) : std::nullopt};
}

}  // namespace

Operation op_group_delete() {
  return define<In, Out>({.summary = "Delete a group of workers; the messages stay in the stream.",
                          .effect = Effect::destroy,
                          .errors = {Code::not_found, Code::failed_precondition},
                          .examples = {{"Delete a group", {{"stream", "ORDERS"}, {"group", "billing"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
