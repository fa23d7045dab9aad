// consumer: does anybody take the messages, and do they come through?
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/names.hpp"
#include "base/units.hpp"
#include "health/checks.hpp"
#include "health/run.hpp"

namespace noetl::nats::health {
namespace {

constexpr std::int64_t kFewRedelivered = 10;  // less is never more than a warning: one slow message is 100 % of one
constexpr double kNanosPerSecond = 1e9;

/// What a consumer's info says, with times as ages in seconds.
struct View {
  const Json& config;
  std::int64_t pending, ack_pending, waiting, redelivered, max_ack_pending;
  bool push, bound, paused;
  double ack_wait, age;
  std::optional<double> last_delivery, last_ack;
};

View view_of(const Json& info) {
  const auto& config = object_in(info, "config");
  const auto now = time_in(info, "ts").value_or(unix_nanos_now());
  const auto ago = [&](std::optional<std::int64_t> time) {
    return time ? std::optional<double>(std::max(0.0, static_cast<double>(now - *time) / kNanosPerSecond)) : std::nullopt;
  };
  return View{.config = config,
              .pending = number_in(info, "num_pending"),
              .ack_pending = number_in(info, "num_ack_pending"),
              .waiting = number_in(info, "num_waiting"),
              .redelivered = number_in(info, "num_redelivered"),
              .max_ack_pending = number_in(config, "max_ack_pending"),
              .push = !text_in(config, "deliver_subject").empty(),
              .bound = info.value("push_bound", false),
              .paused = info.value("paused", false),
              .ack_wait = static_cast<double>(number_in(config, "ack_wait")) / kNanosPerSecond,
              .age = ago(time_in(info, "created")).value_or(0),
              .last_delivery = ago(time_in(object_in(info, "delivered"), "last_active")),
              .last_ack = ago(time_in(object_in(info, "ack_floor"), "last_active"))};
}

std::vector<std::string> filters_of(const Json& config) {
  std::vector<std::string> filters;
  if (const auto one = text_in(config, "filter_subject"); !one.empty()) filters.push_back(one);
  if (config.contains("filter_subjects") && config["filter_subjects"].is_array())
    for (const auto& each : config["filter_subjects"])
      if (each.is_string()) filters.push_back(each.get<std::string>());
  return filters;
}

std::string human_age(double seconds) { return human_duration(std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds))); }

std::string waiting_text(std::int64_t pending) {
  return fmt::format("{} {}", counted(pending, "message"), pending == 1 ? "waits" : "wait");
}

bool idle(const View& view) { return view.pending > 0 && !view.paused && (view.push ? !view.bound : view.waiting == 0); }

/// Since when nobody has taken anything, although messages wait.
double gap_of(const View& view, std::optional<double> oldest) {
  return std::min(view.last_delivery.value_or(view.age), oldest.value_or(1e18));
}

void judge_pulls(Check& check, const View& view, const StreamFacts& stream, const std::string& consumer, std::optional<double> oldest,
                 const Thresholds& thresholds) {
  if (!idle(view)) return;
  const double gap = gap_of(view, oldest);
  const auto level = thresholds.of(Threshold::pull_gap).judge(gap);
  if (level == Level::ok) return;
  Json evidence{{"num_pending", view.pending}, {"num_waiting", view.waiting}};
  if (view.last_delivery) evidence["last_delivery_age_s"] = *view.last_delivery;
  if (oldest) evidence["oldest_waits_s"] = *oldest;
  const auto waits = waiting_text(view.pending);
  if (view.push)
    check.add(level, "consumer_not_bound",
              fmt::format("{} and nobody listens on {} for {}", waits, text_in(view.config, "deliver_subject"), human_age(gap)), evidence,
              "start the program that subscribes to the deliver subject");
  else
    check.add(level, "consumer_nobody_pulls", fmt::format("{} and nobody pulls for {}", waits, human_age(gap)), evidence,
              fmt::format("start a worker, for example: noetl-nats js consume {} {}", shell_word(stream.name), shell_word(consumer)));
}

