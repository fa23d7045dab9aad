#include <fmt/format.h>

#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/message_headers.hpp"
#include "engine/payload.hpp"
#include "jetstream/consumers.hpp"
#include "jetstream/messages.hpp"

namespace noetl::nats::ops {
namespace {

using std::chrono::milliseconds;

struct In {
  std::string stream, consumer;
  std::uint64_t batch = 100, timeout_ms = 1000;
  std::optional<bool> ack;
  std::string ack_mode, until, encoding = "auto", group;
  std::optional<Size> max_bytes;
  std::optional<std::uint64_t> duration_ms, idle_ms;
  std::optional<std::int64_t> min_pending, min_ack_pending, priority;

  static auto fields() {
    return std::tuple{
        field("stream", &In::stream, "Stream of the consumer.").format("stream-name").positional(),
        field("consumer", &In::consumer, "Pull consumer to fetch from; it must exist.").format("consumer-name").positional(),
        field("batch", &In::batch, "At most so many messages (1 to 1000).").clamp(1, 1000),
        field("timeout_ms", &In::timeout_ms, "How long to wait when no message is there (0 to 5000); 0 takes only what is there.")
            .clamp(0, 5000),
        field("ack", &In::ack, "Acknowledge what was fetched: true is ack_mode on_fetch, false is none."),
        field("ack_mode", &In::ack_mode,
              "on_fetch: acknowledge before returning; none: leave them pending; manual: leave them pending and give an ack_id for each.")
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
        encoding_field(&In::encoding, "How data is shown: auto (JSON if it parses, else text), text, base64."),
        field("group", &In::group, "Priority group of the consumer.").defaulted().since("2.11"),
        field("min_pending", &In::min_pending, "Overflow group: fetch only when so many messages wait.").min(1).since("2.11"),
        field("min_ack_pending", &In::min_ack_pending, "Overflow group: fetch only when so many messages are unacknowledged.")
            .min(1)
            .since("2.11"),
        field("priority", &In::priority, "Prioritized group: 0 is served first, 9 last.").min(0).max(9).since("2.12")};
  }

  void check(schema::Problems& problems) {
    if (ack_mode.empty())
      ack_mode = ack.value_or(true) ? "on_fetch" : "none";
    else if (ack && *ack != (ack_mode == "on_fetch"))
      problems.push_back({"ack", fmt::format("contradicts ack_mode {}", ack_mode)});
    if (until == "idle" && !idle_ms) problems.push_back({"until", "idle goes with idle_ms"});
    if (group.empty() && (min_pending || min_ack_pending || priority))
      problems.push_back({"group", "is required with min_pending, min_ack_pending and priority"});
  }

