// stream: limits, replicas, sources, lost messages.
#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"
#include "health/checks.hpp"
#include "health/run.hpp"

namespace noetl::nats::health {
namespace {

constexpr std::int64_t kFewDeleted = 1000;  // gaps below this cost nothing that anybody would notice

void judge_fill(Check& check, const Json& info, const Thresholds& thresholds) {
  const auto& config = object_in(info, "config");
  const auto& state = object_in(info, "state");
  struct Dimension {
    const char *used, *limit;
    bool size;
  };
  for (const auto& [used_key, limit_key, size] : {Dimension{"bytes", "max_bytes", true}, Dimension{"messages", "max_msgs", false}}) {
    const auto used = number_in(state, used_key), limit = number_in(config, limit_key);
    if (limit <= 0) continue;
    const double percent = 100.0 * static_cast<double>(used) / static_cast<double>(limit);
    const auto level = thresholds.of(Threshold::fill).judge(percent);
    if (level == Level::ok) continue;
    const Json evidence{{used_key, used}, {limit_key, limit}, {"percent", percent}, {"discard", text_in(config, "discard")}};
    const auto shown = [&](std::int64_t value) { return size ? human_size(value) : human_count(value); };
    if (text_in(config, "discard") != "new") {  // the oldest messages make room: nobody is refused
      check.add(Level::ok, "stream_at_limit",
                fmt::format("{:.0f} % of {} ({}): the oldest messages make room", percent, limit_key, shown(limit)), evidence);
      continue;
    }
    const auto name = shell_word(text_in(config, "name"));
    const auto more = size ? fmt::format("\"{}MiB\"", std::max<std::int64_t>(2 * limit / (1 << 20), 1)) : fmt::format("{}", 2 * limit);
    check.add(level, "stream_full",
              fmt::format("{:.0f} % of {} with discard new: publishers are refused {}", percent, limit_key, used >= limit ? "now" : "next"),
              evidence,
              fmt::format("noetl-nats stream apply {0} --config '{{\"{1}\":{2}}}' gives room, or noetl-nats stream purge {0}", name,
                          limit_key, more));
  }
}

void judge_counts(Check& check, const Json& info, const Thresholds& thresholds) {
  const auto& config = object_in(info, "config");
  const auto& state = object_in(info, "state");
  const auto messages = number_in(state, "messages"), subjects = number_in(state, "num_subjects"),
             deleted = number_in(state, "num_deleted");
  struct Row {
    Threshold id;
    std::int64_t value;
    const char *noun, *code, *text, *hint;
  };
  const Row rows[] = {
      {Threshold::messages_min, messages, "message", "stream_too_few_messages", "only {}", "have the publishers stopped?"},
      {Threshold::messages_max, messages, "message", "stream_too_many_messages", "{}",
       "do the consumers keep up? max_age or max_msgs bound a stream (stream apply)"},
      {Threshold::subjects_min, subjects, "subject", "stream_too_few_subjects", "only {}", "have some publishers stopped?"},
      {Threshold::subjects_max, subjects, "subject", "stream_too_many_subjects", "{}",
       "a subject for each message costs memory: put the varying part into a header"},
  };
  for (const auto& row : rows)
    if (const auto level = thresholds.of(row.id).judge(static_cast<double>(row.value)); level != Level::ok)
      check.add(level, row.code, fmt::format(fmt::runtime(row.text), counted(row.value, row.noun)),
                {{"value", row.value}, {"threshold", *thresholds.of(row.id).reached(level)}}, row.hint);
  // A limit for each subject deletes in between all the time (every KV bucket does): only elsewhere are gaps a sign.
  if (number_in(config, "max_msgs_per_subject") > 0 || deleted < kFewDeleted) return;
  if (const auto level = thresholds.of(Threshold::deleted_ratio)
                             .judge(static_cast<double>(deleted) / static_cast<double>(std::max<std::int64_t>(messages, 1)));
      level != Level::ok)
    check.add(
        level, "stream_gaps", fmt::format("{} deleted messages lie between {} stored ones", human_count(deleted), human_count(messages)),
        {{"num_deleted", deleted}, {"messages", messages}},
        fmt::format("old messages keep the gaps alive: noetl-nats stream purge {} --up-to-seq N", shell_word(text_in(config, "name"))));
}

void judge_integrity(Check& check, const Json& info) {
  const auto& lost = object_in(object_in(info, "state"), "lost");
  const auto count = lost.contains("msgs") && lost["msgs"].is_array() ? lost["msgs"].size() : 0;
  if (count > 0)
    check.add(Level::critical, "stream_lost_messages", fmt::format("{} lost", counted(static_cast<std::int64_t>(count), "message")),
              {{"lost", count}, {"bytes", number_in(lost, "bytes")}},
              "the store was damaged (disk, power cut): restore a backup; sync_interval: always prevents it");
  if (object_in(info, "config").value("sealed", false)) check.add(Level::ok, "stream_sealed", "sealed: read-only for good");
}

void add_perf(Check& check, const Json& info) {
  const auto& state = object_in(info, "state");
  check.perf.push_back({.name = "messages", .value = static_cast<double>(number_in(state, "messages"))});
  check.perf.push_back({.name = "bytes", .value = static_cast<double>(number_in(state, "bytes")), .unit = "B"});
  check.perf.push_back({.name = "subjects", .value = static_cast<double>(number_in(state, "num_subjects"))});
  const auto sources = info.contains("sources") && info["sources"].is_array() ? info["sources"].size() : 0;
  if (sources > 0) check.perf.push_back({.name = "sources", .value = static_cast<double>(sources)});
}

}  // namespace

Check check_stream(const Json& info, const Thresholds& asked) {
  const auto& config = object_in(info, "config");
  const auto& state = object_in(info, "state");
  const auto thresholds = asked.with_metadata("stream", object_in(config, "metadata"));
  Check check{.check = "stream", .name = text_in(config, "name"), .source = "js_api"};
  add_perf(check, info);
  judge_replicas(check, info, thresholds);
  judge_sources(check, info, thresholds);
  judge_fill(check, info, thresholds);
  judge_counts(check, info, thresholds);
  judge_integrity(check, info);
  if (check.findings.empty())
    check.add(Level::ok, "stream_ok",
              fmt::format("{}, {}", counted(number_in(state, "messages"), "message"), human_size(number_in(state, "bytes"))));
  return check;
}

void begin_stream(Run& run) {
  const auto seen = std::make_shared<std::size_t>(0);
  run.each_stream([&run, seen](const Json& info) {
    ++*seen;
    const bool bucket = text_in(object_in(info, "config"), "name").starts_with("KV_");
    if (!bucket || !run.wants("kv")) run.add(check_stream(info, run.thresholds()));  // else the bucket's check has it
  });
  run.after_streams([&run, seen](const Error* error) {
    const auto& wanted = run.request().stream;
    if (error != nullptr) return run.add(not_seen("stream", wanted, "js_api", *error));
    if (*seen > 0 || wanted.empty()) return;
    Check missing{.check = "stream", .name = wanted, .source = "js_api"};
    missing.add(Level::critical, "stream_not_found", fmt::format("there is no stream {}", wanted), Json::object(),
                fmt::format("noetl-nats stream list shows those that are there; stream apply {} makes it", shell_word(wanted)));
    run.add(std::move(missing));
  });
}

}  // namespace noetl::nats::health
