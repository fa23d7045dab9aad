#include "engine/define.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, subjects_filter;
  bool deleted = false;
  static auto fields() {
    return std::tuple{
        field("stream", &In::stream, "Stream to look at.").format("stream-name").positional(),
        field("subjects_filter", &In::subjects_filter, "Also count the messages of each subject that matches, for example '>'.")
            .format("filter")
            .defaulted(),
        field("deleted", &In::deleted, "Also list the sequences of deleted messages (state.deleted).")};
  }
};

struct Out {
  std::string status = kSuccess;
  std::string stream;
  std::optional<Object> config, state, cluster, mirror;
  std::optional<std::vector<Json>> sources;
  std::optional<std::map<std::string, std::uint64_t>> subjects;
  std::optional<std::string> created;
  std::optional<std::int64_t> level;
  static auto fields() {
    return std::tuple{field("status", &Out::status, "success, or not_found when there is no such stream."),
                      field("stream", &Out::stream, "Name of the stream."),
                      field("config", &Out::config, "Configuration in the server's names and units."),
                      field("state", &Out::state, "Messages, bytes, first and last sequence and time, consumers."),
                      field("cluster", &Out::cluster, "Leader and replicas."),
                      field("mirror", &Out::mirror, "State of the stream that this one copies."),
                      field("sources", &Out::sources, "State of the streams that this one collects from."),
                      field("subjects", &Out::subjects, "Messages for each subject, with subjects_filter."),
                      field("created", &Out::created, "When the stream was made."),
                      field("level", &Out::level, "API level that its configuration needs.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto found, js::find_stream(*api, in.stream, {in.subjects_filter, in.deleted}, context.wait()));
  Out out;
  out.stream = in.stream;
  if (!found) {
    out.status = kNotFound;
    return out;
  }
  Json info = *found;
  const auto part = [&](const char* name) { return info.contains(name) ? std::optional(Object{info[name]}) : std::nullopt; };
  if (!in.subjects_filter.empty()) out.subjects = info["state"].value("subjects", std::map<std::string, std::uint64_t>());
  info["state"].erase("subjects");
  out.config = part("config");
  out.state = part("state");
  out.cluster = part("cluster");
  out.mirror = part("mirror");
  if (info.contains("sources") && info["sources"].is_array()) out.sources = info["sources"].get<std::vector<Json>>();
  out.created = info.value("created", std::string());
  out.level = js::level_needed(info);
  return out;
}

}  // namespace

Operation op_stream_info() {
  return define<In, Out>({.summary = "Show the configuration and the state of a stream.",
                          .effect = Effect::read,
                          .errors = {Code::resource_exhausted},
                          .examples = {{"Look at a stream", {{"stream", "ORDERS"}}},
                                       {"How many messages has each subject?", {{"stream", "ORDERS"}, {"subjects_filter", ">"}}}}},
                         run);
}

}  // namespace noetl::nats::ops
