// Completion scripts for shells, made from the registry.
#pragma once

#include <string>
#include <string_view>

#include "noetl/nats/registry.hpp"

namespace noetl::nats::cli {

/// `shell`: bash, zsh or fish. Error: invalid_argument.
[[nodiscard]] Result<std::string> completion_script(const Registry& registry, std::string_view shell);

}  // namespace noetl::nats::cli