/// Full of unacknowledged messages, and the first of them was not acknowledged in time: nothing more is delivered.
void judge_stall(Check& check, const View& view, const StreamFacts& stream, const std::string& consumer) {
  if (view.max_ack_pending <= 0 || view.ack_pending < view.max_ack_pending || text_in(view.config, "ack_policy") == "none") return;
  const bool floor_still = view.last_ack.value_or(view.age) > view.ack_wait;
  const bool overdue = view.redelivered > 0 || view.last_delivery.value_or(0) > view.ack_wait;
  if (!floor_still || !overdue) return;
  check.add(Level::critical, "consumer_stalled",
            fmt::format("stalled: {} not acknowledged, as many as max_ack_pending allows", counted(view.ack_pending, "message")),
            {{"num_ack_pending", view.ack_pending},
             {"max_ack_pending", view.max_ack_pending},
             {"num_redelivered", view.redelivered},
             {"num_pending", view.pending}},
            fmt::format("workers take messages and do not acknowledge: are they stuck? Give them time with noetl-nats consumer apply {} {} "
                        "--config '{{\"ack_wait\":\"5m\"}}'",
                        shell_word(stream.name), shell_word(consumer)));
}

void judge_redelivery(Check& check, const View& view, const Thresholds& thresholds) {
  if (view.redelivered == 0 || view.ack_pending == 0) return;
  const double share = 100.0 * static_cast<double>(view.redelivered) / static_cast<double>(view.ack_pending);
  auto level = thresholds.of(Threshold::redelivered_share).judge(share);
  if (view.redelivered < kFewRedelivered) level = std::min(level, Level::warning);
  if (level == Level::ok) return;
  check.add(level, "consumer_redelivers",
            fmt::format("{} of {} not acknowledged yet, delivered more than once", human_count(view.redelivered),
                        counted(view.ack_pending, "message")),
            {{"num_redelivered", view.redelivered}, {"num_ack_pending", view.ack_pending}, {"percent", share}},
            fmt::format("workers fail, or need longer than ack_wait ({}): raise it with consumer apply, or report progress while working",
                        human_age(view.ack_wait)));
}

void judge_filters(Check& check, const View& view, const StreamFacts& stream) {
  if (stream.fed || stream.subjects.empty()) return;
  for (const auto& filter : filters_of(view.config)) {
    const bool any = std::any_of(stream.subjects.begin(), stream.subjects.end(),
                                 [&](const std::string& subject) { return filters_overlap(filter, subject); });
    if (!any)
      check.add(Level::warning, "consumer_filter_matches_nothing", fmt::format("filter {} matches no subject of the stream", filter),
                {{"filter", filter}, {"subjects", stream.subjects}},
                "mend filter_subjects with consumer apply, or the stream's subjects with stream apply");
  }
}

