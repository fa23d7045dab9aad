#include "noetl/playbook_steps.hpp"

#include <fmt/format.h>

namespace noetl::nats::playbook {

std::vector<NatsTask> nats_tasks(const Json& step) {
  std::vector<NatsTask> out;
  if (!is_step(step) || !step.contains("tool")) return out;
  const Json& tool = step["tool"];
  if (tool.is_array()) {
    for (std::size_t i = 0; i < tool.size(); ++i)
      if (kind_of(tool[i]) == "nats") out.push_back({fmt::format("/tool/{}", i), &tool[i], true, nullptr});
    return out;
  }
  if (kind_of(tool) != "nats") return out;
  if (!tool.contains("operations") || !tool["operations"].is_array()) return {{"/tool", &tool, false, nullptr}};
  const Json& list = tool["operations"];
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].is_object()) out.push_back({fmt::format("/tool/operations/{}", i), &list[i], true, &tool});
  return out;
}

void collect_texts(const Json& value, std::vector<std::string>& out) {
  if (value.is_string())
    out.push_back(value.get<std::string>());
  else if (value.is_structured())
    for (const auto& each : value) collect_texts(each, out);
}

}  // namespace noetl::nats::playbook
