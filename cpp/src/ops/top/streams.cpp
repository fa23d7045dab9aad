#include <fmt/format.h>

#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/present.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string pattern, subject;
  std::optional<std::uint64_t> limit;
  std::string instance = "nats";
  static auto fields() {
    return std::tuple{
        field("pattern", &In::pattern, "Only streams whose name matches; * is any run of characters.")
            .alias("stream")
            .positional()
            .defaulted(),
        field("subject", &In::subject, "Only streams that take a subject which this filter overlaps.").format("filter").defaulted(),
        field("limit", &In::limit, "At most so many; a cut list says truncated.").min(1),
        field("instance", &In::instance, "Deployed instance to look at, when no url is given.")};
  }
};

struct Out {
  std::vector<Json> streams;
  std::uint64_t count = 0;
  std::int64_t messages = 0, bytes = 0;
  std::optional<bool> truncated;
  std::optional<Object> offline;
  std::optional<std::vector<Json>> missing;
  static auto fields() {
    return std::tuple{
        field("streams", &Out::streams,
              "One object for each: stream, subjects, retention, storage, num_replicas, messages, bytes, first_seq, last_seq, last_time, "
              "consumers, created, max_bytes, max_msgs (-1: no limit)."),
        field("count", &Out::count, "How many streams are listed."),
        field("messages", &Out::messages, "Messages in all of them."),
        field("bytes", &Out::bytes, "Bytes in all of them."),
        field("truncated", &Out::truncated, "True when limit cut the list."),
        field("offline", &Out::offline, "Streams that the cluster does not serve, and why."),
        field("missing", &Out::missing, "Streams of the cluster that nobody answered for.")};
  }
};

Json row_of(const Json& info) {
  Json row = js::stream_summary(info);
  for (const auto* limit : {"max_bytes", "max_msgs"}) row[limit] = info["config"].value(limit, std::int64_t{-1});
  return row;
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(auto list, js::list_streams(*api, in.pattern, in.subject, true, context.wait()));
  Out out;
  for (const auto& info : list.streams) {
    if (in.limit && out.streams.size() >= *in.limit) {
      out.truncated = true;
      break;
    }
    out.streams.push_back(row_of(info));
    out.messages += out.streams.back().value("messages", std::int64_t{0});
    out.bytes += out.streams.back().value("bytes", std::int64_t{0});
  }
  out.count = out.streams.size();
  if (!list.offline.empty()) out.offline = Object{std::move(list.offline)};
  if (!list.missing.empty()) out.missing = list.missing.get<std::vector<Json>>();
  return out;
}

std::string ago(const Json& row) {
  if (row.value("messages", 0) == 0 || !row.contains("last_time") || !row["last_time"].is_string()) return "-";
  const auto time = parse_time(row["last_time"].get<std::string>());
  return time ? human_duration(Nanos(std::max<std::int64_t>(unix_nanos_now() - *time, 0))) + " ago" : "-";
}

std::string with_limit(const std::string& value, std::int64_t limit, std::string (*shown)(std::int64_t)) {
  return limit > 0 ? fmt::format("{} of {}", value, shown(limit)) : value;
}

std::string text(const Json& result, bool) {
  if (result.value("count", 0) == 0) return "no streams";
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : result["streams"])
    rows.push_back({row.value("stream", std::string()),
                    with_limit(human_count(row.value("messages", std::int64_t{0})), row.value("max_msgs", std::int64_t{-1}), human_count),
                    with_limit(human_size(row.value("bytes", std::int64_t{0})), row.value("max_bytes", std::int64_t{-1}), human_size),
                    std::to_string(row.value("consumers", 0)), ago(row), row.value("storage", std::string()),
                    fmt::format("{}", fmt::join(row.value("subjects", std::vector<std::string>()), " "))});
  const auto count = result.value("count", 0);
  return table({"STREAM", "MESSAGES", "SIZE", "CONSUMERS", "LAST", "STORAGE", "SUBJECTS"}, rows) +
         fmt::format("\n{} stream{}{}, {} messages, {}\n", count, count == 1 ? "" : "s",
                     result.contains("truncated") ? " (there are more)" : "", human_count(result.value("messages", std::int64_t{0})),
                     human_size(result.value("bytes", std::int64_t{0})));
}

}  // namespace

Operation op_streams() {
  return define<In, Out>({.summary = "Every stream with its messages, size, limits and consumers.",
                          .description = "As stream_list with details; the server is that of the instance unless a url is given.",
                          .effect = Effect::read,
                          .needs = Needs::instance,
                          .shows = Shows::result,
                          .errors = {Code::not_found, Code::failed_precondition},
                          .examples = {{"All streams", Json::object()}, {"Only the buckets", {{"pattern", "KV_*"}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
