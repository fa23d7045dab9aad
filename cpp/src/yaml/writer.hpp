// JSON values as YAML for people: block style, quotes only where needed.
#pragma once

#include <string>

#include "noetl/nats/json.hpp"

namespace noetl::nats::yaml {

/// The document, ending with a line end. Reads back as the same value, in YAML 1.1 and 1.2. Texts with several lines are
/// written as literal blocks where that keeps every byte.
[[nodiscard]] std::string write(const Json& value);

/// JSON text that every YAML reader takes: non-ASCII kept (readers refuse surrogate pairs), control characters escaped.
[[nodiscard]] std::string write_as_json(const Json& value);

}  // namespace noetl::nats::yaml
