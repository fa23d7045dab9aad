#include <fmt/format.h>

#include "deploy/target.hpp"
#include "deploy/text.hpp"
#include "deploy/undeploy.hpp"
#include "engine/define.hpp"

namespace noetl::nats::ops {
namespace {

struct In : deploy::Target {
  std::int64_t wait_ms = 120000;
  static auto fields() {
    return std::tuple_cat(
        deploy::target_fields<In>(),
        std::tuple{field("wait_ms", &In::wait_ms, "How long stopping and starting may take, in milliseconds.").min(1).max(3600000)});
  }
  void check(schema::Problems& problems) const { deploy::check_target(*this, problems); }
};

struct Out {
  std::string instance, target;
  bool changed = true;
  std::int64_t pid = 0;
  std::vector<std::string> urls;
  std::string version;
  static auto fields() {
    return std::tuple{field("instance", &Out::instance, "Name of the instance."),
                      field("target", &Out::target, "local or kubernetes."),
                      field("changed", &Out::changed, "Always true."),
                      field("pid", &Out::pid, "Local: the new process."),
                      field("urls", &Out::urls, "Where clients connect; the same as before."),
                      field("version", &Out::version, "Version of the server.")};
  }
};

Result<Out> run(Context& context, const In& in) {
  NN_CHECK(deploy::require_local(in, "restart"));
  const Wait wait = Wait::for_duration(std::chrono::milliseconds(in.wait_ms), context.wait().cancel);
  NN_TRY(const auto record,
         deploy::restart_local(in.instance, {context.environment(), wait, [&](std::string_view line) { context.progress(line); }}));
  return Out{in.instance, in.target, true, record.process ? record.process->pid : 0, record.urls, record.version};
}

std::string text(const Json& result, bool color) {
  const auto urls = result["urls"].get<std::vector<std::string>>();
  return deploy::marked(
      deploy::Mark::good,
      fmt::format("{} is running again: pid {}, {}", result.value("instance", ""), result.value("pid", 0), fmt::join(urls, " ")), color);
}

}  // namespace

Operation op_restart() {
  return define<In, Out>(
      {.summary = "Stop NATS gently and start it again with the same settings and data.",
       .description = "Also starts a deployed server that has ended. What was deployed stays as it is; deploy changes it.",
       .effect = Effect::write,
       .needs = Needs::nothing,
       .shows = Shows::result,
       .errors = {Code::not_found, Code::failed_precondition, Code::unimplemented},
       .examples = {{"Restart the local server", Json::object()}},
       .text = text},
      run);
}

}  // namespace noetl::nats::ops
