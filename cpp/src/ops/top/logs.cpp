#include <fmt/format.h>

#include "base/names.hpp"
#include "base/units.hpp"
#include "deploy/log_lines.hpp"
#include "deploy/running.hpp"
#include "deploy/target.hpp"
#include "engine/define.hpp"

namespace noetl::nats::ops {
namespace {

struct In : deploy::Target {
  std::int64_t tail = 50;
  std::string since, grep, level;
  bool previous = false;
  std::int64_t follow_ms = 0;
  std::string container;
  static auto fields() {
    return std::tuple_cat(
        deploy::target_fields<In>(),
        std::tuple{field("tail", &In::tail, "The last so many lines that match.").min(1).max(100000),
                   field("since", &In::since, "Only lines from then on: how long ago (10m), or a time (RFC 3339).").defaulted(),
                   field("grep", &In::grep, "Only lines that match this extended regular expression.").defaulted(),
                   field("level", &In::level, "Only lines of this level and above.")
                       .one_of({"trace", "debug", "info", "warning", "warn", "error", "fatal"})
                       .defaulted(),
                   field("previous", &In::previous, "Only lines of earlier server processes, not of the one that runs."),
                   field("follow_ms", &In::follow_ms, "Also wait this long for new lines, in milliseconds, and show them as they come.")
                       .min(0)
                       .max(86400000)
                       .defaulted(),
                   field("container", &In::container, "Kubernetes: the container.").defaulted()});
  }
  void check(schema::Problems& problems) const {
    deploy::check_target(*this, problems);
    if (target == "local" && !container.empty()) problems.push_back({"container", "belongs to target: kubernetes"});
    if (!since.empty() && !parse_duration(since) && !parse_time(since))
      problems.push_back({"since", "must be a duration such as 10m, or a time such as 2026-01-02T03:04:05Z"});
  }
};

struct Line {
  std::optional<std::string> time;
  std::string level;
  std::optional<std::string> pod;
  std::string text;
  static auto fields() {
    return std::tuple{field("time", &Line::time, "When; absent for lines that the server wrote before its log was open."),
                      field("level", &Line::level, "trace, debug, info, warning, error, fatal; unknown for other lines (a crash)."),
                      field("pod", &Line::pod, "Kubernetes: of which pod."),
                      field("text", &Line::text, "The line without time and level.")};
  }
};

struct Out {
  std::string instance;
  std::vector<Line> lines;
  std::int64_t count = 0;
  bool truncated = false;
  std::string log_file;
  static auto fields() {
    return std::tuple{field("instance", &Out::instance, "Name of the instance."), field("lines", &Out::lines, "The lines, oldest first."),
                      field("count", &Out::count, "Number of lines."),
                      field("truncated", &Out::truncated, "Whether more lines match than tail asks for."),
                      field("log_file", &Out::log_file, "Local: the file.")};
  }
};

Line line_of(const deploy::LogLine& line) {
  return {line.unix_nanos ? std::optional(format_time(*line.unix_nanos)) : std::nullopt, std::string(name_of(line.level)), std::nullopt,
          line.text};
}

std::string shown(const std::string& time, std::string_view level, const std::string& text) {
  return fmt::format("{:<20.19} {:<7} {}", time, level, text);
}

Result<deploy::LogFilter> filter_of(const In& in, const deploy::Paths& paths) {
  deploy::LogFilter filter;
  filter.tail = static_cast<std::size_t>(in.tail);
  filter.grep = in.grep;
  if (!in.level.empty()) filter.level = deploy::log_level_from(in.level);
  if (const auto ago = parse_duration(in.since); !in.since.empty() && ago)
    filter.since_unix_nanos = unix_nanos_now() - ago->count();
  else if (const auto time = parse_time(in.since))
    filter.since_unix_nanos = *time;
  if (in.previous) {
    NN_TRY(const auto record, deploy::load_any_record(paths));
    if (record && record->process) filter.not_pid = record->process->pid;
  }
  return filter;
}

/// New lines until the time is over; each is shown as it comes.
Result<void> follow(Context& context, const In& in, const deploy::Paths& paths, const deploy::LogFilter& filter, std::int64_t end,
                    Out& out) {
  std::optional<Error> problem;
  const auto look = [&] {
    auto fresh = deploy::read_log_after(paths.log, end, filter);
    if (!fresh) {
      problem = std::move(fresh).error();
      return true;
    }
    end = fresh->end;
    for (const auto& line : fresh->lines) {
      out.lines.push_back(line_of(line));
      context.progress(shown(out.lines.back().time.value_or(""), out.lines.back().level, line.text));
    }
    return false;
  };
  const Wait wait = Wait::for_duration(std::chrono::milliseconds(in.follow_ms), context.wait().cancel);
  NN_CHECK(wait_until(wait, look, std::chrono::milliseconds(100)));
  if (problem) return fail(std::move(*problem));
  return {};
}

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(deploy::require_local(in, "logs"));
  NN_TRY(const auto paths, deploy::paths_of(in.instance, context.environment()));
  NN_TRY(const auto filter, filter_of(in, paths));
  auto slice = deploy::read_log(paths.log, filter);
  if (!slice && slice.error().code == Code::not_found) return fail(deploy::not_deployed(in.instance));
  NN_CHECK(slice);
  Out out;
  out.instance = in.instance;
  out.log_file = paths.log.string();
  out.truncated = slice->truncated;
  for (const auto& line : slice->lines) out.lines.push_back(line_of(line));
  if (in.follow_ms > 0) NN_CHECK(follow(context, in, paths, filter, slice->end, out));
  out.count = static_cast<std::int64_t>(out.lines.size());
  return out;
}

std::string text(const Json& result, bool color) {
  std::string out;
  for (const auto& line : result["lines"]) {
    const auto level = line.value("level", "");
    const char* paint = !color ? "" : level == "error" || level == "fatal" ? "\x1b[31m" : level == "warning" ? "\x1b[33m" : "";
    std::string time = line.value("time", "");
    if (const auto t = time.find('T'); t != std::string::npos) time[t] = ' ';
    out += fmt::format("{}{}{}\n", paint, shown(time, level, line.value("text", "")), *paint == '\0' ? "" : "\x1b[0m");
  }
  if (result["lines"].empty()) out = "no line matches\n";
  return out + fmt::format("\n  {} lines, times in UTC{}; all of it: {}\n", result.value("count", 0),
                           result.value("truncated", false) ? ", there are more" : "", result.value("log_file", ""));
}

}  // namespace

Operation op_logs() {
  return define<In, Out>({.summary = "Show the last lines of the server's log.",
                          .description = "The log stays readable after an undeploy that keeps the data.",
                          .effect = Effect::read,
                          .needs = Needs::nothing,
                          .shows = Shows::result,
                          .errors = {Code::not_found, Code::failed_precondition, Code::unimplemented},
                          .examples = {{"The last lines", Json::object()},
                                       {"Errors of the last hour", {{"level", "error"}, {"since", "1h"}}},
                                       {"What did the server that crashed say?", {{"previous", true}, {"tail", 20}}}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
