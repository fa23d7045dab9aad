#include "noetl/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "engine/connection_params.hpp"
#include "noetl/batch.hpp"
#include "noetl/lower.hpp"
#include "noetl/nats/runtime.hpp"
#include "noetl/playbook_steps.hpp"
#include "noetl/step_params.hpp"
#include "noetl/template/template.hpp"
#include "sys/files.hpp"
#include "sys/paths.hpp"

namespace noetl::nats::playbook {
namespace {

bool is_templated(const Json& value) {
  std::vector<std::string> texts;
  collect_texts(value, texts);
  return std::any_of(texts.begin(), texts.end(), [](const std::string& text) { return Template::has_code(text); });
}

/// "messages[3].subject" as "/messages/3/subject".
std::string pointer_of(const std::string& path) {
  std::string out = "/";
  for (const char c : path) {
    if (c == '.' || c == '[')
      out += '/';
    else if (c != ']')
      out += c;
  }
  return path.empty() ? "" : out;
}

/// Checks what a task says literally: templates get their values only when the step runs.
class TaskCheck {
 public:
  TaskCheck(const NatsTask& task, std::string pointer, std::string step, Findings& findings)
      : task_(*task.task),
        in_list_(task.in_list),
        batch_(task.batch),
        pointer_(std::move(pointer)),
        step_(std::move(step)),
        findings_(findings) {}

  void run() {
    if (!task_.contains("operation") || !task_["operation"].is_string()) {
      findings_.add(true, "no-operation", pointer_, step_, "operation: is required", "noetl-nats ops lists the operations");
      return;
    }
    const auto name = task_["operation"].get<std::string>();
    if (Template::has_code(name)) return;
    operation_ = operations().find(name);
    if (operation_ == nullptr) {
      const Error error = operations().unknown(name);
      findings_.add(true, "unknown-operation", pointer_ + "/operation", step_, error.message, error.hint);
      return;
    }
    split();
    check_fields();
  }

 private:
  void split() {
    if (batch_ != nullptr)
      for (const auto& [key, value] : batch_->items())
        if (schema::describe<ConnectionParams>().find(key) != nullptr) take(key, value);
    for (const auto& [key, value] : task_.items()) {
      if (is_engine_key(key) && (key != "show" || operation_->input->find(key) == nullptr)) continue;
      if (in_list_ && key == "name" && operation_->input->find(key) == nullptr) continue;
      take(key, value);
    }
  }

  void take(const std::string& key, const Json& value) {
    if (!is_templated(value)) {
      literal_[key] = value;
      return;
    }
    const auto* field = operation_->input->find(key);
    templated_.insert(field == nullptr ? key : field->name);
    const bool known = field != nullptr || schema::describe<ConnectionParams>().find(key) != nullptr;
    if (!known) literal_[key] = value;  // misspelt all the same
  }

  void check_fields() {
    static const Runtime runtime(operations(), {});
    const auto error = runtime.check(operation_->name, literal_);
    if (!error) return;
    if (!error->details.contains("problems")) {
      findings_.add(true, "invalid-field", pointer_, step_, error->message, error->hint);
      return;
    }
    for (const auto& problem : error->details["problems"]) {
      const auto path = problem.value("path", std::string());
      const auto message = problem.value("message", std::string());
      const std::string first = path.substr(0, path.find_first_of(".["));
      if (templated_.contains(first)) continue;
      const bool here = literal_.contains(first);
      const auto* field = operation_->input->find(first);
      const bool alone = field != nullptr && field->required;
      if (!here && !alone && !templated_.empty()) continue;  // a rule over several fields, and a template may meet it
      const bool unknown = message.starts_with("unknown field");
      findings_.add(true,
                    unknown ? "unknown-field"
                    : !here ? "missing-field"
                            : "invalid-field",
                    pointer_ + (here ? pointer_of(path) : ""), step_, path.empty() ? message : fmt::format("{}: {}", path, message),
                    fmt::format("noetl-nats describe {} shows the fields", operation_->name));
    }
  }

