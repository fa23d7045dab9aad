#include "noetl/dry_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/secret.hpp"
#include "engine/connection_params.hpp"
#include "noetl/nats/registry.hpp"
#include "noetl/playbook_steps.hpp"
#include "noetl/step_params.hpp"
#include "noetl/template/template.hpp"
#include "sys/files.hpp"
#include "yaml/reader.hpp"

namespace noetl::nats::playbook {
namespace {

Json workload_of(const Json& playbook, const std::map<std::string, std::string>& variables) {
  Json workload = playbook.contains("workload") && playbook["workload"].is_object() ? playbook["workload"] : Json::object();
  for (const auto& [key, value] : variables) workload[key.starts_with("workload.") ? key.substr(9) : key] = value;
  return workload;
}

/// Whether all that the texts of the value name is known before the run.
bool is_known(const Json& value) {
  std::vector<std::string> texts;
  collect_texts(value, texts);
  return std::all_of(texts.begin(), texts.end(), [](const std::string& text) {
    const auto parsed = Template::parse(text);
    if (!parsed) return false;
    const auto chains = parsed->chains();
    return std::all_of(chains.begin(), chains.end(), [](const Chain& chain) { return chain.root == "workload"; });
  });
}

/// nats://user:password@host as nats://***@host.
std::string without_login(const std::string& url) {
  const auto scheme = url.find("://");
  const auto at = url.find('@', scheme == std::string::npos ? 0 : scheme);
  if (scheme == std::string::npos || at == std::string::npos) return url;
  return url.substr(0, scheme + 3) + Secret::mask() + url.substr(at);
}

std::string shown(const std::string& key, const Json& value, const Operation* operation, const Json& variables) {
  const auto* field = operation == nullptr ? nullptr : operation->input->find(key);
  if (field == nullptr) field = schema::describe<ConnectionParams>().find(key);
  if (field != nullptr && field->kind == schema::Kind::secret) return Secret::mask();
  Json rendered = value;
  if (is_known(value))
    if (auto out = rendered_value(value, variables)) rendered = std::move(*out);
  return rendered.is_string() ? without_login(rendered.get<std::string>()) : dump(rendered);
}

std::string line_of(const NatsTask& task, const Json& variables) {
  const Json& name = task.task->contains("operation") ? (*task.task)["operation"] : Json();
  const std::string operation = name.is_string() ? name.get<std::string>() : "(no operation)";
  const auto* known = operations().find(operation);
  std::string out = operation;
  for (const auto& [key, value] : task.task->items()) {
    const bool own = known != nullptr && known->input->find(key) != nullptr;
    if ((is_engine_key(key) || key == "name") && !own) continue;
    out += fmt::format(" {}={}", key, shown(key, value, known, variables));
  }
  return out;
}

}  // namespace

std::string dry_run_text(const std::filesystem::path& playbook, const std::map<std::string, std::string>& variables) {
  const auto text = sys::read_file(playbook);
  if (!text) return "";
  const auto document = yaml::read(*text, playbook.string());
  if (!document || !document->root.is_object() || !document->root.contains("workflow")) return "";
  const Json scope{{"workload", workload_of(document->root, variables)}};
  std::string out;
  for (const auto& step : document->root["workflow"])
    for (const auto& task : nats_tasks(step)) {
      const bool loops = step.contains("loop") && step["loop"].is_object() && step["loop"].contains("in");
      out += fmt::format("  {}: {}{}\n", step["step"].get<std::string>(), line_of(task, scope),
                         loops ? fmt::format("  (for each of {})", shown("in", step["loop"]["in"], nullptr, scope)) : "");
    }
  return out.empty() ? "" : "[DRY RUN] nats steps, in the order of the file:\n" + out;
}

}  // namespace noetl::nats::playbook
