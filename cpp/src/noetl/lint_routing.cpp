// Routing that cannot do what it says: the engine's conditions know one comparison, and replace names by their values in the
// text (local-engine rules, measured with noetl 5.3.2).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/names.hpp"
#include "noetl/conditions.hpp"
#include "noetl/lint.hpp"
#include "noetl/playbook_steps.hpp"
#include "noetl/references.hpp"

namespace noetl::nats::playbook {
namespace {

class Routing {
 public:
  Routing(const Json& playbook, Findings& findings) : playbook_(playbook), findings_(findings) {
    for (const auto& step : playbook["workflow"]) {
      if (!is_step(step)) continue;
      names_.insert(step["step"].get<std::string>());
      if (!nats_tasks(step).empty()) nats_.insert(step["step"].get<std::string>());
    }
  }

  void run() {
    const Json& workflow = playbook_["workflow"];
    for (std::size_t i = 0; i < workflow.size(); ++i) {
      if (!is_step(workflow[i])) continue;
      step_ = workflow[i]["step"].get<std::string>();
      check_step(workflow[i], fmt::format("/workflow/{}", i));
    }
  }

 private:
  void check_step(const Json& step, const std::string& at) {
    if (step.contains("when")) check_condition(step["when"], at + "/when", false);
    if (step.contains("case") && step["case"].is_array())
      for (std::size_t i = 0; i < step["case"].size(); ++i) check_case(step["case"][i], fmt::format("{}/case/{}", at, i));
    if (step.contains("next")) check_next(step, at);
    check_child(step, at);
  }

  void check_case(const Json& each, const std::string& at) {
    if (!each.is_object()) return;
    if (each.contains("when")) check_condition(each["when"], at + "/when", false);
    if (!each.contains("then")) return;
    const Json& then = each["then"];
    if (then.is_array())
      findings_.add(true, "then-without-next", at + "/then", step_, "then: a list here does nothing, and next is skipped all the same",
                    "write then: {next: [{step: NAME}]}");
    else if (then.is_object() && then.contains("next"))
      check_targets(then["next"], at + "/then/next");
  }

  void check_next(const Json& step, const std::string& at) {
    const Json& next = step["next"];
    if (!next.is_object() || !next.contains("arcs") || !next["arcs"].is_array()) return check_targets(next, at + "/next");
    const Json::json_pointer mode("/spec/mode");
    const bool exclusive = !next.contains(mode) || next[mode] != "inclusive";
    const Json& arcs = next["arcs"];
    bool ended = false;
    for (std::size_t i = 0; i < arcs.size(); ++i) {
      const std::string here = fmt::format("{}/next/arcs/{}", at, i);
      if (!arcs[i].is_object()) continue;
      if (ended)
        findings_.add(false, "unreachable-arc", here, step_, "this arc is never taken: an arc before it has no condition",
                      "put the arc without a condition last");
      check_targets(Json::array({arcs[i]}), here, false);
      if (arcs[i].contains("when"))
        check_condition(arcs[i]["when"], here + "/when", exclusive && !step.contains("case"));
      else
        ended = ended || exclusive;
    }
  }

  /// `[{step: a}, {step: b}]`, `[a, b]` or `a`.
  void check_targets(const Json& targets, const std::string& at, bool in_list = true) {
    const auto check = [&](const Json& target, const std::string& pointer) {
      const Json& name = target.is_object() && target.contains("step") ? target["step"] : target;
      if (!name.is_string() || name.get_ref<const std::string&>().find("{{") != std::string::npos) return;
      const auto text = name.get<std::string>();
      if (names_.contains(text) || text == "end") return;
      const auto likely = nearest(text, {names_.begin(), names_.end()});
      findings_.add(true, "unknown-step", pointer, step_,
                    fmt::format("there is no step {}{}", in_quotes(text), likely ? fmt::format("; did you mean {}?", *likely) : ""));
    };
    if (!targets.is_array()) return check(targets, at);
    for (std::size_t i = 0; i < targets.size(); ++i) check(targets[i], in_list ? fmt::format("{}/{}", at, i) : at);
  }

