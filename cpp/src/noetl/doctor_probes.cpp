#include <fmt/format.h>

#include "noetl/doctor.hpp"
#include "noetl/run_directory.hpp"
#include "sys/paths.hpp"
#include "sys/process.hpp"

namespace noetl::nats::playbook {
namespace {

/// Everything that a shell, the engine's templates or its conditions could take for its own.
constexpr const char* kHostile = "a'b\"c $(touch nn-doctor) `x` {{ workload.y }} {% raw %} == != \\ # é 😀";
constexpr const char* kTooNew = "this noetl behaves differently: upgrade noetl-nats (pip install -U noetl-nats)";

Json playbook(const char* name, Json workload, Json workflow) {
  return Json{{"apiVersion", "noetl.io/v2"},
              {"kind", "Playbook"},
              {"metadata", {{"name", name}, {"path", name}}},
              {"workload", std::move(workload)},
              {"workflow", std::move(workflow)}};
}

Json shell(const char* command) { return Json{{"kind", "shell"}, {"cmds", {command}}}; }

class Probes {
 public:
  Probes(const Engine& engine, const Environment& environment, const Wait& wait, const RunDirectory& directory)
      : engine_(engine), with_hook_(environment), without_hook_(environment), wait_(wait), directory_(directory) {
    without_hook_.set("NOETL_NATS_HOOK", "0");
    with_hook_.set("NOETL_NATS_HOOK", "1");
  }

  std::vector<Check> run() {
    for (const auto probe : {&Probes::refuses_unknown_tools, &Probes::renders_once, &Probes::runs_nats_steps, &Probes::hook_is_active}) {
      checks_.push_back((this->*probe)());
      if (checks_.back().outcome == Check::Outcome::failed) break;
    }
    return checks_;
  }

 private:
  Result<sys::Finished> run_playbook(const std::string& program, const std::string& name, const Json& document,
                                     const Environment& environment) {
    NN_TRY(const auto file, directory_.write(name + ".yaml", document.dump()));
    return sys::run_program({program, "run", file.string(), "--json"}, environment, wait_);
  }

  static Check failed(const char* name, std::string detail) { return {name, Check::Outcome::failed, std::move(detail), kTooNew}; }

  Check refuses_unknown_tools() {
    constexpr const char* kName = "required tools";
    Json document = playbook("probe-requires", Json::object(), {{{"step", "start"}, {"tool", shell("true")}}});
    document["executor"] = {{"requires", {{"tools", {"nats"}}}}};
    const auto done = run_playbook(engine_.program.string(), "requires", document, without_hook_);
    if (!done) return failed(kName, done.error().message);
    if (done->exit_code == 0) return failed(kName, "the engine accepts requires: {tools: [nats]} by itself");
    return {kName, Check::Outcome::ok, "the engine refuses a playbook whose required tool it lacks"};
  }

  Check renders_once() {
    constexpr const char* kName = "templates and outcome";
    const Json document = playbook("probe-templates", {{"x", kHostile}, {"y", "wrong"}},
                                   {{{"step", "start"}, {"tool", shell("cat <<'NN_END'\n{{ workload.x }}\nNN_END")}}});
    const auto done = run_playbook(engine_.program.string(), "templates", document, without_hook_);
    if (!done) return failed(kName, done.error().message);
    const Json outcome = Json::parse(done->out, nullptr, false);
    for (const auto* key : {"status", "playbook_path", "executed_steps", "step_results"})
      if (!outcome.is_object() || !outcome.contains(key)) return failed(kName, fmt::format("the outcome of --json has no {}", key));
    if (outcome["step_results"].value("start", std::string()) != kHostile)
      return failed(kName, "a value does not reach a shell step unchanged");
    return {kName, Check::Outcome::ok, "values reach shell steps unchanged; the outcome has the known shape"};
  }

  static Json nats_steps() {
    return playbook(
        "probe-nats", {{"text", kHostile}},
        {{{"step", "start"},
          {"tool", {{"kind", "nats"}, {"operation", "say"}, {"text", "{{ workload.text }}"}}},
          {"next",
           {{"arcs", {{{"step", "wrong"}, {"when", "{{ start.text == 'x' or start.status != 'success' }}"}}, {{"step", "right"}}}}}}},
         {{"step", "wrong"}, {"tool", shell("true")}},
         {{"step", "right"}, {"tool", shell("true")}}});
  }

  /// What is wrong with the outcome; empty: nothing.
  static std::string judge(const Result<sys::Finished>& done) {
    if (!done) return done.error().message;
    if (done->exit_code != 0) return fmt::format("exit status {}: {}", done->exit_code, done->err.substr(0, 300));
    const Json outcome = Json::parse(done->out, nullptr, false);
    if (!outcome.is_object() || outcome.value("executed_steps", Json()) != Json{"start", "right"})
      return "the branch behind a nats step was not taken as its condition says";
    const Json result = Json::parse(outcome["step_results"].value("start", std::string()), nullptr, false);
    if (!result.is_object() || result.value("text", std::string()) != kHostile) return "a value does not reach a nats step unchanged";
    return "";
  }

  Check runs_nats_steps() {
    constexpr const char* kName = "nats steps";
    Environment environment = with_hook_;
    environment.set("NOETL_BIN", engine_.program.string());
    const auto wrong = judge(run_playbook(sys::own_file().string(), "nats", nats_steps(), environment));
    if (!wrong.empty()) return failed(kName, wrong);
    return {kName, Check::Outcome::ok, "noetl-nats run: values, results and conditions are exact"};
  }

  Check hook_is_active() {
    constexpr const char* kName = "import hook";
    const auto wrong = judge(run_playbook(engine_.program.string(), "hook", nats_steps(), with_hook_));
    if (wrong.empty()) return {kName, Check::Outcome::ok, "noetl run has nats steps"};
    return {kName, Check::Outcome::warning, "noetl run does NOT run nats steps here (it skips them, or fails)",
            "use noetl-nats run; or pip install noetl-nats into the environment of noetl (python -S and PYTHONPATH installs have no hook)"};
  }

  const Engine& engine_;
  Environment with_hook_, without_hook_;
  const Wait& wait_;
  const RunDirectory& directory_;
  std::vector<Check> checks_;
};

}  // namespace

std::vector<Check> probe_engine(const Engine& engine, const Environment& environment, const Wait& wait) {
  const auto directory = RunDirectory::create(environment);
  if (!directory) return {{"temporary directory", Check::Outcome::failed, directory.error().message, directory.error().hint}};
  return Probes(engine, environment, wait, *directory).run();
}

}  // namespace noetl::nats::playbook
