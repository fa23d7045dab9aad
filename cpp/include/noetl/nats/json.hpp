// The one JSON type of the project. Objects keep the order in which their members were written.
#pragma once

#include <nlohmann/json.hpp>

namespace noetl::nats {

using Json = nlohmann::ordered_json;

/// One line, UTF-8 kept as it is. Text that is not valid UTF-8 is replaced, never thrown on: use it for what people read.
[[nodiscard]] std::string dump(const Json& value);

/// One line of pure ASCII (`\uXXXX` escapes): survives every terminal, shell and log.
[[nodiscard]] std::string dump_ascii(const Json& value);

/// Compact, members sorted by name, UTF-8 kept: the form in which NoETL's tools store JSON bodies.
[[nodiscard]] std::string dump_sorted(const Json& value);

}  // namespace noetl::nats
