// One JSON value meant as another type. Templates in playbooks, shells and people blur them: "true" for true, "5" for 5,
// "a, b" for a list. Each function gives what is meant, or nothing when the value cannot mean that.
#pragma once

#include <optional>

#include "noetl/nats/json.hpp"

namespace noetl::nats {

/// A list, JSON text of one, or (with `split_commas`) one comma separated text.
[[nodiscard]] std::optional<Json> as_list(const Json& value, bool split_commas);
/// An object, or JSON text of one.
[[nodiscard]] std::optional<Json> as_object(const Json& value);
/// true, 1, "true", "yes", "on", "1" in any case, and their opposites.
[[nodiscard]] std::optional<bool> as_boolean(const Json& value);
/// A whole number of 64 bits, signed or unsigned: 5, 5.0, "5".
[[nodiscard]] std::optional<Json> as_integer(const Json& value);
/// A text; a number or boolean is printed in full.
[[nodiscard]] std::optional<std::string> as_text(const Json& value);
/// Equality that does not look at the order of members (Json keeps it, and its == compares it).
[[nodiscard]] bool equal_values(const Json& a, const Json& b);

}  // namespace noetl::nats
