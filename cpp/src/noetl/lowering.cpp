#include "noetl/lowering.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "noetl/batch.hpp"
#include "noetl/conditions.hpp"
#include "noetl/playbook_steps.hpp"
#include "noetl/references.hpp"
#include "noetl/template/template.hpp"
#include "sys/files.hpp"
#include "yaml/reader.hpp"

namespace noetl::nats::playbook {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> kScopes{"workload", "vars", "input", "args", "auth"};
/// Names with a meaning of their own in templates of steps.
const std::set<std::string> kTaken{"workload", "vars", "input", "args", "auth", "result", "iter", "loop_index", "_prev"};

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// JSON that the engine's YAML reader takes: non-ASCII raw, DEL and C1 control characters escaped.
std::string engine_json(const Json& document) {
  const std::string text = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == 0x7F)
      out += "\\u007f";
    else if (byte == 0xC2 && next >= 0x80 && next < 0xA0)
      out += fmt::format("\\u{:04x}", next), ++i;
    else
      out += text[i];
  }
  return out;
}

/// Of a text that we cannot read: whether the word kind is followed by nats, or nats stands behind an anchor or tag.
bool may_have_nats_steps(const std::string& text) {
  const auto value_behind = [&](std::size_t at) {
    while (at < text.size() && std::string_view("\"' \t\r\n:?>|-").find(text[at]) != std::string_view::npos) ++at;
    return at;
  };
  for (auto at = text.find("kind"); at != std::string::npos; at = text.find("kind", at + 1))
    if (text.compare(value_behind(at + 4), 4, "nats") == 0) return true;
  for (auto at = text.find_first_of("&!"); at != std::string::npos; at = text.find_first_of("&!", at + 1)) {
    const auto blank = text.find_first_of(" \t\r\n", at);
    if (blank != std::string::npos && text.compare(value_behind(blank), 4, "nats") == 0) return true;
  }
  return false;
}

}  // namespace

Result<fs::path> lower_file(Run& run, const fs::path& playbook, bool top) {
  std::error_code problem;
  fs::path file = fs::absolute(playbook, problem);
  if (problem) file = playbook;
  // One file under several names (lib/../a.yaml) is one: else playbooks that call each other by `..` would never end.
  const fs::path real = fs::weakly_canonical(file, problem);
  const std::string name = problem ? file.string() : real.string();
  if (const auto known = run.lowered.find(name); known != run.lowered.end()) return known->second;
  const auto text = sys::read_file(file);
  if (!text) return file;  // the engine says it better
  auto source = yaml::read(*text, playbook.string());
  if (!source) {
    // With a nats step in it, a file that only the engine can read would run without that step.
    if (!may_have_nats_steps(*text)) return file;
    return fail(std::move(source).error());
  }
  if (!source->root.is_object() || !source->root.contains("workflow") || !source->root["workflow"].is_array()) return file;
  const fs::path target = run.directory.path() / fmt::format("{}-playbook.yaml", ++run.files);
  run.lowered[name] = target;
  Document document(run, file, std::move(*source), top);
  NN_TRY(const auto lowered, document.lower());
  if (!lowered) return run.lowered[name] = file;
  NN_CHECK(run.directory.write(target.filename().string(), engine_json(*lowered)));
  return target;
}

Document::Document(Run& run, fs::path file, yaml::Document source, bool top)
    : run_(run), file_(std::move(file)), source_(std::move(source)), top_(top), doc_(source_.root) {}

Result<std::optional<Json>> Document::lower() {
  NN_CHECK(find_nats_steps());
  const bool own = !nats_.empty();
  results_ = fmt::format("res-{}-", ++run_.files);
  prepare_workload();
  NN_TRY(const bool children, lower_children());
  know_callers();
  if (!own && !children && !mentions_callers()) return std::optional<Json>{};
  for (std::size_t i = 0; i < doc_["workflow"].size(); ++i) NN_CHECK(lower_step(i));
  doc_["workflow"] = steps_;
  export_results();
  for (const auto& [step, exports] : exports_) {
    const Json extras{{"named", exports.contains(run_variable(step))}, {"conditions", conditions_[step]}};
    NN_CHECK(run_.directory.write(extras_file(results_, step), dump(extras)));
  }
  return doc_;
}

