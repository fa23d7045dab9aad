// Secrets that stand in a playbook in clear text.
#include <fmt/format.h>

#include "engine/connection_params.hpp"
#include "noetl/lint.hpp"
#include "noetl/nats/registry.hpp"
#include "noetl/playbook_steps.hpp"
#include "noetl/template/template.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr const char* kHint = "use auth: ALIAS (noetl credential set ALIAS), env:NAME or file:PATH";

bool in_clear(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return !text.empty() && !text.starts_with("env:") && !text.starts_with("file:") && !Template::has_code(text);
}

bool has_password(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  const auto scheme = text.find("://");
  const auto at = text.find('@', scheme == std::string::npos ? 0 : scheme);
  if (scheme == std::string::npos || at == std::string::npos) return false;
  const auto login = text.substr(scheme + 3, at - scheme - 3);
  return login.find(':') != std::string::npos && !Template::has_code(login);
}

void check_mapping(const Json& mapping, const schema::StructInfo* own, const std::string& at, const std::string& step, Findings& findings) {
  for (const auto& [key, value] : mapping.items()) {
    const auto* field = own == nullptr ? nullptr : own->find(key);
    if (field == nullptr) field = schema::describe<ConnectionParams>().find(key);
    const auto pointer = at + "/" + yaml::pointer_token(key);
    if (field != nullptr && field->kind == schema::Kind::secret && in_clear(value))
      findings.add(false, "secret-in-clear", pointer, step, fmt::format("{} stands here in clear text", key), kHint);
    if (has_password(value))
      findings.add(false, "secret-in-clear", pointer, step, fmt::format("{} holds a password in clear text", key), kHint);
  }
}

}  // namespace

void lint_secrets(const Json& playbook, Findings& findings) {
  const Json& workflow = playbook["workflow"];
  for (std::size_t i = 0; i < workflow.size(); ++i) {
    const Json* batch = nullptr;
    for (const auto& task : nats_tasks(workflow[i])) {
      const auto step = workflow[i]["step"].get<std::string>();
      const std::string at = fmt::format("/workflow/{}", i);
      const Json& name = task.task->contains("operation") ? (*task.task)["operation"] : Json::object();
      const auto* operation = name.is_string() ? operations().find(name.get<std::string>()) : nullptr;
      check_mapping(*task.task, operation == nullptr ? nullptr : operation->input, at + task.pointer, step, findings);
      if (task.batch != nullptr && task.batch != batch) check_mapping(*task.batch, nullptr, at + "/tool", step, findings);
      batch = task.batch;
    }
  }
  if (!playbook.contains("workload") || !playbook["workload"].is_object()) return;
  for (const auto& [key, value] : playbook["workload"].items())
    if (has_password(value))
      findings.add(false, "secret-in-clear", "/workload/" + yaml::pointer_token(key), "",
                   fmt::format("{} holds a password in clear text", key), kHint);
}

}  // namespace noetl::nats::playbook
