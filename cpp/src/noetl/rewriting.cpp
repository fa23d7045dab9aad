// What the engine evaluates and what refers to nats steps there: results become variables that the engine can read.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/names.hpp"
#include "noetl/conditions.hpp"
#include "noetl/lowering.hpp"
#include "noetl/references.hpp"
#include "noetl/when.hpp"

namespace noetl::nats::playbook {
namespace {

/// What stands behind a chain: nothing, or one of the filters that the engine has.
std::optional<std::string> engine_filter(std::string_view rest) {
  const std::string text = trimmed(rest);
  if (text.empty()) return "";
  if (text.front() != '|') return std::nullopt;
  const std::string name = trimmed(std::string_view(text).substr(1));
  for (const auto* known : {"lower", "upper", "trim"})
    if (name == known) return " | " + name;
  return std::nullopt;
}

/// `next: [a, {step: b, when: ...}]` as what it means.
Json arcs_of_list(const Json& list) {
  Json arcs = Json::array();
  for (const auto& each : list) arcs.push_back(each.is_string() ? Json{{"step", each}} : each);
  return Json{{"arcs", std::move(arcs)}};
}

/// A chain as the user has written it.
std::string spelt(const Reference& chain) {
  std::string out = chain.root;
  for (const auto& each : chain.path) out += (each.front() == '[' ? "" : ".") + each;
  return out;
}

/// The engine knows filters behind plain names only.
bool takes_filters(const std::string& variable) {
  return variable.starts_with("vars.") &&
         std::all_of(variable.begin(), variable.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; });
}

const std::string kEmptyWhenMissing = " | trim";

}  // namespace

bool Document::touches(const std::string& text) const {
  const auto all = blocks(text);
  return std::any_of(all.begin(), all.end(), [&](const Block& block) {
    const auto found = references_in(block.inner, nats_);
    return std::any_of(found.begin(), found.end(), [&](const Reference& chain) { return nats_.contains(chain.root); });
  });
}

std::set<std::string> Document::step_names() const {
  auto names = nats_;
  names.insert(steps_named_.begin(), steps_named_.end());
  return names;
}

/// The engine takes a condition with and without braces.
bool Document::decides_by_ours(const std::string& condition) const {
  const std::string expression = without_braces(condition);
  const auto chains = references_in(expression, nats_);
  return std::any_of(chains.begin(), chains.end(), [&](const Reference& chain) { return nats_.contains(chain.root); });
}

/// The engine variable that holds what the chain means. The nats step gets a `vars` entry that sets it.
Result<std::string> Document::exported(const Reference& chain, const Place& place) {
  auto path = chain.path;
  if (!path.empty() && path.front() == "result") path.erase(path.begin());
  if (path.empty()) return chain.root == within_ ? "result" : chain.root + ".result";
  std::string variable = chain.root, in_result;
  bool after_index = false;
  for (const auto& each : path) {
    const bool index = each.front() == '[';
    if (index && (after_index || in_result.empty()))
      return fail(problem_at(place, fmt::format("the engine cannot reach {{{{ {} }}}}", spelt(chain)), "take it apart in a nats step"));
    variable += "." + (index ? each.substr(1, each.size() - 2) : each);
    in_result += index ? each : (in_result.empty() ? "" : ".") + each;
    after_index = index;
  }
  if (chain.root == within_) return "result." + in_result;
  owner_of(chain.root).exports_[chain.root][variable] = fmt::format("{{{{ result.{} }}}}", in_result);
  return "vars." + variable;
}

/// The same for a Rhai condition: the text that it gives has the blanks at its ends, which the engine takes from its vars,
/// because it stands between brackets there.
Result<std::string> Document::exact(const Reference& chain, const Place& place) {
  NN_TRY(const auto variable, exported(chain, place));
  const bool whole = !variable.starts_with("vars.");
  const std::string name = (whole ? variable : variable.substr(5)) + "<>";
  const std::string value = whole ? fmt::format("{{{{ {} }}}}", variable) : owner_of(chain.root).exports_[chain.root][variable.substr(5)];
  owner_of(chain.root).exports_[chain.root][name] = "<" + value + ">";
  return fmt::format("nn_inner(vars[{}] ?? \"\")", rhai_literal(name));
}

