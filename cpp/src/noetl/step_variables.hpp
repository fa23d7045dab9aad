// What a nats step sees when it runs: its description, the values that the engine has put in, and results of earlier steps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

/// `step-N.json`, as lowering has written it.
struct StepDescription {
  Json document;

  [[nodiscard]] static Result<StepDescription> read(const std::string& file);
  [[nodiscard]] std::string text(const char* member) const { return document.value(member, std::string()); }
};

/// What the engine has handed over: the texts between marker lines; each has lost the one line end before the next marker.
[[nodiscard]] std::vector<std::string> frames_of(std::string_view input, const std::string& marker);

/// A result as templates see it: a JSON object by its members and whole as `result`, another value as `result` only.
[[nodiscard]] Json as_result(const Json& value);

/// The variables for the step's templates, from the frames (local-engine rules):
/// workload, vars, input, args as objects; a result that is a JSON object by its members and as `.result`, another one as
/// `.result` only; a frame that still is its own placeholder is undefined. Error: internal (frames do not fit).
[[nodiscard]] Result<Json> step_variables(const StepDescription& description, const std::vector<std::string>& frames);

}  // namespace noetl::nats::playbook
