#include "noetl/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/names.hpp"
#include "engine/connection_params.hpp"

namespace noetl::nats::playbook {
namespace {

/// Members of the step's result: no task can be called so.
constexpr std::array kTaken{"status", "count", "failed", "results", "result", "error"};
constexpr std::array kOwnKeys{"kind", "operations", "on_error", "spec", "policy", "retry", "timeout"};

Result<Json> connection_of(const Json& tool) {
  const auto& known = schema::describe<ConnectionParams>();
  Json connection = Json::object();
  for (const auto& [key, value] : tool.items()) {
    if (std::find(kOwnKeys.begin(), kOwnKeys.end(), key) != kOwnKeys.end()) continue;
    if (known.find(key) == nullptr)
      return fail(Code::invalid_argument, fmt::format("{}: belongs to one operation, not beside operations", key),
                  "put it into each entry of operations that needs it; only the connection (url, auth, timeout_ms, ...) is shared");
    connection[key] = value;
  }
  return connection;
}

}  // namespace

std::string task_name(const Json& task, std::size_t index) {
  return task.is_object() && task.contains("name") && task["name"].is_string() ? task["name"].get<std::string>()
                                                                               : fmt::format("task_{}", index);
}

Result<Batch> read_batch(const Json& tool) {
  Batch batch;
  const Json& list = tool["operations"];
  if (!list.is_array() || list.empty())
    return fail(Code::invalid_argument, "operations: a list of operations is wanted", "operations: [{operation: kv_put, ...}, ...]");
  if (tool.contains("on_error")) {
    if (tool["on_error"] != "stop" && tool["on_error"] != "continue")
      return fail(Code::invalid_argument, fmt::format("on_error: {} is not one of stop, continue", dump(tool["on_error"])));
    batch.stops = tool["on_error"] == "stop";
  }
  NN_TRY(const Json connection, connection_of(tool));
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_object()) return fail(Code::invalid_argument, fmt::format("operations[{}]: a mapping is wanted", i));
    BatchTask task{task_name(list[i], i), connection};
    if (std::find(kTaken.begin(), kTaken.end(), task.name) != kTaken.end())
      return fail(Code::invalid_argument, fmt::format("operations[{}].name: {} is a member of the step's result", i, in_quotes(task.name)),
                  "choose another name");
    if (!names.insert(task.name).second)
      return fail(Code::invalid_argument, fmt::format("operations[{}].name: {} is there twice", i, in_quotes(task.name)));
    task.tool.update(list[i]);
    batch.tasks.push_back(std::move(task));
  }
  return batch;
}

}  // namespace noetl::nats::playbook
