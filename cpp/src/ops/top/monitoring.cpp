#include <fmt/format.h>

#include "base/units.hpp"
#include "deploy/instance.hpp"
#include "deploy/monitoring.hpp"
#include "engine/define.hpp"
#include "engine/present.hpp"
#include "health/monitoring.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::string monitor_url;
  std::vector<std::string> endpoints{"varz", "connz", "jsz", "healthz"};
  std::optional<std::string> format;
  std::int64_t timeout_ms = 5000;
  std::string instance = "nats";
  static auto fields() {
    return std::tuple{
        field("monitor_url", &In::monitor_url, "The server's monitoring, http://HOST:8222; default: that of the instance.")
            .format("url")
            .defaulted(),
        field("endpoints", &In::endpoints, "Which pages to read; options go behind a question mark: connz?subs=1.").positional(),
        field("format", &In::format, "data, or prometheus: metrics as text.").one_of({"data", "prometheus"}),
        field("timeout_ms", &In::timeout_ms, "Time for all pages, in milliseconds.").min(1).max(600000),
        field("instance", &In::instance, "Deployed instance to look at, when no monitor_url is given.")};
  }
  void check(schema::Problems& problems) {
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      if (const auto problem = health::check_page(endpoints[i])) problems.push_back({fmt::format("endpoints[{}]", i), *problem});
  }
};

struct Out {
  std::string monitor_url;
  Object endpoints;
  std::optional<std::string> text;
  static auto fields() {
    return std::tuple{field("monitor_url", &Out::monitor_url, "Where the pages were read."),
                      field("endpoints", &Out::endpoints, "The page of each endpoint, as the server has it."),
                      field("text", &Out::text, "Metrics in the text format of Prometheus.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  Out out;
  NN_TRY(out.monitor_url, deploy::monitor_url_of(in.monitor_url, in.instance, context.environment(), ""));
  if (out.monitor_url.empty()) {
    NN_TRY(const auto record, deploy::load_record(in.instance, context.environment()));
    if (!record) return fail(deploy::not_deployed(in.instance));
    return fail(Code::not_found, fmt::format("instance {} has no monitoring port", in.instance),
                "deploy it with an http_port, or give monitor_url");
  }
  const Wait wait{Clock::now() + std::chrono::milliseconds(in.timeout_ms), context.wait().cancel};
  for (const auto& endpoint : in.endpoints) {
    NN_TRY(out.endpoints.value[endpoint], health::read_page(out.monitor_url, endpoint, wait));
  }
  if (in.format == "prometheus") {
    out.text = health::metrics_of(out.endpoints.value);
    out.endpoints.value = Json::object();
  }
  return out;
}

std::int64_t number(const Json& object, const char* key) { return object.is_object() ? object.value(key, std::int64_t{0}) : 0; }

void show_server(std::string& out, const Json& varz) {
  out += fmt::format(" server       {}, nats-server {}, up {}\n", varz.value("server_name", std::string()),
                     varz.value("version", std::string()), varz.value("uptime", std::string()));
  out += fmt::format(" load         {} CPU of {} cores, {} memory\n", fmt::format("{:.0f} %", varz.value("cpu", 0.0)),
                     number(varz, "cores"), human_size(number(varz, "mem")));
  out += fmt::format(" clients      {} now, {} since the start, {} subscriptions, {} slow ones cut off\n",
                     human_count(number(varz, "connections")), human_count(number(varz, "total_connections")),
                     human_count(number(varz, "subscriptions")), human_count(number(varz, "slow_consumers")));
  out += fmt::format(" traffic      in {} messages, {}; out {} messages, {}\n", human_count(number(varz, "in_msgs")),
                     human_size(number(varz, "in_bytes")), human_count(number(varz, "out_msgs")), human_size(number(varz, "out_bytes")));
}

void show_jetstream(std::string& out, const Json& jsz) {
  const Json config = jsz.value("config", Json::object()), api = jsz.value("api", Json::object());
  out += fmt::format(" jetstream    {} streams, {} consumers, {} messages; file {} of {}, memory {} of {}\n",
                     human_count(number(jsz, "streams")), human_count(number(jsz, "consumers")), human_count(number(jsz, "messages")),
                     human_size(number(jsz, "storage")), human_size(number(config, "max_storage")), human_size(number(jsz, "memory")),
                     human_size(number(config, "max_memory")));
  out += fmt::format(" API          {} requests, {} errors\n", human_count(number(api, "total")), human_count(number(api, "errors")));
}

void show_health(std::string& out, const Json& healthz) {
  const auto error = healthz.value("error", std::string());
  out += fmt::format(" health       {}{}{}\n", healthz.value("status", std::string()), error.empty() ? "" : ": ", error);
}

std::string connections(const Json& connz) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : connz.value("connections", Json::array()))
    rows.push_back({std::to_string(number(each, "cid")), each.value("name", std::string("-")),
                    fmt::format("{}:{}", each.value("ip", std::string()), number(each, "port")),
                    fmt::format("{} {}", each.value("lang", std::string()), each.value("version", std::string())),
                    std::to_string(number(each, "subscriptions")), human_count(number(each, "in_msgs")),
                    human_count(number(each, "out_msgs")), each.value("uptime", std::string())});
  return rows.empty() ? std::string() : "\n" + table({"CID", "NAME", "ADDRESS", "CLIENT", "SUBS", "IN", "OUT", "UP"}, rows);
}

std::string text(const Json& result, bool) {
  std::string head, tail;
  for (const auto& [page, body] : result["endpoints"].items()) {
    const auto name = page.substr(0, page.find('?'));
    if (name == "varz")
      show_server(head, body);
    else if (name == "jsz")
      show_jetstream(head, body);
    else if (name == "healthz")
      show_health(head, body);
    else if (name == "connz")
      tail += connections(body);
    else
      tail += fmt::format("\n{}\n{}\n", page, body.dump(2, ' ', false, Json::error_handler_t::replace));
  }
  return head + tail;
}

}  // namespace

Operation op_monitoring() {
  return define<In, Out>({.summary = "The server's monitoring pages as data, or as metrics for Prometheus.",
                          .effect = Effect::read,
                          .needs = Needs::nothing,
                          .shows = Shows::result,
                          .errors = {Code::not_found},
                          .examples = {{"What the server says of itself", {{"endpoints", {"varz"}}}},
                                       {"Who is connected, with subscriptions", {{"endpoints", {"connz?subs=1"}}}},
                                       {"Metrics", {{"format", "prometheus"}}}},
                          .prints = "text",
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
