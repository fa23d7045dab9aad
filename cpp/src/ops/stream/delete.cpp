#include "engine/define.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream;
  bool missing_ok = false, dry_run = false;
  static auto fields() {
    return std::tuple{field("stream", &In::stream, "Stream to delete, with its messages and consumers.").format("stream-name").positional(),
                      field("missing_ok", &In::missing_ok, "Succeed when there is no such stream."),
                      field("dry_run", &In::dry_run, "Say what would go, delete nothing.")};
  }
};

struct Out {
  std::string stream;
  bool changed = false;
  std::uint64_t messages = 0;
  std::optional<bool> dry_run;
  static auto fields() {
    return std::tuple{
        field("stream", &Out::stream, "Name of the stream."), field("changed", &Out::changed, "False when there was nothing to delete."),
        field("messages", &Out::messages, "How many messages it held."), field("dry_run", &Out::dry_run, "True when nothing was done.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto deleted, js::delete_stream(*api, in.stream, in.missing_ok, in.dry_run, context.wait()));
  return Out{in.stream, deleted.changed, deleted.messages, in.dry_run ? std::optional(true) : std::nullopt};
}

}  // namespace

Operation op_stream_delete() {
  return define<In, Out>({.summary = "Delete a stream with all its messages and consumers.",
                          .effect = Effect::destroy,
                          .errors = {Code::not_found},
                          .examples = {{"Delete it if it is there", {{"stream", "OLD"}, {"missing_ok", true}}}}},
                         run);
}

}  // namespace noetl::nats::ops