Result<void> Document::find_nats_steps() {
  std::size_t index = 0;
  for (const auto& step : doc_["workflow"]) {
    const Place place{file_.string(), &source_, fmt::format("/workflow/{}", index++),
                      is_step(step) ? step["step"].get<std::string>() : "?"};
    if (is_step(step)) steps_named_.insert(place.step);
    if (!is_step(step) || !step.contains("tool")) continue;
    const Json& tool = step["tool"];
    if (!nats_tasks(step).empty() && kTaken.contains(place.step))
      return fail(problem_at(place, "a nats step cannot have this name: templates mean something else by it", "choose another name"));
    if (kind_of(tool) != "nats" && lower_case(kind_of(tool)) == "nats")
      return fail(problem_at(place, fmt::format("kind: {} is skipped by the engine", kind_of(tool)), "write kind: nats"));
    if (kind_of(tool) == "nats") nats_.insert(place.step);
    if (!tool.is_array()) continue;
    std::set<std::string> kinds;
    for (const auto& each : tool) kinds.insert(kind_of(each));
    if (!kinds.contains("nats")) continue;
    if (kinds.size() > 1) {
      kinds.erase("nats");
      return fail(problem_at(place, fmt::format("a pipeline that mixes nats with {} cannot run locally", fmt::join(kinds, ", ")),
                             "split it into steps"));
    }
    nats_.insert(place.step);
  }
  return {};
}

/// A child sees all variables of its caller: results of nats steps, and typed defaults.
void Document::know_callers() {
  for (const auto& [name, caller] : run_.callers)
    if (!steps_named_.contains(name)) {
      callers_[name] = caller;
      nats_.insert(name);
    }
}

bool Document::mentions_callers() const {
  std::vector<std::string> texts;
  collect_texts(doc_["workflow"], texts);
  return !callers_.empty() && std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return touches(text); });
}

Document& Document::owner_of(const std::string& step) {
  const auto found = callers_.find(step);
  return found == callers_.end() ? *this : *found->second;
}

Result<bool> Document::lower_children() {
  bool any = false;
  const auto outer_callers = run_.callers;
  const auto outer_typed = run_.typed;
  for (const auto& name : nats_) run_.callers[name] = this;
  run_.typed = typed_;
  for (const auto& step : doc_["workflow"]) {
    if (!is_step(step) || !step.contains("tool") || kind_of(step["tool"]) != "playbook") continue;
    const Json& tool = step["tool"];
    if (!tool.contains("path") || !tool["path"].is_string()) continue;  // the engine refuses it
    const auto path = constant(tool["path"].get<std::string>());
    if (!path) {
      any = true;  // known at run time only: lowered then
      continue;
    }
    const fs::path child = path->starts_with('/') || path->starts_with('~') ? fs::path(*path) : file_.parent_path() / *path;
    NN_TRY(const auto lowered, lower_file(run_, child, false));
    children_[step["step"].get<std::string>()] = lowered;
    any = any || lowered.parent_path() == run_.directory.path();
  }
  run_.callers = outer_callers;
  run_.typed = outer_typed;
  return any;
}

/// A text default and an override look the same to the engine. A twin of each typed default under a name that nobody can
/// override tells whether it still holds.
void Document::prepare_workload() {
  typed_ = run_.typed;
  const std::string tag = "nn" + random_hex(4);
  if (doc_.contains("workload") && doc_["workload"].is_object()) {
    for (const auto& [key, value] : source_.root["workload"].items())
      if (value.is_string()) {
        typed_.erase(key);
      } else {
        doc_["workload"][tag + "." + key] = value;
        typed_[key] = Json{{"default", value}, {"twin", fmt::format("workload.{}.{}", tag, key)}};
      }
  }
  if (!doc_.contains("executor") || !doc_["executor"].is_object()) return;
  Json& executor = doc_["executor"];
  if (!executor.contains("requires") || !executor["requires"].is_object() || !executor["requires"].contains("tools")) return;
  Json kept = Json::array();
  for (const auto& tool : executor["requires"]["tools"])
    if (tool != "nats") kept.push_back(tool);
  executor["requires"]["tools"] = kept;
}

