#include <fmt/format.h>

#include <algorithm>

#include "engine/define.hpp"
#include "engine/deliveries.hpp"
#include "engine/payload.hpp"
#include "sys/stream_files.hpp"

namespace noetl::nats::ops {
namespace {

using std::chrono::milliseconds;

/// Messages that are held at a time when they are written to a file.
constexpr std::size_t kRound = 1000;
/// Without a file all are held, and once more as JSON.
constexpr std::size_t kMostInResult = 10'000;

struct In : PriorityParams {
  std::string stream, consumer, until = "idle", file, ack_mode = kManual, pin_id, encoding = "auto";
  std::uint64_t batch = 500, timeout_ms = 5000, idle_ms = 500;
  std::optional<Size> max_bytes;

  static auto fields() {
    auto own = std::tuple{
        field("stream", &In::stream, "Stream of the consumer.").format("stream-name").positional(),
        field("consumer", &In::consumer, "Pull consumer to fetch from; it must exist.").format("consumer-name").positional(),
        field("batch", &In::batch, "At most so many messages: 10 000, or 10 000 000 with file.").min(1).max(10'000'000),
        field("timeout_ms", &In::timeout_ms, "Go on for so long, in milliseconds.").min(1).max(3600000),
        field("idle_ms", &In::idle_ms, "End when no message came for so long, in milliseconds.").min(1).max(3600000),
        field(
            "until", &In::until,
            "When to end before timeout_ms: limit (batch is full), idle (also when nothing came for idle_ms), caught_up (also when nothing "
            "waits behind the last message).")
            .one_of({"limit", "idle", "caught_up"}),
        field("file", &In::file,
              "Write the messages to this file as JSON lines, in place of messages. It is there, whole and synced, before anything is "
              "acknowledged.")
            .format("path")
            .defaulted(),
        field("ack_mode", &In::ack_mode,
              "manual: leave them pending and give an ack_id for each; on_fetch: acknowledge before returning; on_success: when the result "
              "is "
              "out; none: leave them pending.")
            .one_of({"manual", "on_fetch", "on_success", "none"}),
        field("max_bytes", &In::max_bytes, "At most so many bytes in one request."),
        field("pin_id", &In::pin_id, "Pinned group: the pin_id of the fetch before.").defaulted().since("2.11"),
        encoding_field(&In::encoding, "How data is shown: auto (JSON if it parses, else text), text, base64.")};
    return std::tuple_cat(std::move(own), priority_fields<In>());
  }

  void check(schema::Problems& problems) const {
    check_priority(problems);
    if (file.empty() && batch > kMostInResult) problems.push_back({"batch", fmt::format("more than {} goes with file", kMostInResult)});
    if (!pin_id.empty() && group.empty()) problems.push_back({"group", "is required with pin_id"});
  }
};

struct Out {
  std::string stream, consumer;
  std::uint64_t count = 0;
  std::optional<std::vector<DeliveryView>> messages;
  std::optional<std::string> file;
  bool acked = false;
  std::string ack_mode, reason;
  std::optional<std::uint64_t> num_pending;
  std::optional<std::string> pin_id;
  std::optional<std::vector<std::string>> warnings;
  static auto fields() {
    return std::tuple{
        field("stream", &Out::stream, "Name of the stream."),
        field("consumer", &Out::consumer, "Name of the consumer."),
        field("count", &Out::count, "How many messages were fetched."),
        field("messages", &Out::messages, "The messages, in the order of delivery; not with file."),
        field("file", &Out::file, "The file that was written: a message on each line, as in messages."),
        field("acked", &Out::acked, "True only when the server has confirmed every acknowledgement."),
        field("ack_mode", &Out::ack_mode, "What was done about acknowledgements."),
        field("reason", &Out::reason, "Why it ended: limit, time, idle, caught_up, stopped (warnings say what happened)."),
        field("num_pending", &Out::num_pending, "How many messages waited behind the last one."),
        field("pin_id", &Out::pin_id, "Of a pinned group: give it to the next fetch."),
        field("warnings", &Out::warnings, "A paused consumer, a fetch that ended early, acknowledgements that were not confirmed.")};
  }
};

class Fetching {
 public:
  Fetching(Context& context, const In& in)
      : context_(context), in_(in), out_{in.stream, in.consumer, 0, {}, {}, false, in.ack_mode, {}, {}, {}, {}} {}

  Result<Out> run() {
    NN_CHECK(check_ack_mode(context_, "js_fetch", in_.ack_mode));
    NN_TRY(auto* const api, context_.jetstream());
    NN_TRY(const Json config, pull_consumer(*api, in_.stream, in_.consumer, context_.wait(), warnings_));
    if (in_.file.empty()) {
      out_.messages.emplace();
    } else {
      NN_TRY(auto file, sys::FileWriter::create(in_.file));
      file_.emplace(std::move(file));
    }
    context_.extend(milliseconds(in_.timeout_ms));
    Acknowledgements acknowledgements(config);
    NN_CHECK(fetch_all(*api, config, acknowledgements));
    if (file_) {
      NN_CHECK(file_->commit());
      out_.file = in_.file;
    }
    out_.acked = std::move(acknowledgements).settle(context_, in_.ack_mode, warnings_);
    if (!warnings_.empty()) out_.warnings = std::move(warnings_);
    return std::move(out_);
  }

