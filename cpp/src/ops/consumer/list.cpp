#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/present.hpp"
#include "jetstream/consumers.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, pattern;
  bool details = false;
  std::optional<std::uint64_t> limit;
  static auto fields() {
    return std::tuple{
        field("stream", &In::stream, "Stream whose consumers to list.").format("stream-name").positional(),
        field("pattern", &In::pattern, "Only consumers whose name matches; * is any run of characters.").positional().defaulted(),
        field("details", &In::details, "Tell more than the name of each consumer."),
        field("limit", &In::limit, "At most so many; a cut list says truncated.").min(1)};
  }
};

struct Out {
  std::string stream;
  std::vector<Json> consumers;
  std::uint64_t count = 0;
  std::optional<bool> truncated;
  static auto fields() {
    return std::tuple{
        field("stream", &Out::stream, "Name of the stream."),
        field(
            "consumers", &Out::consumers,
            "Names; with details objects: consumer, kind (pull or push), lag, num_pending, num_ack_pending, num_redelivered, num_waiting, "
            "stalled, nobody_pulls, paused."),
        field("count", &Out::count, "How many consumers are listed."),
        field("truncated", &Out::truncated, "True when limit cut the list.")};
  }
};

Json summary(const Json& info) {
  const auto progress = js::progress_of(info);
  Json out{{"consumer", info["name"]},
           {"kind", info["config"].value("deliver_subject", std::string()).empty() ? "pull" : "push"},
           {"lag", progress.lag}};
  for (const char* name : {"num_pending", "num_ack_pending", "num_redelivered", "num_waiting"})
    out[name] = info.value(name, std::uint64_t{0});
  out["stalled"] = progress.stalled;
  out["nobody_pulls"] = progress.nobody_pulls;
  out["paused"] = info.value("paused", false);
  return out;
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto all, js::list_consumers(*api, in.stream, in.pattern, in.details, context.wait()));
  Out out;
  out.stream = in.stream;
  for (const auto& each : all) {
    if (in.limit && out.consumers.size() >= *in.limit) {
      out.truncated = true;
      break;
    }
    out.consumers.push_back(in.details ? summary(each) : each);
  }
  out.count = out.consumers.size();
  return out;
}

std::string text(const Json& result, bool) {
  if (result.value("count", 0) == 0) return "no consumers";
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : result["consumers"]) {
    if (each.is_string()) {
      rows.push_back({each.get<std::string>()});
      continue;
    }
    const auto count = [&](const char* name) { return human_count(each.value(name, std::int64_t{0})); };
    const char* note = each.value("paused", false)         ? "paused"
                       : each.value("stalled", false)      ? "stalled"
                       : each.value("nobody_pulls", false) ? "nobody pulls"
                                                           : "";
    rows.push_back({each.value("consumer", std::string()), each.value("kind", std::string()), count("num_pending"),
                    count("num_ack_pending"), count("num_redelivered"), count("num_waiting"), note});
  }
  if (rows.front().size() == 1) return table({"CONSUMER"}, rows);
  return table({"CONSUMER", "KIND", "WAITING", "UNACKED", "REDELIVERED", "PULLS", ""}, rows);
}

}  // namespace

Operation op_consumer_list() {
  return define<In, Out>({.summary = "List the consumers of a stream.",
                          .effect = Effect::read,
                          .errors = {Code::not_found},
                          .examples = {{"Who reads the orders, and who lags?", {{"stream", "ORDERS"}, {"details", true}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
