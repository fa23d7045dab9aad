// Pieces of what a person reads of a deploy.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "noetl/nats/json.hpp"

namespace noetl::nats::deploy {

enum class Mark { good, bad, note };
/// "✓ text", "✗ text", "· text"; coloured when asked for. With a line end.
[[nodiscard]] std::string marked(Mark mark, std::string_view text, bool color);

/// Indented lines "label  value", values in one column. Empty values are left out.
[[nodiscard]] std::string labelled(const std::vector<std::pair<std::string, std::string>>& rows);

/// "jetstream.domain: (unset) → hub", one line for each change; parts of a first deploy are not listed.
[[nodiscard]] std::string changes_text(const Json& changes);

}  // namespace noetl::nats::deploy
