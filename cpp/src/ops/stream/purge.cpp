#include "engine/define.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, subject;
  std::optional<std::uint64_t> up_to_seq, keep;
  bool dry_run = false;
  static auto fields() {
    return std::tuple{field("stream", &In::stream, "Stream to remove messages from.").format("stream-name").positional(),
                      field("subject", &In::subject, "Only messages whose subject matches this filter.").format("filter").defaulted(),
                      field("up_to_seq", &In::up_to_seq, "Only messages below this sequence.").min(1),
                      field("keep", &In::keep, "All but the last so many.").min(1),
                      field("dry_run", &In::dry_run, "Count what would go, remove nothing.")};
  }

  void check(schema::Problems& problems) const {
    if (up_to_seq && keep) problems.push_back({"keep", "give up_to_seq or keep, not both"});
  }
};

struct Out {
  std::string stream;
  bool changed = false;
  std::uint64_t purged = 0;
  std::optional<bool> dry_run;
  std::optional<std::vector<std::string>> warnings;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Name of the stream."), field("changed", &Out::changed, "Whether a message went."),
                      field("purged", &Out::purged, "How many messages went (dry run: would go)."),
                      field("dry_run", &Out::dry_run, "True when nothing was done."),
                      field("warnings", &Out::warnings, "How sure a dry run is.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto purged, js::purge_stream(*api, in.stream, {in.subject, in.up_to_seq, in.keep, in.dry_run}, context.wait()));
  Out out{in.stream, purged.messages > 0, purged.messages, {}, {}};
  if (in.dry_run) out.dry_run = true;
  if (!purged.exact) out.warnings = {"purged is the most that would go: messages below up_to_seq are not counted by subject"};
  return out;
}

}  // namespace

Operation op_stream_purge() {
  return define<In, Out>(
      {.summary = "Remove messages from a stream, which itself stays.",
       .effect = Effect::destroy,
       .errors = {Code::not_found, Code::failed_precondition},
       .examples = {{"Remove all", {{"stream", "ORDERS"}}},
                    {"Keep the last 100 of one subject", {{"stream", "ORDERS"}, {"subject", "orders.test"}, {"keep", 100}}}}},
      run);
}

}  // namespace noetl::nats::ops