Result<void> Document::lower_step(std::size_t index) {
  Json step = doc_["workflow"][index];
  Place place{file_.string(), &source_, fmt::format("/workflow/{}", index), is_step(step) ? step["step"].get<std::string>() : "?"};
  if (!is_step(step)) {
    steps_.push_back(std::move(step));
    return {};
  }
  std::vector<Json> extra;
  Json tool = step.contains("tool") ? step["tool"] : Json();
  if (nats_.contains(place.step)) {
    if (step.contains("loop") && !step["loop"].is_object())
      return fail(problem_at(place, "loop: a mapping is wanted", "loop: {in: \"{{ workload.items }}\", iterator: item}"));
    NN_TRY(auto command, step_command({place.file, place.document, place.pointer + "/tool", place.step}, tool,
                                      step.contains("loop") ? step["loop"] : Json()));
    step["tool"] = std::move(command);
    step.erase("loop");
  } else if (kind_of(tool) == "playbook" && tool.contains("path") && tool["path"].is_string() && !children_.contains(place.step)) {
    NN_CHECK(call_dynamic(step, place, extra));
  } else if (tool.is_object()) {
    Place at = place;
    at.pointer += "/tool";
    NN_CHECK(lower_tool(place.step, tool, at));
    step["tool"] = std::move(tool);
  }
  for (const auto* part : {"input", "vars", "args"}) {
    if (!step.contains(part)) continue;
    within_ = std::string_view(part) == "vars" && nats_.contains(place.step) ? place.step : "";
    NN_CHECK(rewrite(step[part], {place.file, place.document, place.pointer + "/" + part, place.step}));
    within_.clear();
  }
  Json& routed = extra.empty() ? step : extra.back();
  NN_CHECK(lower_conditions(routed, place));
  steps_.push_back(std::move(step));
  for (auto& each : extra) steps_.push_back(std::move(each));
  return {};
}

Result<Json> Document::step_command(const Place& place, const Json& tool, const Json& loop) {
  const std::string& step = place.step;
  if (tool.is_object() && tool.contains("operations")) {
    const auto batch = read_batch(tool);
    if (!batch) return fail(problem_at(place, batch.error().message, batch.error().hint));
  }
  std::vector<std::string> texts, refs;
  collect_texts(tool, texts);
  collect_texts(loop, texts);
  Json prefixes = Json::object();
  const auto add = [&](std::string reference) {
    if (std::find(refs.begin(), refs.end(), reference) == refs.end()) refs.push_back(std::move(reference));
  };
  const auto add_variable = [&](const std::string& scope, const std::string& name) {
    add(scope + "." + name);
    if (scope == "workload" && typed_.contains(name)) add(typed_[name]["twin"].get<std::string>());
  };
  for (const auto& text : texts) {
    if (!Template::has_code(text)) continue;
    const auto parsed = Template::parse(text, HyphenNames(steps_named_.begin(), steps_named_.end()));
    if (!parsed) return fail(problem_at(place, fmt::format("{}, in {}", parsed.error().message, in_quotes(text)), parsed.error().hint));
    for (const auto& chain : parsed->chains()) {
      const auto first = chain.path.empty() || !chain.path.front().is_string() ? std::string() : chain.path.front().get<std::string>();
      if (nats_.contains(chain.root)) {
        add("vars." + by_file(chain.root, prefixes));
      } else if (kScopes.contains(chain.root) && !first.empty()) {
        add_variable(chain.root, first);
      } else if (chain.root == "workload" && doc_.contains("workload") && doc_["workload"].is_object()) {
        for (const auto& [key, value] : source_.root["workload"].items()) add_variable(chain.root, key);
      } else if (kScopes.contains(chain.root)) {
        return fail(problem_at(place, fmt::format("{} as a whole is not known to the local engine, in {}", chain.root, in_quotes(text)),
                               fmt::format("name the member: {}.NAME", chain.root)));
      } else {
        add(chain.root + ".result");
        add(chain.root);
      }
    }
  }
  const Json description{{"step", step},
                         {"tool", tool},
                         {"loop", loop},
                         {"marker", run_.marker},
                         {"refs", refs},
                         {"byref", prefixes},
                         {"typed", typed_},
                         {"fd", run_.request.progress_fd},
                         {"quiet", run_.request.quiet},
                         {"directory", run_.directory.path().string()},
                         {"results", results_}};
  NN_TRY(const auto file, run_.directory.write(fmt::format("step-{}.json", ++run_.files), dump(description)));

  std::string command =
      fmt::format("exec {} __step {} <<'{}.'\n", shell_quoted(run_.request.executable.string()), shell_quoted(file.string()), run_.marker);
  for (const auto& reference : refs) command += fmt::format("{}\n{{{{ {} }}}}\n", run_.marker, reference);
  command += run_.marker + ".";
  return Json{{"kind", "shell"}, {"cmds", {command}}};
}

