#include "jetstream/groups.hpp"

#include <fmt/format.h>

#include "base/units.hpp"
#include "jetstream/messages.hpp"

namespace noetl::nats::js {
namespace {

tl::unexpected<Error> no_group(std::string_view stream, std::string_view consumer) {
  return fail(Code::failed_precondition,
              fmt::format("consumer {} on stream {} is not a group: groups pull and acknowledge explicitly", consumer, stream),
              fmt::format("noetl-nats consumer info {} {} shows what it is", stream, consumer));
}

std::vector<std::string> filters_of(const Json& config) {
  auto filters = config.value("filter_subjects", std::vector<std::string>());
  if (const auto one = config.value("filter_subject", std::string()); !one.empty()) filters.push_back(one);
  if (filters.empty()) filters.emplace_back(">");
  return filters;
}

/// Age of the first message at or after `sequence` that the consumer wants.
Result<double> age_of_first(Api& api, std::string_view stream, const Json& info, std::uint64_t sequence, const Wait& wait) {
  const auto now = info.contains("ts") ? parse_time(info["ts"].get<std::string>()).value_or(unix_nanos_now()) : unix_nanos_now();
  std::int64_t oldest = now;
  for (const auto& filter : filters_of(info["config"])) {
    const auto message = get_message(api, stream, {.sequence = sequence, .next_by = filter}, wait);
    if (!message && message.error().code == Code::not_found) continue;
    if (!message) return fail(message.error());
    oldest = std::min(oldest, parse_time(message->time).value_or(now));
  }
  return static_cast<double>(now - oldest) / 1e9;
}

/// Messages that workers are done with, as far as the counters tell.
std::uint64_t done(const Json& info) {
  const auto delivered = info["delivered"].value("consumer_seq", std::uint64_t{0});
  return delivered - std::min(delivered, info.value("num_ack_pending", std::uint64_t{0}));
}

Result<GroupStatus> status_of(Api& api, std::string_view stream, const Json& info, const Wait& wait) {
  const auto count = [&](const char* name) { return info.value(name, std::uint64_t{0}); };
  GroupStatus out;
  out.group = info.value("name", std::string());
  out.kind = group_kind(info).value_or(kSharedGroup);
  out.progress = progress_of(info);
  out.num_pending = count("num_pending");
  out.num_ack_pending = count("num_ack_pending");
  out.num_redelivered = count("num_redelivered");
  out.num_waiting = count("num_waiting");
  if (out.progress.lag > 0) {
    NN_TRY(out.oldest_pending_age_s, age_of_first(api, stream, info, info["ack_floor"].value("stream_seq", std::uint64_t{0}) + 1, wait));
  }
  if (out.num_pending > 0) {
    NN_TRY(out.lag_s, age_of_first(api, stream, info, info["delivered"].value("stream_seq", std::uint64_t{0}) + 1, wait));
  }
  return out;
}

/// The groups of one look at the server.
Result<std::vector<Json>> look(Api& api, std::string_view stream, std::string_view group, const Wait& wait) {
  std::vector<Json> out;
  if (!group.empty()) {
    NN_TRY(Json info, consumer_info(api, stream, group, wait));
    if (!group_kind(info)) return no_group(stream, group);
    out.push_back(std::move(info));
    return out;
  }
  NN_TRY(const Json all, list_consumers(api, stream, "", true, wait));
  for (const auto& info : all)
    if (is_marked_group(info)) out.push_back(info);
  return out;
}

void add_rates(std::vector<GroupStatus>& groups, const std::vector<Json>& before, const std::vector<Json>& after, double seconds) {
  for (auto& group : groups)
    for (const auto& first : before)
      for (const auto& second : after) {
        if (first["name"] != group.group || second["name"] != group.group) continue;
        group.rate_per_s = static_cast<double>(done(second) - std::min(done(first), done(second))) / seconds;
        if (*group.rate_per_s > 0) group.eta_s = static_cast<double>(group.progress.lag) / *group.rate_per_s;
      }
}

}  // namespace

bool is_marked_group(const Json& consumer_info) {
  const Json& config = consumer_info["config"];
  return config.contains("metadata") && config["metadata"].contains(kGroupMark);
}

std::optional<std::string> group_kind(const Json& consumer_info) {
  const Json& config = consumer_info["config"];
  if (is_marked_group(consumer_info)) return config["metadata"][kGroupMark].get<std::string>();
  const bool pulls = config.value("deliver_subject", std::string()).empty();
  const bool durable = !config.value("durable_name", std::string()).empty();
  const bool plain = !config.contains("priority_groups") || config["priority_groups"].empty();
  if (pulls && durable && plain && config.value("ack_policy", std::string()) == "explicit") return kSharedGroup;
  return std::nullopt;
}

Result<AppliedConsumer> apply_shared_group(Api& api, const std::string& stream, const std::string& group, Json config, bool dry_run,
                                           const Wait& wait) {
  NN_TRY(const auto there, find_consumer(api, stream, group, wait));
  if (there && group_kind(*there) != kSharedGroup)
    return fail(Code::failed_precondition,
                fmt::format("consumer {} on stream {} is {}; the kind of a group cannot change", group, stream,
                            group_kind(*there) ? "a group of kind " + *group_kind(*there) : "not a group"),
                "take another name, or delete it first");
  Json metadata = there ? (*there)["config"].value("metadata", Json::object()) : Json::object();
  metadata[kGroupMark] = kSharedGroup;
  config["metadata"] = std::move(metadata);
  config["ack_policy"] = "explicit";
  ConsumerApplyOptions options;
  options.dry_run = dry_run;
  return apply_consumer(api, stream, group, config, options, wait);
}

Result<std::vector<GroupStatus>> group_status(Api& api, std::string_view stream, std::string_view group, Nanos sample, const Wait& wait) {
  const auto start = Clock::now();
  NN_TRY(auto now, look(api, stream, group, wait));
  std::vector<Json> before;
  if (sample > Nanos(0) && !now.empty()) {
    before = std::move(now);
    const auto time = std::chrono::duration_cast<Clock::duration>(sample);
    NN_CHECK(wait_until(
        wait.at_most(time), [] { return false; }, kWaitSlice));
    NN_TRY(now, look(api, stream, group, wait));
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<GroupStatus> out;
  for (const auto& info : now) {
    NN_TRY(out.emplace_back(), status_of(api, stream, info, wait));
  }
  if (!before.empty()) add_rates(out, before, now, seconds);
  return out;
}

Result<bool> delete_group(Api& api, std::string_view stream, std::string_view group, bool missing_ok, bool dry_run, const Wait& wait) {
  NN_TRY(const auto there, find_consumer(api, stream, group, wait));
  if (there && !group_kind(*there)) return no_group(stream, group);
  return delete_consumer(api, stream, group, missing_ok, dry_run, wait);
}

}  // namespace noetl::nats::js
