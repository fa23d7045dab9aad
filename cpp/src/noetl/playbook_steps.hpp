// The shape of a playbook, as far as lowering, lint and the dry run look at it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

[[nodiscard]] inline bool is_step(const Json& step) { return step.is_object() && step.contains("step") && step["step"].is_string(); }

/// "" for what is no tool.
[[nodiscard]] inline std::string kind_of(const Json& tool) {
  return tool.is_object() && tool.contains("kind") && tool["kind"].is_string() ? tool["kind"].get<std::string>() : "";
}

/// The mappings of a step's tool that name an operation of ours, each with its JSON pointer behind the step: the tool itself,
/// the tasks of a pipeline, the entries of a batch. Empty: no nats step.
struct NatsTask {
  std::string pointer;
  const Json* task = nullptr;
  bool in_list = false;         ///< it may have a `name`
  const Json* batch = nullptr;  ///< the tool around it, for entries of `operations`
};
[[nodiscard]] std::vector<NatsTask> nats_tasks(const Json& step);

/// All texts of a value, keys excluded.
void collect_texts(const Json& value, std::vector<std::string>& out);

}  // namespace noetl::nats::playbook
