// Messages that a pull consumer gave, as results show them, and how they are settled: js_consume, js_fetch, js_ack, ...
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/context.hpp"
#include "jetstream/messages.hpp"
#include "schema/fields.hpp"
#include "schema/types.hpp"

namespace noetl::nats {

struct DeliveryView {
  std::string subject;
  std::uint64_t stream_seq = 0, consumer_seq = 0, delivered = 0, pending = 0;
  Json data;
  std::string encoding;
  Object headers;
  std::string time;
  std::optional<std::string> ack_id;
  static auto fields() {
    using schema::field;
    using V = DeliveryView;
    return std::tuple{field("subject", &V::subject, "Subject of the message."),
                      field("stream_seq", &V::stream_seq, "Its sequence in the stream."),
                      field("consumer_seq", &V::consumer_seq, "Number of this delivery."),
                      field("delivered", &V::delivered, "How often it was delivered, this time included."),
                      field("pending", &V::pending, "How many messages wait behind it."),
                      field("data", &V::data, "The message: JSON where it parses, else text, else base64 text."),
                      field("encoding", &V::encoding, "What data is: json, utf-8 or base64."),
                      field("headers", &V::headers, "Headers, names in lower case; a name with several values has a list."),
                      field("time", &V::time, "When it was stored."),
                      field("ack_id", &V::ack_id, "With ack_mode manual: what settles it later.")};
  }
};

[[nodiscard]] DeliveryView delivery_view(const js::Delivered& message, const std::string& encoding, bool with_ack_id);

/// Parameters of consumers with priority groups: a base of In, with `priority_fields<In>()` among its fields.
struct PriorityParams {
  std::string group;
  std::optional<std::int64_t> min_pending, min_ack_pending, priority;
  void check_priority(schema::Problems& problems) const;
  void apply(js::FetchOptions& options) const;
};

template <class In>
[[nodiscard]] auto priority_fields() {
  using schema::field;
  using Number = std::optional<std::int64_t>;
  return std::tuple{
      field<In, std::string>("group", &In::group, "Priority group of the consumer.").defaulted().since("2.11"),
      field<In, Number>("min_pending", &In::min_pending, "Overflow group: fetch only when so many messages wait.").min(1).since("2.11"),
      field<In, Number>("min_ack_pending", &In::min_ack_pending, "Overflow group: fetch only when so many messages are unacknowledged.")
          .min(1)
          .since("2.11"),
      field<In, Number>("priority", &In::priority, "Prioritized group: 0 is served first, 9 last.").min(0).max(9).since("2.12")};
}

/// What ack_mode says must be done, and when.
inline constexpr const char* kOnFetch = "on_fetch";
inline constexpr const char* kOnSuccess = "on_success";
inline constexpr const char* kManual = "manual";

/// The configuration of a consumer that can be fetched from. Warns when it is paused. Errors: not_found,
/// failed_precondition (a push consumer).
[[nodiscard]] Result<Json> pull_consumer(js::Api& api, const std::string& stream, const std::string& consumer, const Wait& wait,
                                         std::vector<std::string>& warnings);
/// `expires` and `max_bytes` within the consumer's own limits, which would refuse the request whole. The largest batch that it
/// allows in one request.
[[nodiscard]] std::size_t keep_within_limits(js::FetchOptions& options, const Json& config);
/// Refuses ack_mode on_success where nobody tells when the result is out (ADR 0007).
[[nodiscard]] Result<void> check_ack_mode(const Context& context, std::string_view operation, const std::string& ack_mode);

/// The acknowledgements of messages that were fetched.
class Acknowledgements {
 public:
  explicit Acknowledgements(const Json& consumer_config);
  void add(const js::Delivered& message);

  /// As `ack_mode` says: now (true when every one was confirmed, else a warning), after the result is out, or not at all.
  [[nodiscard]] bool settle(Context& context, const std::string& ack_mode, std::vector<std::string>& warnings) &&;

 private:
  [[nodiscard]] Result<void> send(wire::Connection& connection, const Wait& wait) const;

  std::string policy_;
  std::vector<std::string> replies_;
};

// ---- settle by ack_id ------------------------------------------------------------------------------------------------------

struct Unsettled {
  std::uint64_t index = 0;
  std::string code, message;
  static auto fields() {
    using schema::field;
    return std::tuple{field("index", &Unsettled::index, "Position in ack_ids, from 0."),
                      field("code", &Unsettled::code, "Code of the error."), field("message", &Unsettled::message, "What happened.")};
  }
};

/// The result of js_ack, js_nak, js_term and js_in_progress.
struct SettledView {
  std::uint64_t count = 0;
  bool confirmed = false;
  std::vector<Unsettled> errors;
  static auto fields() {
    using schema::field;
    using V = SettledView;
    return std::tuple{field("count", &V::count, "How many were sent; with double: how many the consumer has confirmed."),
                      field("confirmed", &V::confirmed, "Whether the consumer has confirmed all of them (with double)."),
                      field("errors", &V::errors, "Those that were not confirmed: {index, code, message}.")};
  }
};

inline constexpr const char* kAckIdsDoc = "What js_consume and js_fetch give as ack_id with ack_mode manual.";
inline constexpr const char* kDoubleDoc = "Wait until the consumer has confirmed each one.";

void check_ack_ids(const std::vector<std::string>& ack_ids, schema::Problems& problems);
/// Sends `verb` for each. Errors: not_found (with `confirm`: the consumer is gone), deadline_exceeded, unavailable; the error's
/// result says which were not confirmed.
[[nodiscard]] Result<SettledView> settle(Context& context, const std::vector<std::string>& ack_ids, std::string_view verb, bool confirm);

}  // namespace noetl::nats