Result<std::string> Document::replaced(const std::string& text, const Place& place, const Replacement& replacement) const {
  std::string out;
  std::size_t at = 0;
  for (const auto& block : blocks(text)) {
    const auto found = references_in(block.inner, nats_);
    const bool ours = std::any_of(found.begin(), found.end(), [&](const Reference& chain) { return nats_.contains(chain.root); });
    if (!ours) continue;
    const bool lone = !block.statement && found.size() == 1 && trimmed(block.inner.substr(0, found.front().begin)).empty();
    const auto filter = lone ? engine_filter(block.inner.substr(found.front().end)) : std::nullopt;
    if (!filter)
      return fail(
          problem_at(place, fmt::format("the engine cannot evaluate {}", in_quotes(text.substr(block.begin, block.end - block.begin))),
                     "it knows lone references and the filters lower, upper, trim; compute the value in a nats step, or in the shell"));
    NN_TRY(const auto put, replacement(found.front(), *filter));
    out += text.substr(at, block.begin - at) + put;
    at = block.end;
  }
  return out + text.substr(at);
}

Result<std::string> Document::rewritten(const std::string& text, const Place& place) {
  return replaced(text, place, [&](const Reference& chain, const std::string& filter) -> Result<std::string> {
    NN_TRY(const auto variable, exported(chain, place));
    // A filter makes what is not there empty; without one the braces would stay. The engine's vars are trimmed anyway.
    const std::string& filtered = filter.empty() && takes_filters(variable) ? kEmptyWhenMissing : filter;
    return fmt::format("{{{{ {}{} }}}}", variable, filtered);
  });
}

Result<void> Document::rewrite(Json& value, Place place) {
  if (value.is_string()) {
    NN_TRY(value, rewritten(value.get<std::string>(), place));
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      NN_CHECK(rewrite(value[i], {place.file, place.document, fmt::format("{}/{}", place.pointer, i), place.step}));
  } else if (value.is_object()) {
    for (auto& [key, member] : value.items())
      NN_CHECK(rewrite(member, {place.file, place.document, place.pointer + "/" + yaml::pointer_token(key), place.step}));
  }
  return {};
}

/// A condition on one nats step alone: that step decides it when it has run, and the engine looks at the decision.
std::string Document::decided(const std::string& step, const std::string& expression) {
  Document& owner = owner_of(step);
  auto& conditions = owner.conditions_[step];
  auto found = std::find(conditions.begin(), conditions.end(), expression);
  if (found == conditions.end()) found = conditions.insert(conditions.end(), expression);
  const auto name = fmt::format("_when.c{}", found - conditions.begin());
  owner.exports_[step][step + "." + name] = fmt::format("{{{{ result.{} }}}}", name);
  // Before the step has run the variable is no more than its own name: then the condition is what it is with nothing there.
  const bool without_result = holds(expression, Json::object()).value_or(false);
  return fmt::format("{{{{ vars.{}.{} {} }}}}", step, name, without_result ? "!= 'false'" : "== 'true'");
}

/// A condition that the engine evaluates itself: chains replaced where they stand, one comparison at most.
Result<std::string> Document::simple_condition(const std::string& text, const Place& place) {
  if (!decides_by_ours(text)) return text;
  if (!is_simple_condition(text))
    return fail(problem_at(place, fmt::format("the engine cannot evaluate the condition {} here", in_quotes(text)),
                           "use a single ==, != or in; or put the condition on arcs in exclusive mode, where expressions work"));
  const std::string expression = without_braces(text);
  const auto chains = references_in(expression, nats_);
  const std::string& step = chains.front().root;
  if (std::all_of(chains.begin(), chains.end(), [&](const Reference& chain) { return chain.root == step; }))
    return decided(step, expression);
  std::string out;
  std::size_t at = 0;
  for (const auto& chain : chains) {
    if (!nats_.contains(chain.root)) continue;
    NN_TRY(const auto variable, exported(chain, place));
    out += expression.substr(at, chain.begin - at) + variable;
    at = chain.end;
  }
  return fmt::format("{{{{ {}{} }}}}", out, expression.substr(at));
}

Result<std::string> Document::rhai_variable(const Reference& chain, const Place& place) {
  const auto member = [](const std::string& map, const std::string& key) {
    return fmt::format("({}[{}] ?? \"\")", map, rhai_literal(key));
  };
  // A step that has not run is no variable: naming it would end the run.
  const auto result_of = [](const std::string& step) {
    return fmt::format("(if is_def_var({0}) {{ {1}[\"result\"] ?? \"\" }} else {{ \"\" }})", rhai_literal(step), step);
  };
  const bool whole = chain.path.empty() || chain.path == std::vector<std::string>{"result"};
  const bool nameless = chain.root.find('-') != std::string::npos;  // Rhai takes it for a difference
  if (nats_.contains(chain.root) || (whole && nameless && steps_named_.contains(chain.root)))
    return whole && !nameless ? result_of(chain.root) : exact(chain, place);
  const bool scope = chain.root == "workload" || chain.root == "vars";
  if (scope && !chain.path.empty()) return member(chain.root, fmt::format("{}", fmt::join(chain.path, ".")));
  if (chain.path.empty()) return member("workload", chain.root);  // --set x=... sets workload.x as well
  if (chain.path.size() == 1 && chain.path.front() == "result") return result_of(chain.root);
  return fail(Code::invalid_argument,
              fmt::format("{} cannot be reached from a condition", in_quotes(fmt::format("{}.{}", chain.root, fmt::join(chain.path, ".")))),
              "a condition sees workload, vars, results of nats steps, and STEP.result of other steps");
}

