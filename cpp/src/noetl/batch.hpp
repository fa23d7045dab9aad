// Several operations in one step: `operations: [{operation, name, ...}, ...]` runs over one connection.
#pragma once

#include <string>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

struct BatchTask {
  std::string name;  ///< its `name`, else "task_0", "task_1", ...
  Json tool;         ///< its own mapping, with what the step says of the connection
};

struct Batch {
  std::vector<BatchTask> tasks;
  bool stops = true;  ///< on_error: stop (the first failure fails the step), or continue
};

/// Error: invalid_argument that names the field: no list, a name twice or one that the result needs itself, an unknown
/// on_error, a field beside `operations` that is none of the connection.
[[nodiscard]] Result<Batch> read_batch(const Json& tool);

/// The name under which later tasks see a result.
[[nodiscard]] std::string task_name(const Json& task, std::size_t index);

}  // namespace noetl::nats::playbook
