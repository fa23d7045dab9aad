// server: its own health, CPU, memory, connections, storage. Seen over HTTP monitoring, else over the system account.
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>

#include "base/units.hpp"
#include "health/checks.hpp"
#include "health/run.hpp"
#include "sys/http.hpp"

namespace noetl::nats::health {
namespace {

constexpr double kNanosPerSecond = 1e9;

std::string path_of(const std::string& url, std::string_view page) {
  std::string base = url;
  while (base.ends_with('/')) base.pop_back();
  return fmt::format("{}/{}", base, page);
}

void judge_healthz(Check& check, const Result<Json>& answer) {
  if (!answer)
    return check.add(Level::unknown, "server_healthz_not_seen", fmt::format("its own verdict was not read: {}", answer.error().message),
                     {{"error", noetl::nats::name_of(answer.error().code)}}, answer.error().hint);
  const Json& healthz = *answer;
  const auto status = text_in(healthz, "status");
  if (status == "ok") return;
  Json evidence{{"status", status}};
  std::string what = text_in(healthz, "error");
  if (healthz.contains("errors")) evidence["errors"] = healthz["errors"];
  if (what.empty() && healthz.contains("errors") && healthz["errors"].is_array() && !healthz["errors"].empty())
    what = text_in(healthz["errors"][0], "error");
  check.add(Level::critical, "server_not_healthy", fmt::format("the server says it is not healthy: {}", what.empty() ? status : what),
            evidence, "noetl-nats logs --level error shows why; noetl-nats restart when it does not recover");
}

void judge_storage(Check& check, const Json& varz, const Thresholds& thresholds) {
  const auto& jetstream = object_in(varz, "jetstream");
  const auto &config = object_in(jetstream, "config"), &stats = object_in(jetstream, "stats");
  for (const auto& [used_key, limit_key, word, setting] : {std::tuple{"storage", "max_storage", "file store", "max_file_store"},
                                                           std::tuple{"memory", "max_memory", "memory store", "max_memory_store"}}) {
    const auto used = number_in(stats, used_key), limit = number_in(config, limit_key);
    if (limit <= 0) continue;
    const double percent = 100.0 * static_cast<double>(used) / static_cast<double>(limit);
    judge(check, thresholds, Threshold::server_storage, percent,
          {.name = fmt::format("js_{}_pct", used_key), .value = percent, .unit = "%"}, fmt::format("server_{}_full", used_key),
          fmt::format("{:.0f} % of the server's {}: {} of {}", percent, word, human_size(used), human_size(limit)),
          fmt::format("give streams max_bytes or max_age with stream apply, or raise {} with deploy", setting));
  }
}

/// CPU use in percent of all cores; the server gives it in percent of one.
double cpu_of(const Json& varz) {
  const auto cores = std::max<std::int64_t>(number_in(varz, "cores"), 1);
  return (varz.contains("cpu") && varz["cpu"].is_number() ? varz["cpu"].get<double>() : 0.0) / static_cast<double>(cores);
}

void judge_load(Check& check, const Json& varz, const Thresholds& thresholds) {
  const auto cpu = cpu_of(varz);
  judge(check, thresholds, Threshold::cpu, cpu, {.name = "cpu", .value = cpu, .unit = "%"}, "server_cpu",
        fmt::format("{:.0f} % of all CPU", cpu), "noetl-nats monitoring --endpoints connz shows who sends so much");
  const auto memory = number_in(varz, "mem");
  judge(check, thresholds, Threshold::server_memory, static_cast<double>(memory),
        {.name = "mem", .value = static_cast<double>(memory), .unit = "B"}, "server_memory",
        fmt::format("the server uses {} of memory", human_size(memory)),
        "streams in memory and many subjects cost memory: noetl-nats streams");
  const auto connections = number_in(varz, "connections"), most = number_in(varz, "max_connections");
  judge(check, thresholds, Threshold::connections_max, static_cast<double>(connections),
        {.name = "connections", .value = static_cast<double>(connections)}, "server_many_connections", counted(connections, "connection"),
        "noetl-nats monitoring --endpoints connz shows whose they are");
  if (most > 0)
    if (const double percent = 100.0 * static_cast<double>(connections) / static_cast<double>(most);
        thresholds.of(Threshold::connections).judge(percent) != Level::ok)
      check.add(thresholds.of(Threshold::connections).judge(percent), "server_connections_limit",
                fmt::format("{} of at most {} connections", human_count(connections), human_count(most)),
                {{"connections", connections}, {"max_connections", most}},
                "raise max_connections, or find who does not close: noetl-nats monitoring --endpoints connz");
  const auto subscriptions = static_cast<double>(number_in(varz, "subscriptions"));
  const auto text = counted(number_in(varz, "subscriptions"), "subscription");
  judge(check, thresholds, Threshold::subscriptions_max, subscriptions, {.name = "subscriptions", .value = subscriptions},
        "server_many_subscriptions", text, "does a program subscribe again without unsubscribing?");
  if (const auto level = thresholds.of(Threshold::subscriptions_min).judge(subscriptions); level != Level::ok)
    check.add(level, "server_few_subscriptions", "only " + text, {{"subscriptions", subscriptions}},
              "are the programs running that should listen?");
}

}  // namespace

Check check_server(const Json& varz, const Result<Json>& healthz, std::string source, const Thresholds& thresholds) {
  Check check{.check = "server", .name = text_in(varz, "server_name"), .source = std::move(source)};
  judge_healthz(check, healthz);
  judge_load(check, varz, thresholds);
  judge_storage(check, varz, thresholds);
  const auto now = time_in(varz, "now"), start = time_in(varz, "start");
  const double uptime = now && start ? static_cast<double>(*now - *start) / kNanosPerSecond : 0;
  judge(check, thresholds, Threshold::uptime, uptime, {.name = "uptime", .value = uptime, .unit = "s"}, "server_restarted",
        fmt::format("up for only {}", human_seconds(uptime)), "noetl-nats logs shows why it was started");
  const auto slow = number_in(varz, "slow_consumers");
  check.perf.push_back({.name = "slow_consumers", .value = static_cast<double>(slow)});
  if (check.level() == Level::ok)
    check.add(Level::ok, "server_ok",
              fmt::format("{}, up {}, {}, {} CPU{}", text_in(varz, "version"), human_seconds(uptime),
                          counted(number_in(varz, "connections"), "connection"), fmt::format("{:.0f} %", cpu_of(varz)),
                          slow > 0 ? fmt::format(", {} slow clients were cut off since the start", slow) : std::string()),
              {{"version", text_in(varz, "version")}, {"uptime_s", uptime}, {"slow_consumers", slow}});
  return check;
}

/// Reads the monitoring pages on a thread of its own, so that a server that hangs costs the other checks no time.
void begin_server_early(Run& run) {
  if (run.target().monitor_url.empty()) return;
  struct Pages {
    Cancel stop;
    std::future<Check> check;
    ~Pages() { stop.request(); }  // the future's destructor then waits a moment for the thread
  };
  const auto pages = std::make_shared<Pages>();
  const auto read = [url = run.target().monitor_url, thresholds = run.thresholds(),
                     wait = Wait{run.wait().deadline, &pages->stop}]() -> Check {
    const auto varz = sys::http_get_json(path_of(url, "varz"), wait);
    if (!varz) return not_seen("server", url, "http", varz.error());
    const auto healthz = sys::http_get_json(path_of(url, "healthz"), wait);
    return check_server(varz->body, healthz ? Result<Json>(healthz->body) : fail(healthz.error()), "http", thresholds);
  };
  pages->check = std::async(std::launch::async, read);
  run.finally([&run, pages]() -> Result<void> {
    while (pages->check.wait_for(kWaitSlice) != std::future_status::ready)
      if (run.wait().cancelled()) return cancelled();
    run.add(pages->check.get());
    return {};
  });
}

void begin_server(Run& run) {
  if (!run.target().monitor_url.empty()) return;
  const auto subject = fmt::format("$SYS.REQ.SERVER.{}.", run.connection().server().id);
  run.ask_plain(subject + "VARZ", [&run, subject](const Result<Json>& varz) {
    if (!varz || !varz->contains("data"))
      return run.add(not_seen("server", run.target().server, "sys",
                              Error{.code = varz ? Code::internal : varz.error().code,
                                    .message = "only the system account and the monitoring port show the server",
                                    .hint = "give monitor_url (http://HOST:8222), or connect as a user of the system account"}));
    run.ask_plain(subject + "HEALTHZ", [&run, varz = (*varz)["data"]](const Result<Json>& healthz) {
      run.add(check_server(varz, healthz ? Result<Json>(object_in(*healthz, "data")) : healthz, "sys", run.thresholds()));
    });
  });
}

}  // namespace noetl::nats::health
