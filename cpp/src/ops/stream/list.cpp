#include <fmt/format.h>

#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/present.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string pattern, subject;
  bool details = false;
  std::optional<std::uint64_t> limit;
  static auto fields() {
    return std::tuple{
        field("pattern", &In::pattern, "Only streams whose name matches; * is any run of characters.").positional().defaulted(),
        field("subject", &In::subject, "Only streams that take a subject which this filter overlaps.").format("filter").defaulted(),
        field("details", &In::details, "Tell more than the name of each stream."),
        field("limit", &In::limit, "At most so many; a cut list says truncated.").min(1)};
  }
};

struct Out {
  std::vector<Json> streams;
  std::uint64_t count = 0;
  std::optional<bool> truncated;
  std::optional<Object> offline;
  std::optional<std::vector<Json>> missing;
  static auto fields() {
    return std::tuple{
        field("streams", &Out::streams,
              "Names; with details objects: stream, subjects, retention, storage, num_replicas, messages, bytes, first_seq, last_seq, "
              "last_time, consumers, created."),
        field("count", &Out::count, "How many streams are listed."), field("truncated", &Out::truncated, "True when limit cut the list."),
        field("offline", &Out::offline, "Streams that the cluster does not serve, and why."),
        field("missing", &Out::missing, "Streams of the cluster that nobody answered for.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(auto list, js::list_streams(*api, in.pattern, in.subject, in.details, context.wait()));
  Out out;
  for (const auto& stream : list.streams) {
    if (in.limit && out.streams.size() >= *in.limit) {
      out.truncated = true;
      break;
    }
    out.streams.push_back(in.details ? js::stream_summary(stream) : stream);
  }
  out.count = out.streams.size();
  if (!list.offline.empty()) out.offline = Object{std::move(list.offline)};
  if (!list.missing.empty()) out.missing = list.missing.get<std::vector<Json>>();
  return out;
}

std::string text(const Json& result, bool) {
  if (result.value("count", 0) == 0) return "no streams";
  std::vector<std::vector<std::string>> rows;
  for (const auto& stream : result["streams"]) {
    if (stream.is_string())
      rows.push_back({stream.get<std::string>()});
    else
      rows.push_back({stream.value("stream", std::string()), human_count(stream.value("messages", std::int64_t{0})),
                      human_size(stream.value("bytes", std::int64_t{0})), std::to_string(stream.value("consumers", 0)),
                      stream.value("storage", std::string()),
                      fmt::format("{}", fmt::join(stream.value("subjects", std::vector<std::string>()), " "))});
  }
  if (rows.front().size() == 1) return table({"STREAM"}, rows);
  return table({"STREAM", "MESSAGES", "SIZE", "CONSUMERS", "STORAGE", "SUBJECTS"}, rows);
}

}  // namespace

Operation op_stream_list() {
  return define<In, Out>(
      {.summary = "List the streams of the account.",
       .effect = Effect::read,
       .examples = {{"All streams with their size", {{"details", true}}}, {"Who stores orders?", {{"subject", "orders.>"}}}},
       .text = text},
      run);
}

}  // namespace noetl::nats::ops
