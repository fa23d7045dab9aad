// The parameters of a nats step: its tool mapping with templates rendered, each value with its JSON type.
#pragma once

#include <string>
#include <string_view>

#include "noetl/nats/registry.hpp"

namespace noetl::nats::playbook {

struct StepCall {
  const Operation* operation = nullptr;
  Json params;
  std::string show = "auto";  ///< auto, none, text
};

/// Renders a tool mapping. A text with a template becomes the JSON value that it spells, else the value of its single
/// expression, else text; fields whose type is text take the text. A top-level field that is one undefined expression counts
/// as absent. Keys that belong to the engine are left out. Errors: invalid_argument (template, unknown operation, show).
[[nodiscard]] Result<StepCall> step_call(const Registry& registry, const Json& tool, const Json& variables, bool in_list);

/// Keys of a tool mapping that are for the engine; they never reach the operation unless it has a field of that name.
[[nodiscard]] bool is_engine_key(std::string_view key);

/// A value of the playbook, rendered with types (loops).
[[nodiscard]] Result<Json> rendered_value(const Json& value, const Json& variables);

}  // namespace noetl::nats::playbook
