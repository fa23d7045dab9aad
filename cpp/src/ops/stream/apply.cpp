#include "engine/config_params.hpp"
#include "engine/define.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream;
  Object config;
  bool dry_run = false, allow_destructive = false;
  std::vector<std::string> unset;
  std::string on_missing = "create", recreate = "never";
  static auto fields() {
    return std::tuple{
        field("stream", &In::stream, "Name of the stream; config.name does as well.").format("stream-name").positional().defaulted(),
        field("config", &In::config,
              "Configuration with the server's names (subjects, retention, max_age, ...). Durations and sizes may be text (7d, 5GiB); a "
              "bare number is nanoseconds or bytes. What is left out keeps its value."),
        field("dry_run", &In::dry_run, "Say what would change, change nothing."),
        field("allow_destructive", &In::allow_destructive, "Also make changes that delete stored messages or cannot be taken back."),
        field("unset", &In::unset, "Fields to put back to their default.").defaulted(),
        field("on_missing", &In::on_missing, "What to do when there is no such stream.").one_of({"create", "error"}),
        field("recreate", &In::recreate, "Streams are never deleted to change a field.").one_of({"never"})};
  }

  void check(schema::Problems& problems) {
    read_config_param(js::stream_fields(), config.value, "config", problems);
    check_unset_param(js::stream_fields(), unset, config.value, problems);
    const auto name = config.value.is_object() ? config.value.value("name", std::string()) : std::string();
    if (stream.empty()) stream = name;
    if (stream.empty())
      problems.push_back({"stream", "is required (or config.name)"});
    else if (!name.empty() && name != stream)
      problems.push_back({"config.name", "differs from stream"});
  }
};

struct Out {
  std::string stream;
  bool changed = false, created = false;
  std::vector<Json> diff;
  Object config;
  std::optional<bool> dry_run;
  std::optional<std::vector<std::string>> warnings;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Name of the stream."),
                      field("changed", &Out::changed, "Whether anything differs from before."),
                      field("created", &Out::created, "Whether the stream is new."),
                      field("diff", &Out::diff, "What differs: path, from, to in the server's units; loses says what that deletes."),
                      field("config", &Out::config, "The whole configuration as it is now (dry run: as it would be)."),
                      field("dry_run", &Out::dry_run, "True when nothing was done."),
                      field("warnings", &Out::warnings, "What to know about the change.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  const js::ApplyOptions options{in.dry_run, in.allow_destructive, in.on_missing == "create", in.unset};
  NN_TRY(auto applied, js::apply_stream(*api, in.stream, in.config.value, options, context.wait()));
  Out out{in.stream, applied.changed, applied.created, {}, {js::to_wire(js::stream_fields(), applied.config, js::kNewestMinor)}, {}, {}};
  for (const auto& change : applied.diff) out.diff.push_back(change.to_json());
  if (in.dry_run) out.dry_run = true;
  if (!applied.warnings.empty()) out.warnings = std::move(applied.warnings);
  return out;
}

}  // namespace

Operation op_stream_apply() {
  return define<In, Out>(
      {.summary = "Create a stream, or update it to match a configuration.",
       .description = "Fields that are not given keep their value (the server's own update would reset them). A change that would delete "
                      "messages is refused with the number of messages, unless allow_destructive is true. A field that cannot change is "
                      "refused with both values. Running it again changes nothing.",
       .effect = Effect::write,
       .errors = {Code::failed_precondition, Code::already_exists, Code::resource_exhausted, Code::unimplemented, Code::not_found},
       .examples = {{"A stream for orders that keeps a week",
                     {{"stream", "ORDERS"}, {"config", {{"subjects", {"orders.>"}}, {"max_age", "7d"}}}}},
                    {"What would a smaller limit delete?",
                     {{"stream", "ORDERS"}, {"config", {{"max_bytes", "512MiB"}}}, {"dry_run", true}}}},
       .text = [](const Json& result, bool) { return text_of_apply(js::stream_fields(), result.value("stream", std::string()), result); }},
      run);
}

}  // namespace noetl::nats::ops