void judge_numbers(Check& check, const View& view, const Thresholds& thresholds) {
  const auto count = [](std::int64_t value) { return static_cast<double>(value); };
  judge(check, thresholds, Threshold::ack_pending, count(view.ack_pending), {.name = "ack_pending", .value = count(view.ack_pending)},
        "consumer_ack_pending", fmt::format("{} not acknowledged yet", counted(view.ack_pending, "message")),
        "do the workers acknowledge? More of them, or shorter work, lowers it");
  judge(check, thresholds, Threshold::waiting, count(view.waiting), {.name = "pull_waiting", .value = count(view.waiting)},
        "consumer_waiting", fmt::format("{} waiting", counted(view.waiting, "pull request")),
        "more workers than work, or workers that ask again without end");
  judge(check, thresholds, Threshold::unprocessed, count(view.pending), {.name = "pending", .value = count(view.pending)},
        "consumer_unprocessed", waiting_text(view.pending), "start more workers");
  judge(check, thresholds, Threshold::redelivered, count(view.redelivered), {.name = "redelivered", .value = count(view.redelivered)},
        "consumer_redelivered", fmt::format("{} delivered more than once", counted(view.redelivered, "message")),
        "workers fail, or need longer than ack_wait");
  if (view.last_delivery) {
    Perf perf{.name = "last_delivery", .value = *view.last_delivery, .unit = "s"};
    if (view.pending > 0)  // an idle consumer delivers nothing, and that is fine
      judge(check, thresholds, Threshold::last_delivery, *view.last_delivery, perf, "consumer_last_delivery",
            fmt::format("last delivery {} ago", human_age(*view.last_delivery)), "is a worker running?");
    else
      check.perf.push_back(perf);
  }
  if (view.last_ack) {
    Perf perf{.name = "last_ack", .value = *view.last_ack, .unit = "s"};
    if (view.ack_pending > 0)
      judge(check, thresholds, Threshold::last_ack, *view.last_ack, perf, "consumer_last_ack",
            fmt::format("last acknowledgement {} ago", human_age(*view.last_ack)), "do the workers acknowledge?");
    else
      check.perf.push_back(perf);
  }
}

}  // namespace

StreamFacts facts_of(const Json& info) {
  const auto& config = object_in(info, "config");
  StreamFacts facts{.name = text_in(config, "name"),
                    .subjects = {},
                    .fed = !object_in(config, "mirror").empty() || !object_in(config, "subject_transform").empty()};
  if (config.contains("sources") && config["sources"].is_array() && !config["sources"].empty()) facts.fed = true;
  if (config.contains("subjects") && config["subjects"].is_array())
    for (const auto& each : config["subjects"])
      if (each.is_string()) facts.subjects.push_back(each.get<std::string>());
  return facts;
}

bool may_be_abandoned(const Json& info, const Thresholds& asked) {
  const auto view = view_of(info);
  const auto thresholds = asked.with_metadata("consumer", object_in(view.config, "metadata"));
  return idle(view) && thresholds.of(Threshold::pull_gap).judge(gap_of(view, {})) != Level::ok;
}

Check check_consumer(const Json& info, const StreamFacts& stream, const Thresholds& asked, std::optional<std::int64_t> oldest) {
  const auto view = view_of(info);
  const auto thresholds = asked.with_metadata("consumer", object_in(view.config, "metadata"));
  const auto name = text_in(info, "name");
  Check check{.check = "consumer", .name = fmt::format("{}/{}", stream.name, name), .source = "js_api"};
  const auto now = time_in(info, "ts").value_or(unix_nanos_now());
  const auto waits = oldest ? std::optional<double>(std::max(0.0, static_cast<double>(now - *oldest) / kNanosPerSecond)) : std::nullopt;
  judge_numbers(check, view, thresholds);
  judge_pulls(check, view, stream, name, waits, thresholds);
  judge_stall(check, view, stream, name);
  judge_redelivery(check, view, thresholds);
  judge_filters(check, view, stream);
  const auto& cluster = object_in(info, "cluster");
  if (cluster.contains("replicas") && text_in(cluster, "leader").empty())
    check.add(Level::warning, "consumer_no_leader", "no leader at the moment", {{"replicas", cluster["replicas"]}},
              "an election takes some seconds; if it stays so, a server is down");
  if (view.paused) {
    const auto rest = static_cast<double>(number_in(info, "pause_remaining")) / kNanosPerSecond;
    check.add(Level::warning, "consumer_paused", fmt::format("paused for another {}", human_age(rest)),
              {{"pause_remaining_s", rest}, {"pause_until", text_in(view.config, "pause_until")}},
              fmt::format("it goes on by itself at {}", text_in(view.config, "pause_until")));
  }
  if (check.findings.empty())
    check.add(Level::ok, "consumer_ok", fmt::format("{}, {} in work", waiting_text(view.pending), human_count(view.ack_pending)));
  return check;
}

