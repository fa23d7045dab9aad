#include "engine/config_params.hpp"
#include "engine/define.hpp"
#include "jetstream/consumers.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, consumer;
  Object config;
  bool dry_run = false, recreate = false;
  std::vector<std::string> unset;
  static auto fields() {
    return std::tuple{
        field("stream", &In::stream, "Stream of the consumer.").format("stream-name").positional(),
        field("consumer", &In::consumer, "Name of the consumer.").format("consumer-name").positional(),
        field("config", &In::config,
              "Configuration with the server's names (filter_subjects, ack_wait, max_deliver, ...). Durations may be text (30s); a bare "
              "number "
              "is nanoseconds. What is left out keeps its value. A new consumer is a durable pull consumer with ack_policy explicit.")
            .defaulted(),
        field("dry_run", &In::dry_run, "Say what would change, change nothing."),
        field(
            "recreate", &In::recreate,
            "Where a field cannot change, delete the consumer and make it again. It goes on where it was; messages that were acknowledged "
            "out of order may come again."),
        field("unset", &In::unset, "Fields to put back to their default.").defaulted()};
  }

  void check(schema::Problems& problems) {
    read_config_param(js::consumer_fields(), config.value, "config", problems);
    check_unset_param(js::consumer_fields(), unset, config.value, problems);
    for (const char* name : {"name", "durable_name"})
      if (config.value.is_object() && config.value.contains(name) && config.value[name] != consumer)
        problems.push_back({std::string("config.") + name, "differs from consumer"});
  }
};

struct Out {
  std::string stream, consumer;
  bool changed = false, created = false;
  std::optional<bool> recreated;
  std::vector<Json> diff;
  Object config;
  std::optional<bool> dry_run;
  std::optional<std::vector<std::string>> warnings;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Stream of the consumer."),
                      field("consumer", &Out::consumer, "Name of the consumer."),
                      field("changed", &Out::changed, "Whether anything differs from before."),
                      field("created", &Out::created, "Whether the consumer is new."),
                      field("recreated", &Out::recreated, "True when it was deleted and made again."),
                      field("diff", &Out::diff, "What differs: path, from, to in the server's units."),
                      field("config", &Out::config, "The whole configuration as it is now (dry run: as it would be)."),
                      field("dry_run", &Out::dry_run, "True when nothing was done."),
                      field("warnings", &Out::warnings, "For example a filter that no subject of the stream matches.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  js::ConsumerApplyOptions options;
  options.dry_run = in.dry_run;
  options.recreate = in.recreate;
  options.unset = in.unset;
  NN_TRY(auto applied, js::apply_consumer(*api, in.stream, in.consumer, in.config.value, options, context.wait()));
  Out out{in.stream,
          in.consumer,
          applied.changed,
          applied.created,
          {},
          {},
          {js::to_wire(js::consumer_fields(), applied.config, js::kNewestMinor)},
          {},
          {}};
  if (applied.recreated) out.recreated = true;
  for (const auto& change : applied.diff) out.diff.push_back(change.to_json());
  if (in.dry_run) out.dry_run = true;
  if (!applied.warnings.empty()) out.warnings = std::move(applied.warnings);
  return out;
}

}  // namespace

Operation op_consumer_apply() {
  return define<In, Out>(
      {.summary = "Create a consumer of a stream, or update it to match a configuration.",
       .description =
           "Fields that are not given keep their value. A field that cannot change is refused with both values, or the consumer is "
           "made again with recreate. Running it again changes nothing.",
       .effect = Effect::write,
       .errors = {Code::not_found, Code::failed_precondition, Code::already_exists, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"Work through the new orders",
                     {{"stream", "ORDERS"}, {"consumer", "billing"}, {"config", {{"filter_subject", "orders.new"}, {"ack_wait", "2m"}}}}},
                    {"Give up after five tries", {{"stream", "ORDERS"}, {"consumer", "billing"}, {"config", {{"max_deliver", 5}}}}}},
       .text =
           [](const Json& result, bool) {
             return text_of_apply(js::consumer_fields(),
                                  result.value("stream", std::string()) + "/" + result.value("consumer", std::string()), result);
           }},
      run);
}

}  // namespace noetl::nats::ops
