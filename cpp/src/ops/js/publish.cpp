#include "engine/define.hpp"
#include "engine/message_headers.hpp"
#include "engine/payload.hpp"
#include "jetstream/messages.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string subject;
  Json data;
  Object headers;
  std::string stream, msg_id, expect_subject, encoding = "auto", compat = "rust";
  std::optional<std::uint64_t> expect_last_seq, expect_last_subject_seq;
  std::optional<Duration> ttl;
  wire::Headers lines;  // `headers` as they are sent

  static auto fields() {
    return std::tuple{
        field("subject", &In::subject, "Subject to publish to; a stream must take it.").format("subject").positional(),
        field("data", &In::data, "Message: text as it is, anything else as compact JSON; null is an empty message.").positional(),
        field("headers", &In::headers, "Headers: a text for each name, or a list of texts.").defaulted(),
        field("stream", &In::stream, "The stream that must store it; another one refuses.").format("stream-name").defaulted(),
        field("msg_id", &In::msg_id, "Within the stream's duplicate window, a second message with this id is not stored.").defaulted(),
        field("expect_last_seq", &In::expect_last_seq, "Store only if this is the stream's last sequence."),
        field("expect_last_subject_seq", &In::expect_last_subject_seq,
              "Store only if this is the subject's last sequence; 0: the subject has none."),
        field("expect_subject", &In::expect_subject, "The subject, or filter, that expect_last_subject_seq is about.")
            .format("filter")
            .defaulted()
            .since("2.11"),
        field("ttl", &In::ttl, "Delete the message after this time; the stream must allow it (allow_msg_ttl).").since("2.11"),
        encoding_field(&In::encoding, "How data is given: auto, utf-8, text, json (text becomes a JSON string), base64."),
        compat_field(&In::compat)};
  }

  void check(schema::Problems& problems) {
    lines = read_headers(headers.value, "headers", problems);
    if (!expect_subject.empty() && !expect_last_subject_seq) problems.push_back({"expect_subject", "goes with expect_last_subject_seq"});
  }
};

struct Out {
  std::string stream;
  std::uint64_t seq = 0;
  bool duplicate = false;
  std::optional<std::string> domain;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Stream that stored the message."), field("seq", &Out::seq, "Its sequence there."),
                      field("duplicate", &Out::duplicate, "True when the stream had a message with this id already."),
                      field("domain", &Out::domain, "JetStream domain of the stream.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(const auto bytes, payload_bytes("data", in.data, in.encoding, in.compat));
  NN_TRY(auto* const api, context.jetstream());
  const js::PublishOptions options{in.msg_id,          in.stream,
                                   in.expect_last_seq, in.expect_last_subject_seq,
                                   in.expect_subject,  in.ttl ? std::optional(in.ttl->value) : std::nullopt};
  NN_TRY(auto ack, js::publish(*api, in.subject, bytes, in.lines, options, context.wait()));
  return Out{std::move(ack.stream), ack.sequence, ack.duplicate, ack.domain.empty() ? std::nullopt : std::optional(std::move(ack.domain))};
}

}  // namespace

Operation op_js_publish() {
  return define<In, Out>(
      {.summary = "Publish one message to a stream and wait until it is stored.",
       .description = "Each run stores a message, unless msg_id or an expected sequence prevents it.",
       .effect = Effect::write,
       .idempotent = false,
       .errors = {Code::not_found, Code::conflict, Code::failed_precondition, Code::resource_exhausted, Code::unimplemented},
       .examples = {{"An order", {{"subject", "orders.new"}, {"data", {{"id", 7}, {"total", 12.5}}}, {"stream", "ORDERS"}}},
                    {"Once only, however often it runs", {{"subject", "orders.new"}, {"data", "order 7"}, {"msg_id", "order-7"}}}}},
      run);
}

}  // namespace noetl::nats::ops
