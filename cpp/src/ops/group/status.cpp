#include <fmt/format.h>

#include "base/units.hpp"
#include "engine/define.hpp"
#include "engine/present.hpp"
#include "jetstream/groups.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string stream, group;
  std::uint64_t sample_ms = 0;
  static auto fields() {
    return std::tuple{
        field("stream", &In::stream, "Stream of the groups.").format("stream-name").positional(),
        field("group", &In::group, "One group; without it all that group_apply made.").format("consumer-name").positional().defaulted(),
        field("sample_ms", &In::sample_ms, "Watch for so long to measure rate_per_s and eta_s; 0: do not.").max(60000).defaulted()};
  }
};

struct GroupOut {
  std::string group, kind;
  std::uint64_t lag = 0, num_pending = 0, num_ack_pending = 0, num_redelivered = 0, num_waiting = 0;
  double oldest_pending_age_s = 0, lag_s = 0;
  std::optional<double> rate_per_s, eta_s;
  bool stalled = false, nobody_pulls = false;
  static auto fields() {
    return std::tuple{
        field("group", &GroupOut::group, "Name of the group."),
        field("kind", &GroupOut::kind, "Kind of the group."),
        field("lag", &GroupOut::lag, "Messages that are not done: waiting, or delivered and not acknowledged."),
        field("num_pending", &GroupOut::num_pending, "Messages that were never delivered."),
        field("num_ack_pending", &GroupOut::num_ack_pending, "Messages that a worker has and did not acknowledge."),
        field("num_redelivered", &GroupOut::num_redelivered, "Of those, the ones that were delivered more than once."),
        field("num_waiting", &GroupOut::num_waiting, "Workers that ask for messages at this moment."),
        field("oldest_pending_age_s", &GroupOut::oldest_pending_age_s, "Age of the oldest message that is not acknowledged; 0: all are."),
        field("lag_s", &GroupOut::lag_s, "Age of the oldest message that was never delivered; 0: there is none."),
        field("rate_per_s", &GroupOut::rate_per_s, "Messages done in a second, with sample_ms."),
        field("eta_s", &GroupOut::eta_s, "Seconds until the lag is done at that rate, with sample_ms."),
        field("stalled", &GroupOut::stalled, "Messages wait, and max_ack_pending stops their delivery."),
        field("nobody_pulls", &GroupOut::nobody_pulls, "Messages wait, and no worker asks for them.")};
  }
};

struct Out {
  std::string stream;
  std::vector<GroupOut> groups;
  std::uint64_t count = 0;
  static auto fields() {
    return std::tuple{field("stream", &Out::stream, "Name of the stream."), field("groups", &Out::groups, "One entry for each group."),
                      field("count", &Out::count, "How many groups are listed.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  const auto sample = std::chrono::milliseconds(in.sample_ms);
  context.extend(sample);
  NN_TRY(auto* const api, context.jetstream());
  NN_TRY(const auto groups, js::group_status(*api, in.stream, in.group, sample, context.wait()));
  Out out{in.stream, {}, groups.size()};
  for (const auto& each : groups)
    out.groups.push_back({each.group, each.kind, each.progress.lag, each.num_pending, each.num_ack_pending, each.num_redelivered,
                          each.num_waiting, each.oldest_pending_age_s, each.lag_s, each.rate_per_s, each.eta_s, each.progress.stalled,
                          each.progress.nobody_pulls});
  return out;
}

std::string age(const Json& group, const char* name) {
  const auto seconds = group.value(name, 0.0);
  return seconds <= 0 ? "-" : human_duration(std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds)));
}

std::string text(const Json& result, bool) {
  if (result.value("count", 0) == 0) return "no groups";
  std::vector<std::vector<std::string>> rows;
  for (const auto& group : result["groups"]) {
    const auto count = [&](const char* name) { return human_count(group.value(name, std::int64_t{0})); };
    rows.push_back({group.value("group", std::string()), group.value("kind", std::string()), count("num_pending"), count("num_ack_pending"),
                    count("num_waiting"), age(group, "oldest_pending_age_s"),
                    group.contains("rate_per_s") ? fmt::format("{:.1f}/s", group["rate_per_s"].get<double>()) : "-",
                    group.value("stalled", false)        ? "stalled"
                    : group.value("nobody_pulls", false) ? "nobody pulls"
                                                         : ""});
  }
  return table({"GROUP", "KIND", "WAITING", "UNACKED", "PULLS", "OLDEST", "RATE", ""}, rows);
}

}  // namespace

Operation op_group_status() {
  return define<In, Out>({.summary = "Show how far the groups of a stream are behind.",
                          .effect = Effect::read,
                          .errors = {Code::not_found, Code::failed_precondition},
                          .examples = {{"All groups of a stream", {{"stream", "ORDERS"}}},
                                       {"One, with its rate", {{"stream", "ORDERS"}, {"group", "billing"}, {"sample_ms", 2000}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
