// A report as text: for a person, and for plugins of Nagios. Both read the document that the operation gives.
#pragma once

#include <string>

#include "noetl/nats/json.hpp"

namespace noetl::nats::health {

/// A line for each check that has something to say, the worst last, and a summary. What is fine and many is one line.
[[nodiscard]] std::string text_of(const Json& document, bool color);
/// `STATUS name [Crit:...] [Warn:...] [OK:...] | perf`; of several checks the worst comes first, the others follow.
[[nodiscard]] std::string nagios_of(const Json& document);

}  // namespace noetl::nats::health
