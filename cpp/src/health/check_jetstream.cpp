// jetstream: is it on for our account, and how much of the account's limits is used?
#include <fmt/format.h>

#include <memory>

#include "base/units.hpp"
#include "health/checks.hpp"
#include "health/run.hpp"

namespace noetl::nats::health {
namespace {

struct Resource {
  Threshold id;
  const char *used, *reserved, *limit;  ///< members of the answer and of its limits
  const char* name;                     ///< of perf and evidence
  const char* word;                     ///< for texts
  bool size;
};
constexpr Resource kResources[] = {
    {Threshold::memory, "memory", "reserved_memory", "max_memory", "memory", "memory", true},
    {Threshold::storage, "storage", "reserved_storage", "max_storage", "storage", "file storage", true},
    {Threshold::streams, "streams", nullptr, "max_streams", "streams", "streams", false},
    {Threshold::consumers, "consumers", nullptr, "max_consumers", "consumers", "consumers", false},
};

std::string amount(const Resource& resource, std::int64_t value) { return resource.size ? human_size(value) : human_count(value); }

/// One set of limits: the account's, or one tier's.
void judge_limits(Check& check, const Json& usage, const std::string& tier, const Thresholds& thresholds) {
  const auto& limits = object_in(usage, "limits");
  for (const auto& resource : kResources) {
    const auto used = number_in(usage, resource.used);
    const auto reserved = resource.reserved != nullptr ? number_in(usage, resource.reserved) : 0;
    const auto limit = limits.contains(resource.limit) ? number_in(limits, resource.limit) : -1;
    const std::string prefix = tier.empty() ? "" : tier + "_";
    check.perf.push_back({.name = prefix + resource.name, .value = static_cast<double>(used), .unit = resource.size ? "B" : ""});
    if (limit <= 0) continue;  // -1: no limit, which is not the same as 0 %
    const auto taken = std::max(used, reserved);
    const double percent = 100.0 * static_cast<double>(taken) / static_cast<double>(limit);
    const auto& threshold = thresholds.of(resource.id);
    check.perf.push_back(
        {.name = prefix + resource.name + "_pct", .value = percent, .unit = "%", .warn = threshold.warn, .crit = threshold.critical});
    const auto level = taken > limit ? Level::critical : threshold.judge(percent);
    if (level == Level::ok) continue;
    check.add(level, fmt::format("jetstream_{}_limit", resource.name),
              fmt::format("{:.0f} % of the account's {}{} {}: {} of {}", percent, tier.empty() ? "" : tier + " ", resource.word,
                          reserved > used ? "reserved" : "used", amount(resource, taken), amount(resource, limit)),
              {{"used", used}, {"reserved", reserved}, {"limit", limit}, {"percent", percent}},
              resource.size ? "give streams max_bytes or max_age with stream apply, purge one, or raise the account's limit"
                            : fmt::format("delete {} that nobody needs, or raise the account's {}", resource.word, resource.limit));
  }
}

std::string usage_text(const Json& info) {
  std::string text =
      fmt::format("{}, {}", counted(number_in(info, "streams"), "stream"), counted(number_in(info, "consumers"), "consumer"));
  const auto& limits = object_in(info, "limits");
  for (const auto& [word, used, limit] : {std::tuple{"file", "storage", "max_storage"}, std::tuple{"memory", "memory", "max_memory"}}) {
    const auto most = limits.contains(limit) ? number_in(limits, limit) : -1;
    text += fmt::format(", {} {}", word, human_size(number_in(info, used)));
    if (most > 0) text += fmt::format(" of {}", human_size(most));
  }
  return text;
}

}  // namespace

Check check_jetstream(const Json& info, const std::string& account, const Thresholds& thresholds) {
  Check check{.check = "jetstream", .name = account, .source = "js_api"};
  const auto& tiers = object_in(info, "tiers");
  if (tiers.empty()) judge_limits(check, info, "", thresholds);
  for (const auto& [tier, usage] : tiers.items()) judge_limits(check, usage, tier, thresholds);  // each alone: one full tier refuses
  if (check.level() == Level::ok) {
    const auto& api = object_in(info, "api");
    check.add(Level::ok, "jetstream_ok", usage_text(info),
              {{"streams", number_in(info, "streams")},
               {"consumers", number_in(info, "consumers")},
               {"storage", number_in(info, "storage")},
               {"memory", number_in(info, "memory")},
               {"api_total", number_in(api, "total")},
               {"api_errors", number_in(api, "errors")}});
  }
  return check;
}

Check check_jetstream(const Error& error, const std::string& account) {
  Check check{.check = "jetstream", .name = account, .source = "js_api"};
  Json evidence{{"error", noetl::nats::name_of(error.code)}};
  if (error.details.contains("nats")) evidence["nats"] = error.details["nats"];
  const auto err_code = number_in(object_in(error.details, "nats"), "err_code");
  constexpr std::int64_t kNoMetaLeader = 10008;
  if (error.code == Code::failed_precondition)
    check.add(Level::critical, "jetstream_off", error.message, evidence, error.hint);
  else if (err_code == kNoMetaLeader)
    check.add(Level::critical, "jetstream_no_meta_leader", "the cluster has no meta leader: nothing can be created or changed", evidence,
              "more than half of the servers must be up and reach each other; look at each: noetl-nats health --checks server "
              "--monitor-url http://HOST:8222");
  else
    check.add(Level::unknown, "jetstream_not_seen", fmt::format("not looked at: {}", error.message), evidence, error.hint);
  return check;
}

void begin_jetstream(Run& run) {
  struct Answers {
    std::string account;
    std::optional<Result<Json>> info;
    int open = 2;
  };
  const auto answers = std::make_shared<Answers>();
  const auto done = [&run, answers] {
    if (--answers->open > 0) return;
    const auto& info = *answers->info;
    run.add(info ? check_jetstream(*info, answers->account, run.thresholds()) : check_jetstream(info.error(), answers->account));
  };
  run.ask("INFO", nullptr, [answers, done](Result<Json> info) {
    answers->info = std::move(info);
    done();
  });
  // Only a name for the report: not every server and user gives it (2.10).
  run.ask_plain("$SYS.REQ.USER.INFO", [answers, done](const Result<Json>& user) {
    if (user) {
      const auto& data = object_in(*user, "data");
      answers->account = text_in(data, "account_name").empty() ? text_in(data, "account") : text_in(data, "account_name");
    }
    done();
  });
}

}  // namespace noetl::nats::health