  [[nodiscard]] bool goes_on() const { return duration_ms || idle_ms || !until.empty(); }
};

struct MessageOut {
  std::string subject;
  std::uint64_t stream_seq = 0, consumer_seq = 0, delivered = 0, pending = 0;
  Json data;
  std::string encoding;
  Object headers;
  std::string time;
  std::optional<std::string> ack_id;
  static auto fields() {
    return std::tuple{field("subject", &MessageOut::subject, "Subject of the message."),
                      field("stream_seq", &MessageOut::stream_seq, "Its sequence in the stream."),
                      field("consumer_seq", &MessageOut::consumer_seq, "Number of this delivery."),
                      field("delivered", &MessageOut::delivered, "How often it was delivered, this time included."),
                      field("pending", &MessageOut::pending, "How many messages wait behind it."),
                      field("data", &MessageOut::data, "The message: JSON where it parses, else text, else base64 text."),
                      field("encoding", &MessageOut::encoding, "What data is: json, utf-8 or base64."),
                      field("headers", &MessageOut::headers, "Headers, names in lower case; a name with several values has a list."),
                      field("time", &MessageOut::time, "When it was stored."),
                      field("ack_id", &MessageOut::ack_id, "With ack_mode manual: what settles it later.")};
  }
};

struct Out {
  std::string stream, consumer;
  std::uint64_t count = 0;
  std::vector<MessageOut> messages;
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
  out.fetch.max_bytes = in.max_bytes ? in.max_bytes->bytes : config.value("max_bytes", std::int64_t{0});
  out.fetch.group = in.group;
  out.fetch.min_pending = in.min_pending;
  out.fetch.min_ack_pending = in.min_ack_pending;
  out.fetch.priority = in.priority;
  if (const auto most = config.value("max_batch", std::uint64_t{0}); most > 0 && in.batch > most) {
    out.fetch.batch = most;
    warnings.push_back(fmt::format("batch is cut to {}: max_batch of the consumer", most));
  }
  if (const auto longest = Nanos(config.value("max_expires", std::int64_t{0})); longest > Nanos(0))
    out.fetch.expires = std::min(out.fetch.expires, longest);
  if (!in.goes_on()) return out;
  out.duration = milliseconds(in.duration_ms.value_or(5000));
  out.idle = milliseconds(in.idle_ms.value_or(0));
  out.until_caught_up = in.until == "caught_up";
  return out;
}

/// True only when nothing of what was fetched will be delivered again. What was fetched is returned in any case: an
/// acknowledgement that did arrive must not cost the message.
bool acknowledged(const js::Fetched& fetched, const Json& config, Context& context, wire::Connection& connection,
                  std::vector<std::string>& warnings) {
  const auto policy = config.value("ack_policy", std::string("none"));
  if (policy == "none") return true;
  std::vector<std::string_view> replies;
  for (const auto& each : fetched.messages) replies.push_back(each.message.reply());
  if (policy == "all" && replies.size() > 1) replies.erase(replies.begin(), replies.end() - 1);
  const auto settled = js::settle(connection, replies, "+ACK", context.wait());
  if (settled && settled->errors.empty()) return true;
  const auto& error = settled ? settled->errors.front() : settled.error();
  const auto missing = settled ? settled->errors.size() : replies.size();
  warnings.push_back(fmt::format("{} of {} acknowledgements were not confirmed ({}): those messages come again after ack_wait", missing,
                                 replies.size(), error.message));
  return false;
}

MessageOut shown(const js::Delivered& each, const In& in) {
  auto value = payload_value(each.message.data(), in.encoding);
  MessageOut out{std::string(each.message.subject()),
                 each.delivery.stream_sequence,
                 each.delivery.consumer_sequence,
                 each.delivery.delivered,
                 each.delivery.pending,
                 std::move(value.value),
                 std::move(value.encoding),
                 {headers_json(each.message.headers())},
                 format_time(each.delivery.unix_nanos),
                 {}};
  if (in.ack_mode == "manual") out.ack_id = std::string(each.message.reply());
  return out;
}

Result<Out> run(Context& context, const In& in) {
  if (in.ack_mode == "on_success")
    return fail(Code::unimplemented, "js_consume: ack_mode on_success is not built yet",
                "use on_fetch, or manual and settle the messages by ack_id");
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const Json info, js::consumer_info(*api, in.stream, in.consumer, context.wait()));
  const Json& config = info["config"];
  if (!config.value("deliver_subject", std::string()).empty())
    return fail(Code::failed_precondition,
                fmt::format("consumer {} on stream {} pushes its messages, they cannot be fetched", in.consumer, in.stream),
                "make a pull consumer: noetl-nats consumer apply without deliver_subject");
  std::vector<std::string> warnings;
  if (info.value("paused", false)) warnings.push_back("the consumer is paused: it delivers nothing");
  const auto options = collect_options(in, config, warnings);
  context.extend(std::chrono::duration_cast<Clock::duration>(options.fetch.expires + options.duration));
  NN_TRY(const auto fetched, js::collect(*api, in.stream, in.consumer, options, context.wait()));
  if (fetched.stopped) warnings.push_back(fmt::format("the fetch ended early: {}", fetched.stopped->message));

  Out out{in.stream, in.consumer, fetched.messages.size(), {}, false, in.ack_mode, {}, {}};
  for (const auto& each : fetched.messages) out.messages.push_back(shown(each, in));
  if (in.ack_mode == "on_fetch") out.acked = acknowledged(fetched, config, context, api->connection(), warnings);
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
           "`acked` is true only when the server has confirmed every acknowledgement.",
       .effect = Effect::write,
       .idempotent = false,
       .errors = {Code::not_found, Code::failed_precondition, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"Up to ten orders", {{"stream", "ORDERS"}, {"consumer", "billing"}, {"batch", 10}}},
                    {"Look without taking", {{"stream", "ORDERS"}, {"consumer", "billing"}, {"ack", false}}},
                    {"All that is there", {{"stream", "ORDERS"}, {"consumer", "billing"}, {"batch", 1000}, {"until", "caught_up"}}}}},
      run);
}

}  // namespace noetl::nats::ops
