#include "engine/define.hpp"
#include "engine/message_headers.hpp"
#include "engine/payload.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string subject;
  Json payload;
  Object headers;
  std::string reply, encoding = "auto", compat = "rust";
  wire::Headers lines;  // `headers` as they are sent

  static auto fields() {
    return std::tuple{
        field("subject", &In::subject, "Subject to publish to.").format("subject").positional(),
        field("payload", &In::payload, "Message: text as it is, anything else as compact JSON; null is an empty message.").positional(),
        field("headers", &In::headers, "Headers: a text for each name, or a list of texts.").defaulted(),
        field("reply", &In::reply, "Where receivers may answer.").format("subject").defaulted(),
        encoding_field(&In::encoding, "How payload is given: auto, utf-8, text, json (text becomes a JSON string), base64."),
        compat_field(&In::compat)};
  }

  void check(schema::Problems& problems) { lines = read_headers(headers.value, "headers", problems); }
};

struct Out {
  std::string subject;
  bool flushed = false;
  static auto fields() {
    return std::tuple{field("subject", &Out::subject, "Subject of the message."),
                      field("flushed", &Out::flushed, "The server has read the message.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(const auto bytes, payload_bytes("payload", in.payload, in.encoding, in.compat));
  NN_TRY(auto* const connection, context.nats());
  NN_CHECK(connection->publish(in.subject, bytes, in.lines, in.reply));
  NN_CHECK(connection->flush(context.wait()));
  return Out{in.subject, true};
}

}  // namespace

Operation op_publish() {
  return define<In, Out>(
      {.summary = "Send a message to whoever is subscribed now; nothing is stored.",
       .description =
           "Without a subscriber the message is gone. `js_publish` waits until a stream has stored it, `request` waits for an answer.",
       .effect = Effect::write,
       .idempotent = false,
       .errors = {Code::resource_exhausted},
       .examples = {{"An event", {{"subject", "events.started"}, {"payload", {{"job", 7}}}}}}},
      run);
}

}  // namespace noetl::nats::ops
