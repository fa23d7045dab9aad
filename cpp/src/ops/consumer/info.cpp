#include "engine/define.hpp"
#include "jetstream/consumers.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, consumer;
  static auto fields() {
    return std::tuple{field("stream", &In::stream, "Stream of the consumer.").format("stream-name").positional(),
                      field("consumer", &In::consumer, "Consumer to look at.").format("consumer-name").positional()};
  }
};

struct Out {
  std::string status = kSuccess;
  std::string stream, consumer;
  std::optional<std::uint64_t> lag;
  std::optional<bool> stalled, nobody_pulls;
  std::optional<std::uint64_t> num_pending, num_ack_pending, num_redelivered, num_waiting;
  std::optional<Object> delivered, ack_floor;
  std::optional<bool> push_bound, paused;
  std::optional<std::vector<Json>> priority_groups;
  std::optional<Object> cluster, config;
  std::optional<std::string> created;
  static auto fields() {
    return std::tuple{
        field("status", &Out::status, "success, or not_found when there is no such consumer."),
        field("stream", &Out::stream, "Stream of the consumer."),
        field("consumer", &Out::consumer, "Name of the consumer."),
        field("lag", &Out::lag, "Messages that are not done: waiting, or delivered and not acknowledged."),
        field("stalled", &Out::stalled, "Messages wait, and max_ack_pending stops their delivery until something is acknowledged."),
        field("nobody_pulls", &Out::nobody_pulls, "Messages wait, and no worker asks for them at this moment."),
        field("num_pending", &Out::num_pending, "Messages that were never delivered."),
        field("num_ack_pending", &Out::num_ack_pending, "Messages that are delivered and not acknowledged."),
        field("num_redelivered", &Out::num_redelivered, "Of those, the ones that were delivered more than once."),
        field("num_waiting", &Out::num_waiting, "Requests of workers that wait for messages."),
        field("delivered", &Out::delivered, "Last message that was delivered."),
        field("ack_floor", &Out::ack_floor, "Message up to which all are acknowledged."),
        field("push_bound", &Out::push_bound, "Push consumer: somebody is subscribed."),
        field("paused", &Out::paused, "Delivery is paused."),
        field("priority_groups", &Out::priority_groups, "State of the priority groups."),
        field("cluster", &Out::cluster, "Leader and replicas."),
        field("config", &Out::config, "Configuration in the server's names and units."),
        field("created", &Out::created, "When the consumer was made.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto found, js::find_consumer(*api, in.stream, in.consumer, context.wait()));
  Out out;
  out.stream = in.stream;
  out.consumer = in.consumer;
  if (!found) {
    out.status = kNotFound;
    return out;
  }
  const Json& info = *found;
  const auto object = [&](const char* name) { return info.contains(name) ? std::optional(Object{info[name]}) : std::nullopt; };
  const auto flag = [&](const char* name) { return info.contains(name) ? std::optional(info[name].get<bool>()) : std::nullopt; };
  const auto count = [&](const char* name) { return info.value(name, std::uint64_t{0}); };
  const auto progress = js::progress_of(info);
  out.lag = progress.lag;
  out.stalled = progress.stalled;
  out.nobody_pulls = progress.nobody_pulls;
  out.num_pending = count("num_pending");
  out.num_ack_pending = count("num_ack_pending");
  out.num_redelivered = count("num_redelivered");
  out.num_waiting = count("num_waiting");
  out.delivered = object("delivered");
  out.ack_floor = object("ack_floor");
  out.push_bound = flag("push_bound");
  out.paused = flag("paused");
  if (info.contains("priority_groups")) out.priority_groups = info["priority_groups"].get<std::vector<Json>>();
  out.cluster = object("cluster");
  out.config = object("config");
  out.created = info.value("created", std::string());
  return out;
}

}  // namespace

Operation op_consumer_info() {
  return define<In, Out>({.summary = "Show how far a consumer is, and how it is configured.",
                          .effect = Effect::read,
                          .examples = {{"How many messages wait?", {{"stream", "ORDERS"}, {"consumer", "billing"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
