// What a YAML scalar means.
#pragma once

#include <string>
#include <string_view>

#include "noetl/nats/result.hpp"

namespace noetl::nats::yaml {

/// A plain (unquoted) scalar by the YAML 1.2 core schema, as NoETL's engine reads it: `yes`, `on`, dates, `1_000` and `007`
/// are text; 0x, 0o and 0b are numbers. Error: a number that 64 bits cannot hold, or that JSON has no form for (`.inf`).
[[nodiscard]] Result<Json> resolve_plain(std::string_view text);

/// Whether a plain scalar of this text reads back as the text itself.
[[nodiscard]] bool stays_text(std::string_view text);

}  // namespace noetl::nats::yaml