/// A tool that the engine runs: references to nats results rewritten, paths made absolute (the lowered file lies elsewhere).
Result<void> Document::lower_tool(const std::string& step, Json& tool, const Place& place) {
  const std::string kind = kind_of(tool);
  const auto absolutise = [&](Json& holder, const char* member) -> Result<void> {
    if (!holder.contains(member) || !holder[member].is_string()) return {};
    NN_TRY(holder[member], absolute(holder[member].get<std::string>(), place));
    return {};
  };
  if (kind == "playbook") {
    tool.erase("path");
    NN_CHECK(rewrite(tool, place));
    tool["path"] = children_.at(step).string();
    return {};
  }
  if (kind == "shell") NN_CHECK(lower_commands(tool, place));
  NN_CHECK(rewrite(tool, place));
  if (kind == "duckdb") {
    if (!tool.contains("db")) tool["db"] = ".noetl/state.duckdb";
    return absolutise(tool, "db");
  }
  if (kind == "sink" && tool.contains("target") && tool["target"].is_object()) {
    NN_CHECK(absolutise(tool["target"], "path"));
    return absolutise(tool["target"], "db");
  }
  if (kind == "agent" && tool.contains("tools") && tool["tools"].is_array())
    for (auto& each : tool["tools"])
      if (each.is_object()) NN_CHECK(absolutise(each, "playbook"));
  return {};
}

/// A sub-playbook whose path is known at run time only: a shell step lowers it and prints the file, a second step calls that.
Result<void> Document::call_dynamic(Json& step, const Place& place, std::vector<Json>& extra) {
  const Json tool = step["tool"];
  NN_TRY(const auto path, rewritten(tool["path"].get<std::string>(), place));
  const Json description{{"step", place.step},
                         {"marker", run_.marker},
                         {"base", file_.parent_path().string()},
                         {"directory", run_.directory.path().string()},
                         {"fd", run_.request.progress_fd},
                         {"quiet", run_.request.quiet},
                         {"executable", run_.request.executable.string()}};
  NN_TRY(const auto file, run_.directory.write(fmt::format("sub-{}.json", ++run_.files), dump(description)));
  const auto command = fmt::format("exec {0} __sub {1} <<'{2}.'\n{2}\n{3}\n{2}.", shell_quoted(run_.request.executable.string()),
                                   shell_quoted(file.string()), run_.marker, path);
  Json call = tool;
  call.erase("path");
  NN_CHECK(rewrite(call, place));
  call["path"] = fmt::format("{{{{ {}.result }}}}", place.step);
  Json second{{"step", place.step + "@sub"}, {"tool", std::move(call)}};
  for (const auto* part : {"vars", "case", "next", "spec"})
    if (step.contains(part)) {
      second[part] = step[part];
      step.erase(part);
    }
  step["tool"] = Json{{"kind", "shell"}, {"cmds", {command}}};
  step["next"] = Json{{"arcs", {{{"step", place.step + "@sub"}}}}};
  if (second.contains("vars")) NN_CHECK(rewrite(second["vars"], place));
  extra.push_back(std::move(second));
  return {};
}

void Document::export_results() {
  for (auto& step : doc_["workflow"]) {
    if (!is_step(step)) continue;
    const auto wanted = exports_.find(step["step"].get<std::string>());
    if (wanted == exports_.end()) continue;
    Json vars = Json::object();
    for (const auto& [name, text] : wanted->second) vars[name] = text;
    if (step.contains("vars") && step["vars"].is_object()) vars.update(step["vars"]);
    step["vars"] = std::move(vars);
  }
}

}  // namespace noetl::nats::playbook
