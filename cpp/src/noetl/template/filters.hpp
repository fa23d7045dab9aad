// Filters and tests of expressions.
#pragma once

#include <span>
#include <string>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

/// invalid_argument that names the filter and the nearest known one.
[[nodiscard]] Result<void> check_filter_name(const std::string& name);
[[nodiscard]] Result<void> check_filter_arguments(const std::string& name, std::size_t count);
[[nodiscard]] Result<void> check_test_name(const std::string& name);

[[nodiscard]] Result<Json> apply_filter(const std::string& name, const Json& value, std::span<const Json> arguments);
[[nodiscard]] Result<bool> apply_test(const std::string& name, const Json& value);

}  // namespace noetl::nats::playbook
