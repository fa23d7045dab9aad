// kv: buckets. A bucket is a stream with certain settings; without them it breaks in ways that look like lost keys.
#include <fmt/format.h>

#include "base/names.hpp"
#include "base/units.hpp"
#include "health/checks.hpp"
#include "health/run.hpp"

namespace noetl::nats::health {
namespace {

constexpr std::string_view kPrefix = "KV_";

void judge_settings(Check& check, const Json& config) {
  struct Rule {
    bool broken;
    Level level;
    const char *setting, *text;
  };
  const bool mirror = config.contains("mirror") && config["mirror"].is_object();
  const auto max_age = number_in(config, "max_age"), window = number_in(config, "duplicate_window");
  const Rule rules[] = {
      {!config.value("allow_rollup_hdrs", false) && !mirror, Level::critical, "allow_rollup_hdrs",
       "purge of a key is refused (allow_rollup_hdrs is off)"},
      {text_in(config, "discard") != "new", Level::warning, "discard", "a full bucket drops old keys (discard is old, not new)"},
      {!config.value("allow_direct", false), Level::warning, "allow_direct", "every read goes to the leader (allow_direct is off)"},
      {!config.value("deny_delete", false) && !mirror, Level::warning, "deny_delete",
       "messages can be deleted behind the bucket's back (deny_delete is off)"},
      {max_age > 0 && window > max_age, Level::warning, "duplicate_window", "the duplicate window is longer than the bucket's ttl"},
      {number_in(config, "subject_delete_marker_ttl") > 0 && !config.value("allow_msg_ttl", false), Level::warning, "allow_msg_ttl",
       "keys cannot expire by themselves (allow_msg_ttl is off)"},
  };
  for (const auto& rule : rules)
    if (rule.broken)
      check.add(rule.level, fmt::format("kv_setting_{}", rule.setting), rule.text,
                {{rule.setting, config.contains(rule.setting) ? config[rule.setting] : Json(nullptr)}},
                fmt::format("noetl-nats kv-bucket apply {} sets it right", shell_word(check.name)));
}

void judge_use(Check& check, const Json& info, const Thresholds& thresholds) {
  const auto& config = object_in(info, "config");
  const auto& state = object_in(info, "state");
  const auto bytes = number_in(state, "bytes"), limit = number_in(config, "max_bytes");
  const auto values = static_cast<double>(number_in(state, "messages"));
  const auto name = shell_word(check.name);
  check.perf.push_back({.name = "bytes", .value = static_cast<double>(bytes), .unit = "B"});
  if (limit > 0) {
    const double percent = 100.0 * static_cast<double>(bytes) / static_cast<double>(limit);
    if (const auto level = thresholds.of(Threshold::kv_fill).judge(percent); level != Level::ok)
      check.add(
          level, "kv_full",
          fmt::format("{:.0f} % of max_bytes ({}): writes are refused {}", percent, human_size(limit), bytes >= limit ? "now" : "next"),
          {{"bytes", bytes}, {"max_bytes", limit}, {"percent", percent}},
          fmt::format("noetl-nats kv-bucket apply {} --max-bytes {}MiB gives room", name,
                      std::max<std::int64_t>(2 * limit / (1 << 20), 1)));
  }
  judge(check, thresholds, Threshold::values_max, values, {.name = "values", .value = values}, "kv_too_many_values",
        counted(static_cast<std::int64_t>(values), "value"),
        fmt::format("a ttl lets old ones go: noetl-nats kv-bucket apply {} --ttl 24h", name));
  if (const auto level = thresholds.of(Threshold::values_min).judge(values); level != Level::ok)
    check.add(level, "kv_too_few_values", "only " + counted(static_cast<std::int64_t>(values), "value"), {{"values", values}},
              fmt::format("have the writers stopped? noetl-nats kv keys {} lists what is there", name));
}

}  // namespace

Check check_kv(const Json& info, const Thresholds& asked) {
  const auto& config = object_in(info, "config");
  const auto& metadata = object_in(config, "metadata");
  const auto thresholds = asked.with_metadata("kv", metadata).with_metadata("stream", metadata);
  Check check{.check = "kv", .name = text_in(config, "name").substr(kPrefix.size()), .source = "js_api"};
  judge_replicas(check, info, thresholds);
  judge_sources(check, info, thresholds);
  judge_settings(check, config);
  judge_use(check, info, thresholds);
  if (check.findings.empty()) {
    const auto& state = object_in(info, "state");
    check.add(Level::ok, "kv_ok",
              fmt::format("{}, {}", counted(number_in(state, "messages"), "value"), human_size(number_in(state, "bytes"))));
  }
  return check;
}

void begin_kv(Run& run) {
  const auto seen = std::make_shared<std::size_t>(0);
  run.each_stream([&run, seen](const Json& info) {
    const auto name = text_in(object_in(info, "config"), "name");
    if (!name.starts_with(kPrefix)) return;
    const auto& wanted = run.request().bucket;
    if (!wanted.empty() && !glob_matches(wanted, std::string_view(name).substr(kPrefix.size()))) return;
    ++*seen;
    run.add(check_kv(info, run.thresholds()));
  });
  run.after_streams([&run, seen](const Error* error) {
    const auto& wanted = run.request().bucket;
    if (error != nullptr) return run.add(not_seen("kv", wanted, "js_api", *error));
    if (*seen > 0 || wanted.empty()) return;
    Check missing{.check = "kv", .name = wanted, .source = "js_api"};
    missing.add(Level::critical, "kv_bucket_not_found", fmt::format("there is no bucket {}", wanted), Json::object(),
                fmt::format("noetl-nats kv-bucket list shows those that are there; kv-bucket apply {} makes it", shell_word(wanted)));
    run.add(std::move(missing));
  });
}

}  // namespace noetl::nats::health
