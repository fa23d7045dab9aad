#include <fmt/format.h>

#include "engine/define.hpp"
#include "engine/deliveries.hpp"
#include "engine/payload.hpp"

namespace noetl::nats::ops {
namespace {

using std::chrono::milliseconds;

struct In : PriorityParams {
  std::string stream, consumer;
  std::uint64_t batch = 100, timeout_ms = 1000;
  std::optional<bool> ack;
  std::string ack_mode, until, encoding = "auto";
  std::optional<Size> max_bytes;
  std::optional<std::uint64_t> duration_ms, idle_ms;

  static auto fields() {
    auto own = std::tuple{
        field("stream", &In::stream, "Stream of the consumer.").format("stream-name").positional(),
        field("consumer", &In::consumer, "Pull consumer to fetch from; it must exist.").format("consumer-name").positional(),
        field("batch", &In::batch, "At most so many messages (1 to 1000).").clamp(1, 1000),
        field("timeout_ms", &In::timeout_ms, "How long to wait when no message is there (0 to 5000); 0 takes only what is there.")
            .clamp(0, 5000),
        field("ack", &In::ack, "Acknowledge what was fetched: true is ack_mode on_fetch, false is none."),
        field("ack_mode", &In::ack_mode,
              "on_fetch: acknowledge before returning; on_success: when the result is out; none: leave them pending; manual: leave them "
              "pending and give an ack_id for each.")
            .one_of({"on_fetch", "none", "manual", "on_success"})
            .defaulted(),
        field("max_bytes", &In::max_bytes, "At most so many bytes in one request."),
        field("duration_ms", &In::duration_ms, "Go on fetching for so long, until batch is full.").min(1).max(3600000),
        field("idle_ms", &In::idle_ms, "With duration_ms: stop when no message came for so long.").min(1).max(3600000),
        field(
            "until", &In::until,
            "With duration_ms: limit (batch is full), idle (nothing came for idle_ms), caught_up (nothing waits behind the last message).")
            .one_of({"limit", "idle", "caught_up"})
            .defaulted(),
        encoding_field(&In::encoding, "How data is shown: auto (JSON if it parses, else text), text, base64.")};
    return std::tuple_cat(std::move(own), priority_fields<In>());
  }

  void check(schema::Problems& problems) {
    if (ack_mode.empty())
      ack_mode = ack.value_or(true) ? "on_fetch" : "none";
    else if (ack && *ack != (ack_mode == "on_fetch"))
      problems.push_back({"ack", fmt::format("contradicts ack_mode {}", ack_mode)});
    if (until == "idle" && !idle_ms) problems.push_back({"until", "idle goes with idle_ms"});
    check_priority(problems);
  }

  [[nodiscard]] bool goes_on() const { return duration_ms || idle_ms || !until.empty(); }
};

struct Out {
  std::string stream, consumer;
  std::uint64_t count = 0;
  std::vector<DeliveryView> messages;
  bool acked = false;
  std::string ack_mode;
  std::optional<std::string> reason;
  std::optional<std::vector<std::string>> warnings;
  static auto fields() {
    return std::tuple{
        field("stream", &Out::stream, "Name of the stream."),
        field("consumer", &Out::consumer, "Name of the consumer."),
        field("count", &Out::count, "How many messages were fetched."),
        field("messages", &Out::messages, "The messages, in the order of delivery."),
        field("acked", &Out::acked, "True only when the server has confirmed every acknowledgement."),
        field("ack_mode", &Out::ack_mode, "What was done about acknowledgements."),
        field("reason", &Out::reason, "With duration_ms, idle_ms or until: why it ended (limit, time, idle, caught_up)."),
        field("warnings", &Out::warnings, "A paused consumer, limits that cut the request, acknowledgements that were not confirmed.")};
  }
};

/// The request within the consumer's own limits, which would refuse it whole.
js::CollectOptions collect_options(const In& in, const Json& config, std::vector<std::string>& warnings) {
  js::CollectOptions out;
  out.fetch.batch = in.batch;
  out.fetch.expires = milliseconds(in.timeout_ms);
  out.fetch.max_bytes = in.max_bytes ? in.max_bytes->bytes : 0;
  in.apply(out.fetch);
  if (const auto most = keep_within_limits(out.fetch, config); most < in.batch) {
    out.fetch.batch = most;
    warnings.push_back(fmt::format("batch is cut to {}: max_batch of the consumer", most));
  }
  if (!in.goes_on()) return out;
  out.duration = milliseconds(in.duration_ms.value_or(5000));
  out.idle = milliseconds(in.idle_ms.value_or(0));
  out.until_caught_up = in.until == "caught_up";
  return out;
}

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(check_ack_mode(context, "js_consume", in.ack_mode));
  NN_TRY(auto* const api, context.jetstream());
  std::vector<std::string> warnings;
  NN_TRY(const Json config, pull_consumer(*api, in.stream, in.consumer, context.wait(), warnings));
  const auto options = collect_options(in, config, warnings);
  context.extend(std::chrono::duration_cast<Clock::duration>(options.fetch.expires + options.duration));
  NN_TRY(const auto fetched, js::collect(*api, in.stream, in.consumer, options, context.wait()));
  if (fetched.stopped) warnings.push_back(fmt::format("the fetch ended early: {}", fetched.stopped->message));

  Out out{in.stream, in.consumer, fetched.messages.size(), {}, false, in.ack_mode, {}, {}};
  Acknowledgements acknowledgements(config);
  for (const auto& each : fetched.messages) {
    out.messages.push_back(delivery_view(each, in.encoding, in.ack_mode == kManual));
    acknowledgements.add(each);
  }
  // What was fetched is returned in any case: an acknowledgement that did arrive must not cost the message.
  out.acked = std::move(acknowledgements).settle(context, in.ack_mode, warnings);
  if (in.goes_on()) out.reason = std::string(js::name_of(fetched.end));
  if (!warnings.empty()) out.warnings = std::move(warnings);
  return out;
}

}  // namespace

Operation op_js_consume() {
  return define<In, Out>(
      {.summary = "Fetch messages from a pull consumer, and acknowledge them.",
       .description =
           "Gives what is there, at most `batch`; waits `timeout_ms` only when nothing is. No message is a success with count 0. "
           "`acked` is true only when the server has confirmed every acknowledgement. With `ack_mode: on_success` they are sent when "
           "the result is out: printed by a command, stored by a step of a playbook (all of the step has succeeded), returned by a "
           "call from Python. When that fails nothing is acknowledged, and the messages come again.",
       .effect = Effect::write,
       .idempotent = false,
       .errors = {Code::not_found, Code::failed_precondition, Code::resource_exhausted},
       .examples = {{"Up to ten orders", {{"stream", "ORDERS"}, {"consumer", "billing"}, {"batch", 10}}},
                    {"Look without taking", {{"stream", "ORDERS"}, {"consumer", "billing"}, {"ack", false}}},
                    {"All that is there", {{"stream", "ORDERS"}, {"consumer", "billing"}, {"batch", 1000}, {"until", "caught_up"}}}}},
      run);
}

}  // namespace noetl::nats::ops