Result<void> Document::lower_conditions(Json& step, Place place) {
  const auto at = [&](const std::string& below) { return Place{place.file, place.document, place.pointer + below, place.step}; };
  if (step.contains("when") && step["when"].is_string()) {
    NN_TRY(step["when"], simple_condition(step["when"].get<std::string>(), at("/when")));
  }
  if (step.contains("case") && step["case"].is_array())
    for (std::size_t i = 0; i < step["case"].size(); ++i) {
      Json& each = step["case"][i];
      if (!each.is_object()) continue;
      if (each.contains("when") && each["when"].is_string()) {
        NN_TRY(each["when"], simple_condition(each["when"].get<std::string>(), at(fmt::format("/case/{}/when", i))));
      }
      if (each.contains("then")) NN_CHECK(rewrite(each["then"], at(fmt::format("/case/{}/then", i))));
    }
  if (!step.contains("next")) return {};
  Json& next = step["next"];
  if (next.is_array() && std::any_of(next.begin(), next.end(), [](const Json& each) { return each.is_object() && each.contains("when"); }))
    next = arcs_of_list(next);
  if (!next.is_object() || !next.contains("arcs") || !next["arcs"].is_array()) return rewrite(next, at("/next"));
  for (std::size_t i = 0; i < next["arcs"].size(); ++i) {
    const Json& arc = next["arcs"][i];
    if (arc.is_object() && arc.contains("args") && touches(dump(arc["args"])))
      return fail(problem_at(at(fmt::format("/next/arcs/{}/args", i)),
                             "the engine does not render the args of an arc, and these name a nats step",
                             "name the result in the step that needs it: every later step can"));
  }
  const bool inclusive =
      next.contains("spec") && next["spec"].is_object() && next["spec"].contains("mode") && next["spec"]["mode"] == "inclusive";
  return lower_arcs(step, next["arcs"], !inclusive, at("/next/arcs"));
}

Result<void> Document::lower_arcs(Json& step, Json& arcs, bool exclusive, const Place& place) {
  const auto condition = [](const Json& arc) {
    return arc.is_object() && arc.contains("when") && arc["when"].is_string() ? arc["when"].get<std::string>() : std::string();
  };
  const bool ours = std::any_of(arcs.begin(), arcs.end(), [&](const Json& arc) { return decides_by_ours(condition(arc)); });
  if (!ours) return {};
  if (!exclusive || step.contains("case")) {
    for (std::size_t i = 0; i < arcs.size(); ++i)
      if (!condition(arcs[i]).empty()) {
        NN_TRY(arcs[i]["when"],
               simple_condition(condition(arcs[i]), {place.file, place.document, fmt::format("{}/{}/when", place.pointer, i), place.step}));
      }
    return {};
  }
  // First match wins: conditional arcs become cases, in their order; from the first unconditional one on they stay arcs.
  Json cases = Json::array(), rest = Json::array();
  for (std::size_t i = 0; i < arcs.size(); ++i) {
    const std::string when = condition(arcs[i]);
    if (when.empty() || !rest.empty()) {
      rest.push_back(arcs[i]);
      continue;
    }
    const Place at{place.file, place.document, fmt::format("{}/{}/when", place.pointer, i), place.step};
    auto rhai = rhai_condition(when, step_names(), [&](const Reference& chain) { return rhai_variable(chain, at); });
    if (!rhai) {
      if (rhai.error().details.contains("file")) return fail(std::move(rhai).error());
      return fail(problem_at(at, fmt::format("{}, in {}", rhai.error().message, in_quotes(when)), rhai.error().hint));
    }
    Json target = arcs[i];
    target.erase("when");
    cases.push_back({{"rhai", *rhai}, {"then", {{"next", {target}}}}});
  }
  arcs = std::move(rest);  // first: a new member of the step moves the others, and `arcs` with them
  step["case"] = std::move(cases);
  return {};
}

}  // namespace noetl::nats::playbook