 private:
  js::CollectOptions request(const Json& config) {
    js::CollectOptions options;
    options.fetch.batch = in_.batch;
    options.fetch.expires = milliseconds(in_.until == "limit" ? in_.timeout_ms : std::min(in_.idle_ms, in_.timeout_ms));
    options.fetch.max_bytes = in_.max_bytes ? in_.max_bytes->bytes : 0;
    options.fetch.pin_id = in_.pin_id;
    in_.apply(options.fetch);
    round_ = std::min<std::size_t>(keep_within_limits(options.fetch, config), kRound);
    if (in_.until != "limit") options.idle = milliseconds(in_.idle_ms);
    options.until_caught_up = in_.until == "caught_up";
    return options;
  }

  Result<void> fetch_all(js::Api& api, const Json& config, Acknowledgements& acknowledgements) {
    auto options = request(config);
    const auto end = Clock::now() + milliseconds(in_.timeout_ms);
    while (out_.reason.empty()) {
      options.fetch.batch = std::min<std::size_t>(round_, in_.batch - out_.count);
      options.duration = std::max<Nanos>(std::chrono::duration_cast<Nanos>(end - Clock::now()), milliseconds(1));
      const auto collected = js::collect(api, in_.stream, in_.consumer, options, context_.wait());
      if (!collected && out_.count == 0) return fail(collected.error());
      if (!collected) {
        end_early(collected.error());
        break;
      }
      NN_CHECK(take(*collected, acknowledgements));
      if (!collected->pin_id.empty()) out_.pin_id = options.fetch.pin_id = collected->pin_id;
      if (collected->stopped)
        end_early(*collected->stopped);
      else if (const auto why = reason(collected->end, end))
        out_.reason = js::name_of(*why);
    }
    tell_of_a_stall(config);
    return {};
  }

  /// What is there is good all the same.
  void end_early(const Error& error) {
    out_.reason = "stopped";
    warnings_.push_back(fmt::format("the fetch ended early: {}", error.message));
  }

  /// Why it is over, if it is: a full round is the limit only when the batch is full too.
  [[nodiscard]] std::optional<js::End> reason(js::End round, Clock::time_point end) const {
    if (round != js::End::limit || out_.count >= in_.batch) return round;
    if (in_.until == "caught_up" && out_.num_pending == 0U) return js::End::caught_up;
    if (Clock::now() >= end) return js::End::time;
    return std::nullopt;
  }

  Result<void> take(const js::Collected& collected, Acknowledgements& acknowledgements) {
    std::string lines;
    for (const auto& each : collected.messages) {
      auto view = delivery_view(each, in_.encoding, in_.ack_mode == kManual);
      if (file_)
        lines += dump(schema::encode(view)) + "\n";
      else
        out_.messages->push_back(std::move(view));
      acknowledgements.add(each);
    }
    if (file_) NN_CHECK(file_->write(lines));
    out_.count += collected.messages.size();
    if (!collected.messages.empty()) out_.num_pending = collected.messages.back().delivery.pending;
    if (file_ && collected.messages.size() == kRound) context_.progress(fmt::format("{} messages written", out_.count));
    return {};
  }

  /// All are acknowledged together, behind the last one: a consumer stops delivering before that at max_ack_pending.
  void tell_of_a_stall(const Json& config) {
    const auto most = config.value("max_ack_pending", std::int64_t{0});
    if (out_.count >= in_.batch || most <= 0 || out_.count < static_cast<std::uint64_t>(most) || out_.num_pending.value_or(0) == 0) return;
    warnings_.push_back(fmt::format("the consumer delivers no more than {} messages before they are acknowledged (max_ack_pending)", most));
  }

  Context& context_;
  const In& in_;
  Out out_;
  std::size_t round_ = kRound;
  std::optional<sys::FileWriter> file_;
  std::vector<std::string> warnings_;
};

Result<Out> run(Context& context, const In& in) { return Fetching(context, in).run(); }

}  // namespace

Operation op_js_fetch() {
  return define<In, Out>(
      {.summary = "Fetch a large batch of messages from a pull consumer, into the result or a file.",
       .description =
           "No message is a success with count 0. Several requests fill the batch; with `file`, a thousand messages are held at a "
           "time. The file is replaced only when all of the batch is in it. Settle the messages with `js_ack`, `js_nak`, "
           "`js_term`, `js_in_progress`.",
       .effect = Effect::write,
       .idempotent = false,
       .errors = {Code::not_found, Code::failed_precondition, Code::resource_exhausted},
       .examples =
           {{"Whatever waits", {{"stream", "ORDERS"}, {"consumer", "billing"}, {"until", "caught_up"}}},
            {"Drain to a file, acknowledge what is in it",
             {{"stream", "ORDERS"}, {"consumer", "billing"}, {"batch", 100000}, {"file", "orders.jsonl"}, {"ack_mode", "on_fetch"}}}}},
      run);
}

}  // namespace noetl::nats::ops
