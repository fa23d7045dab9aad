// Paths in playbooks: relative ones start at the playbook's directory, and the lowered playbook lies elsewhere.
#include <fmt/format.h>

#include "base/bytes.hpp"
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

/// The playbook's directory. A name that the engine would take for a template is reached by a link in the run directory.
Result<std::string> Document::base_directory() const {
  const auto base = file_.parent_path();
  if (base.string().find("{{") == std::string::npos) return base.string();
  const auto link = run_.directory.path() / fmt::format("dir-{}", random_hex(4));
  std::error_code problem;
  std::filesystem::create_directory_symlink(base, link, problem);
  if (problem) return fail(Code::internal, fmt::format("cannot link {}: {}", link.string(), problem.message()));
  return link.string();
}

Result<std::string> Document::absolute(const std::string& text, const Place& place) const {
  if (text.starts_with('/') || text.starts_with('~')) return text;
  NN_TRY(const std::string base, base_directory());
  if (const auto fixed = constant(text)) return fixed->starts_with('/') || fixed->starts_with('~') ? *fixed : base + "/" + *fixed;
  if (text.starts_with("{{"))
    return fail(problem_at(
        place, fmt::format("the path {} begins with a value that only the run knows, so its directory cannot be fixed", in_quotes(text)),
        "begin it with a literal directory, or with / for an absolute path"));
  return base + "/" + text;
}

}  // namespace noetl::nats::playbook