  const Json& task_;
  bool in_list_;
  const Json* batch_;
  std::string pointer_, step_;
  Findings& findings_;
  const Operation* operation_ = nullptr;
  Json literal_ = Json::object();
  std::set<std::string> templated_;
};

/// What lowering refuses, unless a finding on that line says it already.
void lint_lowering(const std::filesystem::path& file, const Environment& environment, Findings& findings) {
  LowerRequest request;
  request.playbook = file;
  request.quiet = true;
  request.executable = sys::own_file();
  request.environment = environment;
  const auto lowered = lower(request);
  if (lowered || !lowered.error().details.contains("line")) return;
  const auto& details = lowered.error().details;
  const int line = details.value("line", 0);
  if (details.value("file", std::string()) != std::filesystem::absolute(file).string() || findings.has_error_on(line)) return;
  const auto step = details.value("step", std::string());
  std::string message = lowered.error().message;
  const std::string before = fmt::format("step '{}': ", step);
  if (const auto at = message.find(before); at != std::string::npos) message.erase(0, at + before.size());
  findings.add(true, "not-expressible", details.value("pointer", std::string()), step, message, lowered.error().hint);
}

/// Sub-playbooks by their literal paths.
std::vector<std::filesystem::path> children_of(const Json& playbook, const std::filesystem::path& directory, Findings& findings) {
  std::vector<std::filesystem::path> out;
  const Json& workflow = playbook["workflow"];
  for (std::size_t i = 0; i < workflow.size(); ++i) {
    if (!is_step(workflow[i]) || !workflow[i].contains("tool") || kind_of(workflow[i]["tool"]) != "playbook") continue;
    const Json& tool = workflow[i]["tool"];
    if (!tool.contains("path") || !tool["path"].is_string()) continue;
    const auto path = tool["path"].get<std::string>();
    if (Template::has_code(path) || path.starts_with('~')) continue;
    const auto child = (directory / path).lexically_normal();
    std::error_code problem;
    if (std::filesystem::is_regular_file(child, problem))
      out.push_back(child);
    else
      findings.add(true, "no-such-playbook", fmt::format("/workflow/{}/tool/path", i), workflow[i]["step"].get<std::string>(),
                   fmt::format("path: there is no file {}", child.string()), "a path is relative to the playbook that names it");
  }
  return out;
}

void lint_requirement(const Json& playbook, Findings& findings) {
  const Json::json_pointer tools("/executor/requires/tools");
  const bool there = playbook.contains(tools) && playbook[tools].is_array() &&
                     std::find(playbook[tools].begin(), playbook[tools].end(), "nats") != playbook[tools].end();
  if (there) return;
  findings.add(false, "requires-nats", "/executor", "",
               "executor.requires.tools does not list nats: without noetl-nats the engine skips the nats steps and reports success",
               "add executor: {requires: {tools: [nats]}}");
}

}  // namespace

void Findings::add(bool error, const char* rule, const std::string& pointer, const std::string& step, std::string message,
                   std::string hint) {
  const auto position = document_.position_of(pointer);
  all_.push_back({error, rule, position.line, position.column, step, std::move(message), std::move(hint)});
}

bool Findings::has_error_on(int line) const {
  return std::any_of(all_.begin(), all_.end(), [&](const Finding& each) { return each.error && each.line == line; });
}

std::vector<Finding> Findings::sorted() {
  std::stable_sort(all_.begin(), all_.end(),
                   [](const Finding& a, const Finding& b) { return std::tie(a.line, a.column) < std::tie(b.line, b.column); });
  return all_;
}

Linted lint(const std::filesystem::path& file, const Environment& environment) {
  const auto only = [](Finding finding) { return Linted{{std::move(finding)}, {}}; };
  const auto text = sys::read_file(file);
  if (!text) return only({.rule = "unreadable", .step = {}, .message = text.error().message, .hint = text.error().hint});
  const auto document = yaml::read(*text, file.string());
  if (!document) {
    Finding finding{.rule = "yaml", .step = {}, .message = document.error().message, .hint = document.error().hint};
    finding.line = document.error().details.value("line", 0);
    finding.column = document.error().details.value("column", 0);
    return only(finding);
  }
  const Json& playbook = document->root;
  if (!playbook.is_object() || !playbook.contains("workflow") || !playbook["workflow"].is_array())
    return only({.rule = "no-playbook",
                 .line = 1,
                 .column = 1,
                 .step = {},
                 .message = "not a playbook: it has no list named workflow",
                 .hint = {}});

  Findings findings(*document);
  bool any = false;
  const Json& workflow = playbook["workflow"];
  for (std::size_t i = 0; i < workflow.size(); ++i) {
    const auto tasks = nats_tasks(workflow[i]);
    any = any || !tasks.empty();
    const std::string at = fmt::format("/workflow/{}", i);
    for (const auto& task : tasks) TaskCheck(task, at + task.pointer, workflow[i]["step"].get<std::string>(), findings).run();
  }
  if (any) lint_requirement(playbook, findings);
  lint_routing(playbook, findings);
  lint_secrets(playbook, findings);
  lint_lowering(file, environment, findings);
  auto children = children_of(playbook, file.parent_path(), findings);
  return {findings.sorted(), std::move(children)};
}

}  // namespace noetl::nats::playbook
