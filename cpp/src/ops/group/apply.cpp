#include <fmt/format.h>

#include "engine/config_params.hpp"
#include "engine/define.hpp"
#include "jetstream/groups.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, group, kind = js::kSharedGroup;
  std::optional<std::vector<std::string>> filters;
  std::optional<Duration> ack_wait;
  std::optional<std::int64_t> max_deliver, max_ack_pending;
  std::optional<std::vector<Duration>> backoff;
  std::optional<std::int64_t> partitions;
  std::optional<std::vector<std::string>> partition_filters, members;
  std::optional<std::vector<Json>> member_mappings;
  std::optional<std::int64_t> max_buffered_msgs;
  std::optional<Size> max_buffered_bytes;
  bool dlq = false, dry_run = false;

  static auto fields() {
    return std::tuple{
        field("stream", &In::stream, "Stream whose messages the group shares.").format("stream-name").positional(),
        field("group", &In::group, "Name of the group; the consumer has it too.").format("consumer-name").positional(),
        field("kind", &In::kind,
              "shared: every worker takes what comes next. The other kinds are not built yet. In a playbook: group_kind.")
            .alias("group_kind")
            .one_of({"shared", "overflow", "pinned", "prioritized", "partitioned_static", "partitioned_elastic"}),
        field("filters", &In::filters, "Only messages whose subject matches one of these.").format("filter"),
        field("ack_wait", &In::ack_wait, "Deliver a message again when it is not acknowledged for so long (30s unless given)."),
        field("max_deliver", &In::max_deliver, "Give a message up after so many deliveries; -1: never.").min(-1),
        field("backoff", &In::backoff, "Waits between the deliveries of a message, in place of ack_wait."),
        field("max_ack_pending", &In::max_ack_pending,
              "Messages that may be unacknowledged at once: at least workers times batch. -1: no limit.")
            .min(-1),
        field("partitions", &In::partitions, "Partitioned kinds only.").min(1),
        field("partition_filters", &In::partition_filters, "Partitioned kinds only."),
        field("members", &In::members, "Partitioned kinds only."),
        field("member_mappings", &In::member_mappings, "Partitioned kinds only."),
        field("max_buffered_msgs", &In::max_buffered_msgs, "partitioned_elastic only."),
        field("max_buffered_bytes", &In::max_buffered_bytes, "partitioned_elastic only."),
        field("dlq", &In::dlq, "Keep messages that were given up in a dead letter stream (not built yet)."),
        field("dry_run", &In::dry_run, "Say what would change, change nothing.")};
  }

  void check(schema::Problems& problems) const {
    if (kind != js::kSharedGroup) return;
    const auto only_partitioned = [&](bool given, const char* name) {
      if (given) problems.push_back({name, "is for partitioned groups, and kind is shared"});
    };
    only_partitioned(partitions.has_value(), "partitions");
    only_partitioned(partition_filters.has_value(), "partition_filters");
    only_partitioned(members.has_value(), "members");
    only_partitioned(member_mappings.has_value(), "member_mappings");
    only_partitioned(max_buffered_msgs.has_value(), "max_buffered_msgs");
    only_partitioned(max_buffered_bytes.has_value(), "max_buffered_bytes");
  }

  [[nodiscard]] Json config() const {
    Json out = Json::object();
    if (filters) out["filter_subjects"] = *filters;
    if (ack_wait) out["ack_wait"] = ack_wait->value.count();
    if (max_deliver) out["max_deliver"] = *max_deliver;
    if (max_ack_pending) out["max_ack_pending"] = *max_ack_pending;
    if (!backoff) return out;
    out["backoff"] = Json::array();
    for (const auto& each : *backoff) out["backoff"].push_back(each.value.count());
    return out;
  }
};

struct Out {
  std::string stream, group, kind;
  bool changed = false, created = false;
  std::vector<Json> diff;
  std::optional<bool> dry_run;
  std::optional<std::vector<std::string>> warnings;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Name of the stream."),
                      field("group", &Out::group, "Name of the group."),
                      field("kind", &Out::kind, "Kind of the group."),
                      field("changed", &Out::changed, "Whether anything differs from before."),
                      field("created", &Out::created, "Whether the group is new."),
                      field("diff", &Out::diff, "What differs in the consumer's configuration: path, from, to."),
                      field("dry_run", &Out::dry_run, "True when nothing was done."),
                      field("warnings", &Out::warnings, "For example a filter that no subject of the stream matches.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  if (in.kind != js::kSharedGroup)
    return fail(Code::unimplemented, fmt::format("group_apply: groups of kind {} are not built yet", in.kind),
                "kind shared works: every worker takes what comes next");
  if (in.dlq) return fail(Code::unimplemented, "group_apply: dlq is not built yet", "leave it out");
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(auto applied, js::apply_shared_group(*api, in.stream, in.group, in.config(), in.dry_run, context.wait()));
  Out out{in.stream, in.group, in.kind, applied.changed, applied.created, {}, {}, {}};
  for (const auto& change : applied.diff) out.diff.push_back(change.to_json());
  if (in.dry_run) out.dry_run = true;
  if (!applied.warnings.empty()) out.warnings = std::move(applied.warnings);
  return out;
}

}  // namespace

Operation op_group_apply() {
  return define<In, Out>(
      {.summary = "Create a group of workers on a stream, or update it to match.",
       .description =
           "A shared group is a durable pull consumer: start any number of workers that fetch from it (`js_consume` with the group as "
           "consumer). What is left out keeps its value.",
       .effect = Effect::write,
       .errors = {Code::not_found, Code::failed_precondition, Code::unimplemented, Code::resource_exhausted},
       .since = "2.10",
       .examples = {{"Workers for new orders",
                     {{"stream", "ORDERS"}, {"group", "billing"}, {"filters", {"orders.new"}}, {"ack_wait", "2m"}, {"max_deliver", 5}}}},
       .text =
           [](const Json& result, bool) {
             return text_of_apply(js::consumer_fields(), result.value("stream", std::string()) + "/" + result.value("group", std::string()),
                                  result);
           }},
      run);
}

}  // namespace noetl::nats::ops