namespace {

/// How old the oldest waiting message is: the first one behind the last delivered that a filter lets through.
void ask_oldest(Run& run, const Json& info, const std::string& stream, std::function<void(std::optional<std::int64_t>)> then) {
  struct Search {
    std::size_t open;
    std::optional<std::int64_t> oldest;
    std::function<void(std::optional<std::int64_t>)> then;
  };
  auto filters = filters_of(object_in(info, "config"));
  if (filters.empty()) filters.emplace_back(">");
  const auto search = std::make_shared<Search>(Search{filters.size(), std::nullopt, std::move(then)});
  const auto next = number_in(object_in(info, "delivered"), "stream_seq") + 1;
  for (const auto& filter : filters)
    run.ask(fmt::format("STREAM.MSG.GET.{}", stream), {{"seq", next}, {"next_by_subj", filter}}, [search](const Result<Json>& answer) {
      if (answer)
        if (const auto time = time_in(object_in(*answer, "message"), "time"))
          search->oldest = std::min(search->oldest.value_or(*time), *time);
      if (--search->open == 0) search->then(search->oldest);
    });
}

void take_consumers(Run& run, const std::shared_ptr<StreamFacts>& stream, const Result<Json>& page, std::size_t offset,
                    const std::shared_ptr<std::size_t>& seen) {
  if (!page) return run.add(not_seen("consumer", stream->name, "js_api", page.error()));
  const Json& consumers = page->contains("consumers") ? (*page)["consumers"] : Json();
  if (!consumers.is_array()) return;
  for (const auto& info : consumers) {
    const auto& wanted = run.request().consumer;
    if (!wanted.empty() && !glob_matches(wanted, text_in(info, "name"))) continue;
    ++*seen;
    if (!may_be_abandoned(info, run.thresholds())) {
      run.add(check_consumer(info, *stream, run.thresholds()));
      continue;
    }
    ask_oldest(run, info, stream->name, [&run, stream, info](std::optional<std::int64_t> oldest) {
      run.add(check_consumer(info, *stream, run.thresholds(), oldest));
    });
  }
  const auto next = offset + consumers.size();
  if (!consumers.empty() && next < static_cast<std::size_t>(number_in(*page, "total")))
    run.ask(fmt::format("CONSUMER.LIST.{}", stream->name), {{"offset", next}},
            [&run, stream, next, seen](const Result<Json>& more) { take_consumers(run, stream, more, next, seen); });
}

}  // namespace

void begin_consumer(Run& run) {
  const auto seen = std::make_shared<std::size_t>(0);
  run.each_stream([&run, seen](const Json& info) {
    if (number_in(object_in(info, "state"), "consumer_count") == 0) return;
    const auto stream = std::make_shared<StreamFacts>(facts_of(info));
    run.ask(fmt::format("CONSUMER.LIST.{}", stream->name), {{"offset", 0}},
            [&run, stream, seen](const Result<Json>& page) { take_consumers(run, stream, page, 0, seen); });
  });
  run.after_streams([&run](const Error* error) {
    if (error != nullptr) run.add(not_seen("consumer", run.request().consumer, "js_api", *error));
  });
  run.finally([&run, seen]() -> Result<void> {
    const auto& wanted = run.request().consumer;
    if (*seen > 0 || wanted.empty()) return {};
    Check missing{.check = "consumer",
                  .name = run.request().stream.empty() ? wanted : fmt::format("{}/{}", run.request().stream, wanted),
                  .source = "js_api"};
    missing.add(Level::critical, "consumer_not_found", fmt::format("there is no consumer {}", wanted), Json::object(),
                "noetl-nats consumer list STREAM shows those that are there; consumer apply makes one");
    run.add(std::move(missing));
    return {};
  });
}

}  // namespace noetl::nats::health
