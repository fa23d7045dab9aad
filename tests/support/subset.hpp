// Compares a result with what a conformance case expects of it: the twin of tests/support/subset.py.
#pragma once

#include <string>
#include <vector>

#include "noetl/nats/json.hpp"

namespace noetl::nats::testing {

/// Where `got` is not what `want` asks for; empty when it is. The placeholders are those of tests/conformance/README.md.
[[nodiscard]] std::vector<std::string> differences(const Json& want, const Json& got, const std::string& path = "");

}  // namespace noetl::nats::testing
