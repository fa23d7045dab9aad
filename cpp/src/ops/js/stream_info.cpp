#include "engine/define.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream;
  static auto fields() { return std::tuple{field("stream", &In::stream, "Stream to look at.").format("stream-name").positional()}; }
};

struct Out {
  std::string stream;
  Object config, state;
  std::optional<Object> cluster, mirror;
  std::optional<std::vector<Json>> sources;
  static auto fields() {
    return std::tuple{
        field("stream", &Out::stream, "Name of the stream."),
        field("config", &Out::config, "name, subjects, max_msgs, max_bytes, retention, max_age (in seconds) and the other fields."),
        field("state", &Out::state, "messages, bytes, first_seq, last_seq, consumer_count and more."),
        field("cluster", &Out::cluster, "Leader and replicas."),
        field("mirror", &Out::mirror, "State of the stream that this one copies."),
        field("sources", &Out::sources, "State of the streams that this one collects from.")};
  }
};

/// NoETL's tool gives seconds, and an empty list for a mirror, which has no subjects.
Json noetl_config(const Json& config) {
  Json out{{"name", config["name"]}, {"subjects", Json::array()}};
  out.update(config);
  const auto nanos = config.value("max_age", std::int64_t{0});
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (nanos % kSecond == 0)
    out["max_age"] = nanos / kSecond;
  else
    out["max_age"] = static_cast<double>(nanos) / static_cast<double>(kSecond);
  return out;
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const Json info, js::stream_info(*api, in.stream, {}, context.wait()));
  const auto part = [&](const char* name) { return info.contains(name) ? std::optional(Object{info[name]}) : std::nullopt; };
  Out out{in.stream, {noetl_config(info["config"])}, {info["state"]}, part("cluster"), part("mirror"), {}};
  if (info.contains("sources") && info["sources"].is_array()) out.sources = info["sources"].get<std::vector<Json>>();
  return out;
}

}  // namespace

Operation op_js_stream_info() {
  return define<In, Out>({.summary = "Show a stream as NoETL's own tool does; a missing one is an error.",
                          .description = "`stream_info` gives the same in the server's units, with a status `not_found`.",
                          .effect = Effect::read,
                          .errors = {Code::not_found},
                          .examples = {{"Look at a stream", {{"stream", "ORDERS"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
