#include <fmt/format.h>

#include "engine/define.hpp"
#include "engine/message_headers.hpp"
#include "engine/payload.hpp"

namespace noetl::nats::ops {
namespace {

using std::chrono::milliseconds;

struct In {
  std::string subject;
  Json payload;
  Object headers;
  std::string encoding = "auto", compat = "rust";
  std::uint64_t replies = 1, quiet_ms = 200;
  wire::Headers lines;  // `headers` as they are sent

  static auto fields() {
    return std::tuple{
        field("subject", &In::subject, "Subject to send the request to.").format("subject").positional(),
        field("payload", &In::payload, "Request: text as it is, anything else as compact JSON; null is an empty one.").positional(),
        field("headers", &In::headers, "Headers: a text for each name, or a list of texts.").defaulted(),
        field("replies", &In::replies, "How many replies to wait for; 0: until none came for quiet_ms.").max(100000),
        field("quiet_ms", &In::quiet_ms, "With replies 0: the silence that ends it.").min(1).max(60000),
        encoding_field(&In::encoding, "How payload is given and replies are shown: auto, utf-8, text, json, base64."),
        compat_field(&In::compat)};
  }

  void check(schema::Problems& problems) { lines = read_headers(headers.value, "headers", problems); }
};

struct ReplyOut {
  Json payload;
  std::string encoding;
  Object headers;
  std::string subject;
  double rtt_ms = 0;
  static auto fields() {
    return std::tuple{field("payload", &ReplyOut::payload, "The reply: JSON where it parses, else text, else base64 text."),
                      field("encoding", &ReplyOut::encoding, "What payload is: json, utf-8 or base64."),
                      field("headers", &ReplyOut::headers, "Headers, names in lower case; a name with several values has a list."),
                      field("subject", &ReplyOut::subject, "Subject that the reply came to."),
                      field("rtt_ms", &ReplyOut::rtt_ms, "Milliseconds since the request was sent.")};
  }
};

struct Out {
  std::vector<ReplyOut> replies;
  std::uint64_t count = 0;
  static auto fields() {
    return std::tuple{field("replies", &Out::replies, "The replies, in the order in which they came."),
                      field("count", &Out::count, "How many there are.")};
  }
};

ReplyOut shown(const wire::Message& reply, const In& in, Clock::time_point sent) {
  auto value = payload_value(reply.data(), in.encoding);
  return {std::move(value.value),
          std::move(value.encoding),
          {headers_json(reply.headers())},
          std::string(reply.subject()),
          std::chrono::duration<double, std::milli>(Clock::now() - sent).count()};
}

tl::unexpected<Error> nobody(const In& in, Code code, std::string message) {
  Error error{.code = code, .message = std::move(message), .hint = "is the service that answers on this subject running?"};
  error.details["subject"] = in.subject;
  return fail(std::move(error));
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(const auto bytes, payload_bytes("payload", in.payload, in.encoding, in.compat));
  NN_TRY(auto* const connection, context.nats());
  NN_TRY(auto inbox, connection->inbox());
  inbox.blame(in.subject);
  const auto sent = Clock::now();
  NN_CHECK(connection->publish(in.subject, bytes, in.lines, inbox.subject()));
  Out out;
  while (in.replies == 0 || out.count < in.replies) {
    const bool quiet_ends = in.replies == 0 && out.count > 0;
    auto reply = inbox.next(quiet_ends ? context.wait().at_most(milliseconds(in.quiet_ms)) : context.wait());
    if (!reply && reply.error().code == Code::deadline_exceeded && out.count > 0) break;
    if (!reply && reply.error().code == Code::deadline_exceeded)
      return nobody(in, Code::deadline_exceeded, fmt::format("no reply on {} in time, though somebody is subscribed", in.subject));
    if (!reply) return fail(std::move(reply).error());
    if (reply->status() == 503 && out.count == 0) return nobody(in, Code::unavailable, fmt::format("nobody answers on {}", in.subject));
    out.replies.push_back(shown(*reply, in, sent));
    ++out.count;
  }
  return out;
}

}  // namespace

Operation op_request() {
  return define<In, Out>({.summary = "Send a request and wait for its reply, or for several.",
                          .description = "When some replies came and the time is over, those are the result: look at `count`.",
                          .effect = Effect::write,
                          .idempotent = false,
                          .errors = {Code::resource_exhausted},
                          .examples = {{"Ask a service", {{"subject", "prices.get"}, {"payload", {{"item", 7}}}}},
                                       {"Ask all that listen", {{"subject", "workers.ping"}, {"payload", ""}, {"replies", 0}}}}},
                         run);
}

}  // namespace noetl::nats::ops
