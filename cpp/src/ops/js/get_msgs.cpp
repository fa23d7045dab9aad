#include "engine/define.hpp"
#include "engine/message_headers.hpp"
#include "engine/payload.hpp"
#include "jetstream/read_messages.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, subject = ">", encoding = "auto";
  std::uint64_t seq = 1, limit = 100;
  std::optional<std::uint64_t> up_to_seq;
  Size max_bytes{8 * 1024 * 1024};
  static auto fields() {
    return std::tuple{field("stream", &In::stream, "Stream to read from.").format("stream-name").positional(),
                      field("subject", &In::subject, "Only messages of this subject, or filter.").format("filter").positional(),
                      field("seq", &In::seq, "Begin with this sequence.").min(1),
                      field("up_to_seq", &In::up_to_seq, "End with this sequence.").min(1),
                      field("limit", &In::limit, "At most so many messages.").min(1).max(100000),
                      field("max_bytes", &In::max_bytes, "End once the messages have so many bytes.").min(1),
                      encoding_field(&In::encoding, "How data is shown: auto (JSON if it parses, else text), text, base64.")};
  }
};

struct MessageOut {
  std::string subject;
  std::uint64_t seq = 0;
  Json data;
  std::string encoding, time;
  Object headers;
  static auto fields() {
    return std::tuple{field("subject", &MessageOut::subject, "Subject of the message."),
                      field("seq", &MessageOut::seq, "Its sequence."),
                      field("data", &MessageOut::data, "The message: JSON where it parses, else text, else base64 text."),
                      field("encoding", &MessageOut::encoding, "What data is: json, utf-8 or base64."),
                      field("time", &MessageOut::time, "When it was stored."),
                      field("headers", &MessageOut::headers, "Headers, names in lower case; a name with several values has a list.")};
  }
};

struct Out {
  std::string stream;
  std::uint64_t count = 0;
  std::vector<MessageOut> messages;
  std::uint64_t next_seq = 1;
  bool truncated = false;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Name of the stream."), field("count", &Out::count, "How many messages there are."),
                      field("messages", &Out::messages, "The messages, oldest first."),
                      field("next_seq", &Out::next_seq, "Where to go on: seq of the next call."),
                      field("truncated", &Out::truncated, "limit or max_bytes ended it: there may be more.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  const js::ReadOptions options{
      .filter = in.subject, .from = in.seq, .up_to = in.up_to_seq, .limit = in.limit, .max_bytes = in.max_bytes.bytes};
  NN_TRY(auto read, js::read_messages(*api, in.stream, options, context.wait()));
  Out out{in.stream, read.size(), {}, in.seq, false};
  std::int64_t bytes = 0;
  for (auto& each : read) {
    bytes += static_cast<std::int64_t>(each.data.size());
    out.next_seq = each.sequence + 1;
    auto value = payload_value(each.data, in.encoding);
    out.messages.push_back({std::move(each.subject),
                            each.sequence,
                            std::move(value.value),
                            std::move(value.encoding),
                            std::move(each.time),
                            {headers_json(each.headers)}});
  }
  const bool ended = in.up_to_seq && out.next_seq > *in.up_to_seq;
  out.truncated = !ended && (read.size() == in.limit || bytes >= in.max_bytes.bytes);
  return out;
}

}  // namespace

Operation op_js_get_msgs() {
  return define<In, Out>(
      {.summary = "Read stored messages of a stream in order, without a consumer.",
       .description =
           "Any replica may answer, so the newest messages can be missing. A stream without direct gets is read from its leader, "
           "message by message.",
       .effect = Effect::read,
       .errors = {Code::not_found},
       .examples = {{"The first hundred", {{"stream", "ORDERS"}}},
                    {"A range of one subject", {{"stream", "ORDERS"}, {"subject", "orders.eu"}, {"seq", 1000}, {"up_to_seq", 1999}}}}},
      run);
}

}  // namespace noetl::nats::ops
