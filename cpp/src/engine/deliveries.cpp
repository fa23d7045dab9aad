#include "engine/deliveries.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"
#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/message_headers.hpp"
#include "engine/payload.hpp"
#include "jetstream/consumers.hpp"

namespace noetl::nats {
namespace {

/// How long acknowledgements after the result may take: the call's own time is over by then.
constexpr std::chrono::seconds kLateTime{5};

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

}  // namespace

DeliveryView delivery_view(const js::Delivered& each, const std::string& encoding, bool with_ack_id) {
  auto value = payload_value(each.message.data(), encoding);
  DeliveryView out{std::string(each.message.subject()),
                   each.delivery.stream_sequence,
                   each.delivery.consumer_sequence,
                   each.delivery.delivered,
                   each.delivery.pending,
                   std::move(value.value),
                   std::move(value.encoding),
                   {headers_json(each.message.headers())},
                   format_time(each.delivery.unix_nanos),
                   {}};
  if (with_ack_id) out.ack_id = std::string(each.message.reply());
  return out;
}

void PriorityParams::check_priority(schema::Problems& problems) const {
  if (group.empty() && (min_pending || min_ack_pending || priority))
    problems.push_back({"group", "is required with min_pending, min_ack_pending and priority"});
}

void PriorityParams::apply(js::FetchOptions& options) const {
  options.group = group;
  options.min_pending = min_pending;
  options.min_ack_pending = min_ack_pending;
  options.priority = priority;
}

Result<Json> pull_consumer(js::Api& api, const std::string& stream, const std::string& consumer, const Wait& wait,
                           std::vector<std::string>& warnings) {
  NN_TRY(const Json info, js::consumer_info(api, stream, consumer, wait));
  if (!info["config"].value("deliver_subject", std::string()).empty())
    return fail(Code::failed_precondition,
                fmt::format("consumer {} on stream {} pushes its messages, they cannot be fetched", consumer, stream),
                "make a pull consumer: noetl-nats consumer apply without deliver_subject");
  if (info.value("paused", false)) warnings.push_back("the consumer is paused: it delivers nothing");
  return info["config"];
}

std::size_t keep_within_limits(js::FetchOptions& options, const Json& config) {
  if (options.max_bytes == 0) options.max_bytes = config.value("max_bytes", std::int64_t{0});
  if (const auto longest = Nanos(config.value("max_expires", std::int64_t{0})); longest > Nanos(0))
    options.expires = std::min(options.expires, longest);
  const auto most = config.value("max_batch", std::uint64_t{0});
  return most > 0 ? most : options.batch;
}

Result<void> check_ack_mode(const Context& context, std::string_view operation, const std::string& ack_mode) {
  if (ack_mode != kOnSuccess || context.knows_delivery()) return {};
  return fail(Code::failed_precondition,
              fmt::format("{}: ack_mode: on_success needs a caller that tells when the result is out", operation),
              "use manual, and js_ack when the messages are safe");
}

Acknowledgements::Acknowledgements(const Json& consumer_config) : policy_(consumer_config.value("ack_policy", std::string("none"))) {}

void Acknowledgements::add(const js::Delivered& message) {
  if (policy_ == "none") return;
  if (policy_ == "all") replies_.clear();  // the last one speaks for all before it
  replies_.emplace_back(message.message.reply());
}

Result<void> Acknowledgements::send(wire::Connection& connection, const Wait& wait) const {
  const auto settled = js::settle(connection, views_of(replies_), "+ACK", wait);
  if (settled && settled->errors.empty()) return {};
  Error error = settled ? settled->errors.front() : settled.error();
  error.message = fmt::format("{} of {} acknowledgements were not confirmed ({}): those messages come again after ack_wait",
                              settled ? settled->errors.size() : replies_.size(), replies_.size(), error.message);
  return fail(std::move(error));
}

bool Acknowledgements::settle(Context& context, const std::string& ack_mode, std::vector<std::string>& warnings) && {
  if (ack_mode == kOnSuccess && !replies_.empty()) {
    context.after_delivery([acks = std::move(*this), connection = context.connection()](const Cancel* cancel) {
      return acks.send(*connection, Wait::for_duration(kLateTime, cancel));
    });
    return false;
  }
  if (ack_mode != kOnFetch) return false;
  if (replies_.empty()) return true;
  const auto done = send(*context.connection(), context.wait());
  if (!done) warnings.push_back(done.error().message);
  return done.has_value();
}

void check_ack_ids(const std::vector<std::string>& ack_ids, schema::Problems& problems) {
  if (ack_ids.empty()) problems.push_back({"ack_ids", "is empty"});
  for (std::size_t i = 0; i < ack_ids.size(); ++i)
    if (!js::parse_ack_subject(ack_ids[i]) || check_subject(ack_ids[i]))
      problems.push_back(
          {fmt::format("ack_ids[{}]", i), fmt::format("{} is not an ack_id of js_consume or js_fetch", in_quotes(ack_ids[i]))});
}

Result<SettledView> settle(Context& context, const std::vector<std::string>& ack_ids, std::string_view verb, bool confirm) {
  NN_TRY(auto* const connection, context.nats());
  SettledView out{ack_ids.size(), confirm, {}};
  if (!confirm) {
    for (const auto& each : ack_ids) NN_CHECK(connection->publish_later(each, verb));
    NN_CHECK(connection->flush(context.wait()));
    return out;
  }
  NN_TRY(const auto settled, js::settle(*connection, views_of(ack_ids), verb, context.wait()));
  if (settled.errors.empty()) return out;
  out.count = settled.confirmed;
  out.confirmed = false;
  for (std::size_t i = 0; i < settled.errors.size(); ++i)
    out.errors.push_back({settled.unconfirmed[i], std::string(name_of(settled.errors[i].code)), settled.errors[i].message});
  Error error = settled.errors.front();
  error.message = fmt::format("{} of {} were not confirmed: {}", out.errors.size(), ack_ids.size(), error.message);
  error.result = result_document(out);
  error.result["status"] = "error";
  return fail(std::move(error));
}

}  // namespace noetl::nats
