// Paths in playbooks: relative ones start at the playbook's directory, and the lowered playbook lies elsewhere.
#include <fmt/format.h>

#include "base/names.hpp"
#include "noetl/lowering.hpp"
#include "noetl/references.hpp"

namespace noetl::nats::playbook {

/// The text when it does not depend on the run: no template, or only values that --set and the workload fix.
std::optional<std::string> Document::constant(const std::string& text) const {
  if (!has_template(text)) return text;
  if (!top_) return std::nullopt;  // in a child the caller's input decides
  const Json workload =
      source_.root.contains("workload") && source_.root["workload"].is_object() ? source_.root["workload"] : Json::object();
  std::string out;
  std::size_t at = 0;
  for (const auto& block : blocks(text)) {
    if (block.statement || block.inner.size() < 3 || block.inner.front() != ' ' || block.inner.back() != ' ') return std::nullopt;
    const std::string key(block.inner.substr(1, block.inner.size() - 2));
    const std::string bare = key.starts_with("workload.") ? key.substr(9) : key;
    std::string value;
    if (const auto set = run_.request.variables.find(key); set != run_.request.variables.end())
      value = set->second;
    else if (const auto short_set = run_.request.variables.find(bare); short_set != run_.request.variables.end())
      value = short_set->second;
    else if (key != bare && workload.contains(bare) && workload[bare].is_string())
      value = workload[bare].get<std::string>();
    else
      return std::nullopt;
    out += text.substr(at, block.begin - at) + value;
    at = block.end;
  }
  return out + text.substr(at);
}

Result<std::string> Document::absolute(const std::string& text, const Place& place) const {
  if (text.starts_with('/') || text.starts_with('~')) return text;
  const std::string base = file_.parent_path().string();
  if (const auto fixed = constant(text)) return fixed->starts_with('/') || fixed->starts_with('~') ? *fixed : base + "/" + *fixed;
  if (text.starts_with("{{"))
    return fail(problem_at(
        place, fmt::format("the path {} begins with a value that only the run knows, so its directory cannot be fixed", in_quotes(text)),
        "begin it with a literal directory, or with / for an absolute path"));
  if (base.find("{{") != std::string::npos)
    return fail(problem_at(place, "the playbook's directory has '{{' in its name and the path has a template",
                           "rename the directory, or use an absolute path"));
  return base + "/" + text;
}

}  // namespace noetl::nats::playbook
