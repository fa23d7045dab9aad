#include "engine/define.hpp"
#include "engine/message_headers.hpp"
#include "engine/payload.hpp"
#include "jetstream/messages.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream;
  std::optional<std::uint64_t> seq;
  bool last = false, next = false, consistent = false;
  std::string subject, encoding = "auto";

  static auto fields() {
    return std::tuple{field("stream", &In::stream, "Stream to read from.").format("stream-name").positional(),
                      field("seq", &In::seq, "The message with this sequence; wins over last and subject.").min(1).positional(),
                      field("last", &In::last, "The last message (of subject, when that is given)."),
                      field("subject", &In::subject, "The last message of this subject, or filter.").format("filter").defaulted(),
                      field("next", &In::next, "The first message at or after seq on subject."),
                      encoding_field(&In::encoding, "How data is shown: auto (JSON if it parses, else text), text, base64."),
                      field("consistent", &In::consistent, "Ask the stream's leader; else any replica may answer.")};
  }

  void check(schema::Problems& problems) const {
    if (!seq && !last && subject.empty()) problems.push_back({"seq", "give seq, last: true, or subject"});
    if (next && !seq) problems.push_back({"next", "goes with seq"});
  }
};

struct Out {
  std::string stream, subject;
  std::uint64_t seq = 0;
  Json data;
  std::string encoding, time;
  Object headers;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Name of the stream."),
                      field("subject", &Out::subject, "Subject of the message."),
                      field("seq", &Out::seq, "Its sequence."),
                      field("data", &Out::data, "The message: JSON where it parses, else text, else base64 text."),
                      field("encoding", &Out::encoding, "What data is: json, utf-8 or base64."),
                      field("time", &Out::time, "When it was stored."),
                      field("headers", &Out::headers, "Headers, names in lower case; a name with several values has a list.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  js::MessageQuery query;
  query.sequence = in.seq;
  if (in.next) query.next_by = in.subject.empty() ? ">" : in.subject;
  if (!in.seq) query.last_by = in.subject.empty() ? ">" : in.subject;
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(auto message, in.consistent ? js::get_message(*api, in.stream, query, context.wait())
                                     : js::get_message_direct(*api, in.stream, query, context.wait()));
  auto value = payload_value(message.data, in.encoding);
  return Out{in.stream,
             std::move(message.subject),
             message.sequence,
             std::move(value.value),
             std::move(value.encoding),
             std::move(message.time),
             {headers_json(message.headers)}};
}

}  // namespace

Operation op_js_get_msg() {
  return define<In, Out>({.summary = "Read one stored message of a stream.",
                          .effect = Effect::read,
                          .errors = {Code::not_found},
                          .examples = {{"By sequence", {{"stream", "ORDERS"}, {"seq", 42}}},
                                       {"The last one of a subject", {{"stream", "ORDERS"}, {"subject", "orders.new"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