  /// `full`: conditions on nats steps become Rhai there, with all operators.
  void check_condition(const Json& condition, const std::string& at, bool full) {
    if (condition.is_boolean()) {
      findings_.add(false, "constant-condition", at, step_, "the engine ignores a condition that is no text: this is always true",
                    condition == false ? "write when: \"false\", or take the arc out" : "leave it out");
      return;
    }
    if (!condition.is_string()) return;
    const auto text = condition.get<std::string>();
    const auto expression = without_braces(text);
    const auto chains = references_in(expression, nats_);
    const bool ours = std::any_of(chains.begin(), chains.end(), [&](const Reference& each) { return nats_.contains(each.root); });
    if (chains.empty()) {
      findings_.add(false, "constant-condition", at, step_, fmt::format("the condition {} depends on nothing", in_quotes(text)));
      return;
    }
    if (ours && full) return;
    if (!ours) check_engine_condition(text, chains, at);
  }

  void check_engine_condition(const std::string& text, const std::vector<Reference>& chains, const std::string& at) {
    if (!is_simple_condition(text)) {
      findings_.add(false, "always-true", at, step_, fmt::format("the engine cannot evaluate {}: it is always true", in_quotes(text)),
                    "use a single ==, != or in; or case: - rhai: ..., which has real expressions");
      return;
    }
    for (const auto& chain : chains) {
      if (!names_.contains(chain.root) || (chain.path.size() == 1 && chain.path.front() == "result")) continue;
      findings_.add(
          false, "never-true", at, step_,
          fmt::format("the engine cannot look into the result of step {}: {} never matches", in_quotes(chain.root), in_quotes(text)),
          fmt::format("give step {} vars: {{x: \"{{{{ result.FIELD }}}}\"}} and compare {{{{ vars.x }}}}", chain.root));
      return;
    }
    check_workload(text, chains, at);
  }

  void check_workload(const std::string& text, const std::vector<Reference>& chains, const std::string& at) {
    if (!playbook_.contains("workload") || !playbook_["workload"].is_object()) return;
    const Json& workload = playbook_["workload"];
    for (const auto& chain : chains)
      if (chain.root == "workload" && chain.path.size() == 1 && !workload.contains(chain.path.front()))
        findings_.add(false, "no-default", at, step_,
                      fmt::format("workload.{} has no default: without --set the condition {} compares its own text", chain.path.front(),
                                  in_quotes(text)),
                      fmt::format("add {} to workload", chain.path.front()));
  }

  /// A parent's bare --set K and a child's argument K: which one the child sees is chance. The same value handed on is harmless.
  void check_child(const Json& step, const std::string& at) {
    if (!step.contains("tool") || kind_of(step["tool"]) != "playbook" || !playbook_.contains("workload")) return;
    for (const auto* part : {"args", "input"}) {
      if (!step["tool"].contains(part) || !step["tool"][part].is_object()) continue;
      for (const auto& [key, value] : step["tool"][part].items())
        if (playbook_["workload"].is_object() && playbook_["workload"].contains(key) && value != "{{ workload." + key + " }}")
          findings_.add(false, "ambiguous-set", fmt::format("{}/tool/{}/{}", at, part, yaml::pointer_token(key)), step_,
                        fmt::format("with --set {0}=... the sub-playbook sees either that value or this one, by chance", key),
                        fmt::format("run with --set workload.{}=..., or name the argument differently", key));
    }
  }

  const Json& playbook_;
  Findings& findings_;
  std::set<std::string> names_, nats_;
  std::string step_;
};

}  // namespace

void lint_routing(const Json& playbook, Findings& findings) { Routing(playbook, findings).run(); }

}  // namespace noetl::nats::playbook
