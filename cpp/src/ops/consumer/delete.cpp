#include "engine/define.hpp"
#include "jetstream/consumers.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, consumer;
  bool missing_ok = false, dry_run = false;
  static auto fields() {
    return std::tuple{field("stream", &In::stream, "Stream of the consumer.").format("stream-name").positional(),
                      field("consumer", &In::consumer, "Consumer to delete, with its position.").format("consumer-name").positional(),
                      field("missing_ok", &In::missing_ok, "Succeed when there is no such consumer."),
                      field("dry_run", &In::dry_run, "Say what would go, delete nothing.")};
  }
};

struct Out {
  std::string stream, consumer;
  bool changed = false;
  std::optional<bool> dry_run;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Stream of the consumer."), field("consumer", &Out::consumer, "Name of the consumer."),
                      field("changed", &Out::changed, "False when there was nothing to delete."),
                      field("dry_run", &Out::dry_run, "True when nothing was done.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const bool changed, js::delete_consumer(*api, in.stream, in.consumer, in.missing_ok, in.dry_run, context.wait()));
  return Out{in.stream, in.consumer, changed, in.dry_run ? std::optional(true) : std::nullopt};
}

}  // namespace

Operation op_consumer_delete() {
  return define<In, Out>({.summary = "Delete a consumer; the messages stay in the stream.",
                          .effect = Effect::destroy,
                          .errors = {Code::not_found},
                          .examples = {{"Delete it if it is there", {{"stream", "ORDERS"}, {"consumer", "old"}, {"missing_ok", true}}}}},
                         run);
}

}  // namespace noetl::nats::ops
