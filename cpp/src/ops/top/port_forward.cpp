#include <fmt/format.h>

#include <charconv>

#include "deploy/running.hpp"
#include "deploy/target.hpp"
#include "deploy/text.hpp"
#include "engine/define.hpp"

namespace noetl::nats::ops {
namespace {

struct In : deploy::Target {
  std::vector<std::int64_t> ports;
  std::string pod;
  bool background = false;
  std::int64_t duration_ms = 0;
  static auto fields() {
    return std::tuple_cat(
        deploy::target_fields<In>(),
        std::tuple{
            field("ports", &In::ports, "Kubernetes: ports of the server to reach from here. Default: clients and monitoring.").defaulted(),
            field("pod", &In::pod, "Kubernetes: the pod.").defaulted(),
            field("background", &In::background, "Kubernetes: go on forwarding after this command has ended."),
            field("duration_ms", &In::duration_ms, "Kubernetes: forward this long, in milliseconds.").min(0).defaulted()});
  }
  void check(schema::Problems& problems) const {
    deploy::check_target(*this, problems);
    if (target != "local") return;
    for (const auto& [name, given] : {std::pair("ports", !ports.empty()), std::pair("pod", !pod.empty()),
                                      std::pair("background", background), std::pair("duration_ms", duration_ms != 0)})
      if (given) problems.push_back({name, "belongs to target: kubernetes; a local server needs no forwarding"});
  }
};

struct Forward {
  std::int64_t local = 0, remote = 0;
  std::optional<std::string> pod;
  static auto fields() {
    return std::tuple{field("local", &Forward::local, "Port on this machine."), field("remote", &Forward::remote, "Port of the server."),
                      field("pod", &Forward::pod, "Kubernetes: of which pod.")};
  }
};

struct Out {
  std::string instance;
  std::vector<Forward> forwards;
  std::vector<std::string> urls;
  std::optional<std::string> monitor_url;
  std::int64_t pid = 0;
  static auto fields() {
    return std::tuple{field("instance", &Out::instance, "Name of the instance."),
                      field("forwards", &Out::forwards, "Ports that reach the server."),
                      field("urls", &Out::urls, "Where clients connect; without user and password."),
                      field("monitor_url", &Out::monitor_url, "Where monitoring answers."),
                      field("pid", &Out::pid, "The process behind it: the local server itself, or the forwarder.")};
  }
};

std::int64_t port_of(const std::string& url) {
  std::int64_t port = 0;
  const auto digits = url.rfind(':') + 1;
  std::from_chars(url.data() + digits, url.data() + url.size(), port);
  return port;
}

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(deploy::require_local(in, "port_forward"));
  NN_TRY(const auto paths, deploy::paths_of(in.instance, context.environment()));
  NN_TRY(const auto record, deploy::load_record(in.instance, context.environment()));
  if (!record) return fail(deploy::not_deployed(in.instance));
  const auto process = deploy::running_process(record, paths);
  if (!process)
    return fail(Code::unavailable, fmt::format("instance {} does not run", in.instance),
                fmt::format("noetl-nats restart{} starts it", deploy::instance_option(in.instance)));
  Out out;
  out.instance = in.instance;
  out.urls = record->urls;
  out.pid = process->pid;
  for (const auto& url : record->urls) out.forwards.push_back({port_of(url), port_of(url), std::nullopt});
  if (!record->monitor_url.empty()) {
    out.monitor_url = record->monitor_url;
    out.forwards.push_back({port_of(record->monitor_url), port_of(record->monitor_url), std::nullopt});
  }
  return out;
}

std::string text(const Json& result, bool color) {
  return deploy::marked(deploy::Mark::good, fmt::format("{} runs on this machine: nothing needs forwarding", result.value("instance", "")),
                        color) +
         "\n" +
         deploy::labelled({{"clients", fmt::format("{}", fmt::join(result["urls"].get<std::vector<std::string>>(), " "))},
                           {"monitoring", result.value("monitor_url", "")}});
}

}  // namespace

Operation op_port_forward() {
  return define<In, Out>({.summary = "Make the ports of an instance reachable from this machine.",
                          .description = "A local instance is reachable already: its URLs come back at once.",
                          .effect = Effect::read,
                          .needs = Needs::nothing,
                          .shows = Shows::result,
                          .errors = {Code::not_found, Code::unavailable, Code::unimplemented},
                          .examples = {{"Where is the local server?", Json::object()}},
                          .text = text},
                         run);
}

}  // namespace noetl::nats::ops
