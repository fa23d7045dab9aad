#include "jetstream/consumers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"
#include "jetstream/streams.hpp"

namespace noetl::nats::js {
namespace {

/// Where a recreated consumer was told to start before it was told to go on from a sequence. Without it, the next apply of
/// the same configuration would find another deliver_policy and refuse.
constexpr const char* kStartMark = "noetl.deliver_policy";
constexpr int kConsumerExists = 10148;

const ConfigTable& table() { return consumer_fields(); }

Error named(Error error, std::string_view stream, std::string_view consumer) {
  if (err_code_of(error) != 0) error.message = fmt::format("consumer {} on stream {}: {}", consumer, stream, error.message);
  return error;
}

/// The configuration as the user wrote it: a recreated consumer shows its first start.
Json as_wanted(Json config) {
  if (!config.contains("metadata") || !config["metadata"].contains(kStartMark)) return config;
  config["deliver_policy"] = config["metadata"][kStartMark];
  config.erase("opt_start_seq");
  config["metadata"].erase(kStartMark);
  return config;
}

/// The same with the real start, for the server: what `as_wanted` hid.
Json with_real_start(Json wanted, const Json& stored) {
  if (!stored.contains("metadata") || !stored["metadata"].contains(kStartMark)) return wanted;
  wanted["metadata"][kStartMark] = stored["metadata"][kStartMark];
  wanted["deliver_policy"] = stored["deliver_policy"];
  if (stored.contains("opt_start_seq")) wanted["opt_start_seq"] = stored["opt_start_seq"];
  return wanted;
}

/// ADR-42 asks for more than servers check: one group, explicit acknowledgements, pull.
Result<void> check_priority(const Json& config, std::string_view consumer) {
  const Json groups = config.value("priority_groups", Json::array());
  const auto policy = config.value("priority_policy", std::string());
  const auto bad = [&](std::string_view text) { return fail(Code::invalid_argument, fmt::format("consumer {}: {}", consumer, text)); };
  if (groups.empty() && policy.empty()) return {};
  if (groups.size() != 1) return bad("priority_policy needs exactly one name in priority_groups");
  if (policy.empty()) return bad("priority_groups needs a priority_policy");
  if (config["ack_policy"] != "explicit") return bad("priority groups need ack_policy explicit");
  if (!config.value("deliver_subject", std::string()).empty())
    return bad("priority groups are for pull consumers, without deliver_subject");
  return {};
}

Result<Json> send_config(Api& api, const char* action, const std::string& stream, const std::string& consumer, const Json& config,
                         int minor, const Wait& wait) {
  Json wire = to_wire(table(), config, minor);
  for (const char* name : {"durable_name", "deliver_subject", "deliver_group", "description", "sample_freq", "priority_policy"})
    if (wire.value(name, std::string()).empty()) wire.erase(name);
  const auto filter = wire.value("filter_subject", std::string());
  const auto subject = fmt::format("CONSUMER.CREATE.{}.{}{}", stream, consumer, filter.empty() ? "" : "." + filter);
  auto answer = api.call(subject, {{"stream_name", stream}, {"config", std::move(wire)}, {"action", action}}, wait);
  if (!answer) return fail(named(std::move(answer).error(), stream, consumer));
  return (*answer)["config"];
}

struct Target {
  Api& api;
  const std::string& stream;
  const std::string& consumer;
  const Json& stream_config;
  int minor;
  const Wait& wait;
};

void warn_of_filters(AppliedConsumer& out, const Target& target) {
  for (const auto& filter : unmatched_filters(out.config, target.stream_config))
    out.warnings.push_back(fmt::format("no subject of stream {} matches the filter {}: it delivers nothing", target.stream, filter));
}

Result<AppliedConsumer> create(const Target& target, const Json& desired, const ConsumerApplyOptions& options) {
  AppliedConsumer out;
  out.changed = out.created = true;
  Json config = desired;
  if (!config.contains("ack_policy")) config["ack_policy"] = "explicit";
  if (!config.contains("durable_name") && !config.contains("inactive_threshold")) config["durable_name"] = target.consumer;
  out.config = normalised(table(), std::move(config));
  NN_CHECK(check_priority(out.config, target.consumer));
  NN_CHECK(check_known(table(), to_wire(table(), out.config, kNewestMinor), target.minor, target.consumer));
  if (!options.dry_run) {
    NN_TRY(const Json stored, send_config(target.api, "create", target.stream, target.consumer, out.config, target.minor, target.wait));
    out.config = normalised(table(), stored);
  }
  out.diff = changes(table(), normalised(table(), {{"name", target.consumer}}), out.config);
  warn_of_filters(out, target);
  return out;
}

bool says_where_to_start(const std::vector<ConfigChange>& diff) {
  return std::any_of(diff.begin(), diff.end(), [](const ConfigChange& each) {
    return each.path == "deliver_policy" || each.path == "opt_start_seq" || each.path == "opt_start_time";
  });
}

/// `config` so that a new consumer goes on where the old one was.
Json continued(Json config, const Json& info) {
  const char* done = info["config"].value("ack_policy", std::string("none")) == "none" ? "delivered" : "ack_floor";
  config["metadata"][kStartMark] = config["deliver_policy"];
  config["deliver_policy"] = "by_start_sequence";
  config["opt_start_seq"] = info[done].value("stream_seq", std::uint64_t{0}) + 1;
  config["opt_start_time"] = nullptr;
  return config;
}

Result<void> recreate(AppliedConsumer& out, const Target& target, const Json& info, const ConsumerApplyOptions& options) {
  out.recreated = true;
  const Json config = says_where_to_start(out.diff) ? out.config : continued(out.config, info);
  if (options.dry_run) return {};
  NN_CHECK(target.api.call(fmt::format("CONSUMER.DELETE.{}.{}", target.stream, target.consumer), nullptr, target.wait));
  auto stored = send_config(target.api, "create", target.stream, target.consumer, config, target.minor, target.wait);
  if (!stored) {
    // Better the old one than none. It starts behind what it had done.
    const Json old = continued(normalised(table(), as_wanted(info["config"])), info);
    const auto restored = send_config(target.api, "create", target.stream, target.consumer, old, target.minor, target.wait);
    Error error = std::move(stored).error();
    error.hint = restored ? "the consumer is back as it was" : "the consumer is gone: apply it again";
    error.maybe_applied = !restored;
    return fail(std::move(error));
  }
  out.config = normalised(table(), as_wanted(*stored));
  return {};
}

Result<AppliedConsumer> update(const Target& target, const Json& info, const Json& desired, const ConsumerApplyOptions& options) {
  const Json before = normalised(table(), as_wanted(info["config"]));
  AppliedConsumer out;
  out.config = merged(table(), before, desired, options.unset);
  out.diff = changes(table(), before, out.config);
  out.changed = !out.diff.empty();
  warn_of_filters(out, target);
  if (!out.changed) return out;
  NN_CHECK(check_priority(out.config, target.consumer));
  NN_CHECK(check_known(table(), to_wire(table(), out.config, kNewestMinor), target.minor, target.consumer));
  if (auto allowed = check_changeable(table(), out.diff, target.minor, target.consumer); !allowed) {
    if (!options.recreate) return fail(std::move(allowed).error());
    NN_CHECK(recreate(out, target, info, options));
  } else if (!options.dry_run) {
    const Json real = with_real_start(out.config, info["config"]);
    NN_TRY(const Json stored, send_config(target.api, "update", target.stream, target.consumer, real, target.minor, target.wait));
    out.config = normalised(table(), as_wanted(stored));
  }
  if (options.dry_run) return out;
  out.diff = changes(table(), before, out.config);
  out.changed = out.recreated || !out.diff.empty();
  return out;
}

}  // namespace

Result<AppliedConsumer> apply_consumer(Api& api, const std::string& stream, const std::string& consumer, const Json& desired,
                                       const ConsumerApplyOptions& options, const Wait& wait) {
  if (const auto wrong = check_asset_name(consumer))
    return fail(Code::invalid_argument, fmt::format("consumer {} {}", in_quotes(consumer), *wrong));
  NN_TRY(const int level, api.level(wait));
  NN_TRY(const Json stream_info, js::stream_info(api, stream, {}, wait));
  NN_TRY(const auto info, find_consumer(api, stream, consumer, wait));
  Json wanted = desired;
  wanted["name"] = consumer;
  const Target target{api, stream, consumer, stream_info["config"], minor_of_level(level), wait};
  if (info) return update(target, *info, wanted, options);
  if (!options.create) return consumer_not_found(api, stream, consumer, wait);
  auto created = create(target, wanted, options);
  // Somebody else made it between our look and our create.
  if (created || err_code_of(created.error()) != kConsumerExists) return created;
  NN_TRY(const Json now, consumer_info(api, stream, consumer, wait));
  return update(target, now, wanted, options);
}

Result<std::optional<Json>> find_consumer(Api& api, std::string_view stream, std::string_view consumer, const Wait& wait) {
  NN_TRY(auto info, api.find(fmt::format("CONSUMER.INFO.{}.{}", stream, consumer), nullptr, wait));
  if (info && info->contains("config")) drop_server_metadata((*info)["config"]);
  return info;
}

tl::unexpected<Error> consumer_not_found(Api& api, std::string_view stream, std::string_view consumer, const Wait& wait) {
  Error error{.code = Code::not_found,
              .message = fmt::format("consumer {} does not exist on stream {}", consumer, stream),
              .hint = fmt::format("noetl-nats consumer list {} shows what there is", stream)};
  const auto names = api.list(fmt::format("CONSUMER.NAMES.{}", stream), nullptr, "consumers", wait);
  if (!names && err_code_of(names.error()) == kStreamNotFound) return stream_not_found(api, stream, wait);
  if (!names) return fail(std::move(error));
  if (const auto near = nearest(consumer, names->get<std::vector<std::string>>())) error.hint = fmt::format("did you mean {}?", *near);
  return fail(std::move(error));
}

Result<Json> consumer_info(Api& api, std::string_view stream, std::string_view consumer, const Wait& wait) {
  NN_TRY(auto info, find_consumer(api, stream, consumer, wait));
  if (!info) return consumer_not_found(api, stream, consumer, wait);
  return *std::move(info);
}

Result<Json> list_consumers(Api& api, std::string_view stream, const std::string& pattern, bool details, const Wait& wait) {
  const auto subject = fmt::format("CONSUMER.{}.{}", details ? "LIST" : "NAMES", stream);
  auto all = api.list(subject, nullptr, "consumers", wait);
  if (!all && err_code_of(all.error()) == kStreamNotFound) return stream_not_found(api, stream, wait);
  if (!all) return all;
  Json out = Json::array();
  for (Json item : *all) {
    const Json& name = details ? item["name"] : item;
    if (!pattern.empty() && !glob_matches(pattern, name.get<std::string>())) continue;
    if (details) drop_server_metadata(item["config"]);
    out.push_back(std::move(item));
  }
  return out;
}

Result<bool> delete_consumer(Api& api, std::string_view stream, std::string_view consumer, bool missing_ok, bool dry_run,
                             const Wait& wait) {
  if (dry_run) {
    NN_TRY(const auto info, find_consumer(api, stream, consumer, wait));
    if (!info && !missing_ok) return consumer_not_found(api, stream, consumer, wait);
    return info.has_value();
  }
  NN_TRY(const auto answer, api.find(fmt::format("CONSUMER.DELETE.{}.{}", stream, consumer), nullptr, wait));
  if (!answer && !missing_ok) return consumer_not_found(api, stream, consumer, wait);
  return answer.has_value();
}

Progress progress_of(const Json& info) {
  const auto count = [&](const char* name) { return info.value(name, std::uint64_t{0}); };
  const Json& config = info["config"];
  const auto limit = config.value("max_ack_pending", std::int64_t{0});
  const bool pushes = !config.value("deliver_subject", std::string()).empty();
  Progress out;
  out.lag = count("num_pending") + count("num_ack_pending");
  out.stalled = limit > 0 && count("num_pending") > 0 && count("num_ack_pending") >= static_cast<std::uint64_t>(limit);
  out.nobody_pulls =
      count("num_pending") > 0 && !info.value("paused", false) && (pushes ? !info.value("push_bound", false) : count("num_waiting") == 0);
  return out;
}

std::vector<std::string> unmatched_filters(const Json& consumer_config, const Json& stream_config) {
  std::vector<std::string> out;
  const auto subjects = stream_config.value("subjects", std::vector<std::string>());
  if (subjects.empty()) return out;  // a mirror or a collector: its subjects are those of others
  auto filters = consumer_config.value("filter_subjects", std::vector<std::string>());
  if (const auto one = consumer_config.value("filter_subject", std::string()); !one.empty()) filters.push_back(one);
  for (const auto& filter : filters)
    if (std::none_of(subjects.begin(), subjects.end(), [&](const std::string& subject) { return filters_overlap(filter, subject); }))
      out.push_back(filter);
  return out;
}

}  // namespace noetl::nats::js
