#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "deploy/monitoring.hpp"
#include "engine/define.hpp"
#include "health/formats.hpp"
#include "health/run.hpp"

namespace noetl::nats::ops {
namespace {

struct In {
  std::vector<std::string> checks;
  std::string stream, consumer, bucket;
  Object thresholds;
  std::optional<std::string> fail_on;
  std::optional<std::string> format;
  std::int64_t wait_ms = 0;
  std::string instance = "nats";
  std::string monitor_url;
  static auto fields() {
    return std::tuple{
        field("checks", &In::checks,
              "Which checks: connection, server, jetstream, stream, consumer, kv, or all. Default: connection, server (where its "
              "monitoring is known), jetstream, stream, consumer.")
            .one_of({"all", "connection", "server", "jetstream", "js", "stream", "consumer", "kv"})
            .defaulted(),
        field("stream", &In::stream, "Only this stream, or those that fit a pattern with *; a name that does not exist is critical.")
            .defaulted(),
        field("consumer", &In::consumer, "Only this consumer, or a pattern.").defaulted(),
        field("bucket", &In::bucket, "Only this KV bucket, or a pattern (check kv).").defaulted(),
        field("thresholds", &In::thresholds,
              "From when on something is bad: {\"rtt_warn\": \"5ms\", \"stream\": {\"fill_critical\": 98}}. Names are NAME_warn and "
              "NAME_critical; 0 is off.")
            .defaulted(),
        field("fail_on", &In::fail_on,
              "From which level on the operation fails: critical, warning, unknown, never. Default: critical on the command line, else "
              "never.")
            .one_of({"critical", "warning", "unknown", "never"}),
        field("format", &In::format,
              "text, json (one line) or nagios (exit status 0 to 3) as the `text` of the result; a command prints that.")
            .one_of({"text", "json", "nagios"}),
        field("wait_ms", &In::wait_ms, "Look again until nothing is critical or unknown, for at most this long.")
            .max(24.0 * 3600 * 1000)
            .min(0)
            .defaulted(),
        field("instance", &In::instance, "Deployed instance to look at, when no url is given."),
        field("monitor_url", &In::monitor_url,
              "The server's monitoring, http://HOST:8222; default: that of the instance. Without it, the server's own state needs the "
              "system account.")
            .format("url")
            .defaulted()};
  }
  health::Thresholds read_thresholds;
  void check(schema::Problems& problems) { read_thresholds = health::Thresholds::read(thresholds.value, "thresholds", problems); }
};

struct Out {
  std::string status;
  std::int64_t exit_code = 0;
  std::string summary, at;
  double duration_ms = 0;
  std::vector<health::CheckDocument> checks;
  std::optional<std::string> text, format;
  static auto fields() {
    return std::tuple{field("status", &Out::status, "The worst level: ok, unknown, warning, critical."),
                      field("exit_code", &Out::exit_code, "As plugins of Nagios exit: 0 ok, 1 warning, 2 critical, 3 unknown."),
                      field("summary", &Out::summary, "How many checks have which level."),
                      field("at", &Out::at, "When it was looked."),
                      field("duration_ms", &Out::duration_ms, "How long it took."),
                      field("checks", &Out::checks, "What was looked at, and what was found."),
                      field("text", &Out::text, "The report in the format that was asked for."),
                      field("format", &Out::format, "That format.")};
  }
};

std::vector<std::string> checks_of(const In& in, bool monitoring_known) {
  if (in.checks.empty()) return health::default_checks(monitoring_known);
  if (std::find(in.checks.begin(), in.checks.end(), "all") != in.checks.end()) return health::check_names();
  std::vector<std::string> checks = in.checks;
  std::replace(checks.begin(), checks.end(), std::string("js"), std::string("jetstream"));
  return checks;
}

Out document_of(const health::Report& report, const In& in) {
  Out out{.status = std::string(health::name_of(report.level())),
          .exit_code = health::exit_code_of(report.level()),
          .summary = health::summary_of(report),
          .at = report.at,
          .duration_ms = std::round(report.duration_ms * 100) / 100,
          .checks = {},
          .text = {},
          .format = {}};
  for (const auto& check : report.checks) out.checks.push_back(health::document_of(check));
  if (!in.format) return out;
  const Json document = result_document(out);
  out.format = in.format;
  out.text = *in.format == "json"     ? dump(document) + "\n"
             : *in.format == "nagios" ? health::nagios_of(document)
                                      : health::text_of(document, false);
  return out;
}

/// Nothing, or why the operation fails: the report has reached `fail_on`. The report goes with the error.
Result<void> judge(const health::Report& report, const Out& out, const std::string& fail_on) {
  if (fail_on == "never" || report.level() < health::level_from(fail_on)) return {};
  Error error{.code = Code::failed_precondition, .message = fmt::format("health is {}: {}", out.status, out.summary)};
  for (const auto& check : report.checks)
    for (const auto& finding : check.findings)
      if (finding.level == report.level() && error.hint.empty()) {
        error.message =
            fmt::format("health is {}: {}{}{}: {}", out.status, check.check, check.name.empty() ? "" : " ", check.name, finding.text);
        error.hint = finding.hint;
      }
  error.result = result_document(out);
  return fail(std::move(error));
}

Result<Out> run(Context& context, const In& in) {
  NN_TRY(const auto monitor_url, deploy::monitor_url_of(in.monitor_url, in.instance, context.environment(), context.server_hint()));
  const health::Target target{.connect = [&](const Wait& wait) { return context.nats(wait); },
                              .server = context.server_hint(),
                              .api_prefix = context.api_prefix(),
                              .monitor_url = monitor_url};
  const health::Request request{.checks = checks_of(in, !monitor_url.empty()),
                                .stream = in.stream,
                                .consumer = in.consumer,
                                .bucket = in.bucket,
                                .thresholds = in.read_thresholds};
  const auto each = context.wait().remaining();
  context.extend(std::chrono::milliseconds(in.wait_ms));
  NN_TRY(const auto report, in.wait_ms == 0 ? health::examine(target, request, context.wait())
                                            : health::examine_until_well(target, request, each, context.wait(),
                                                                         [&](std::string_view line) { context.progress(line); }));
  Out out = document_of(report, in);
  const std::string by_surface = context.fails_on_critical() && in.format != "nagios" ? "critical" : "never";
  NN_CHECK(judge(report, out, in.fail_on.value_or(by_surface)));
  return out;
}

}  // namespace

Operation op_health() {
  return define<In, Out>({.summary = "Look what is wrong, and say what fixes it.",
                          .description = "All checks run at once over one connection. A check that cannot look is `unknown`, one that "
                                         "looks and finds a fault is `warning` or `critical`; "
                                         "every finding has a code, the evidence, and a hint that names what to do. Thresholds can also be "
                                         "set on a stream or consumer itself, "
                                         "as metadata `io.nats.monitor.NAME`.",
                          .effect = Effect::read,
                          .needs = Needs::instance,
                          .shows = Shows::result,
                          .errors = {Code::not_found, Code::failed_precondition},
                          .examples = {{"Everything at a glance", Json::object()},
                                       {"One stream and its consumers, strictly",
                                        {{"stream", "ORDERS"}, {"checks", {"stream", "consumer"}}, {"fail_on", "warning"}}},
                                       {"Wait until a new server is ready", {{"wait_ms", 30000}}},
                                       {"As a plugin of Nagios", {{"checks", {"jetstream"}}, {"format", "nagios"}}}},
                          .prints = "text",
                          .exit_status =
                              [](const Json& result) {
                                return result.value("format", std::string()) == "nagios" ? std::optional<int>(result.value("exit_code", 3))
                                                                                         : std::nullopt;
                              },
                          .text = health::text_of},
                         run);
}

}  // namespace noetl::nats::ops
