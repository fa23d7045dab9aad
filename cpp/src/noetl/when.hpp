// Conditions that the engine would evaluate by pasting values into their text, decided by the nats step itself instead: a value
// that holds "==" or a quote changes nothing.
#pragma once

#include <string>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

/// A condition without braces: a lone value, or one ==, != or in between two. Both sides are compared as text, truth is as the
/// engine has it ("", false, 0, no, none, null, off, {}, [] are false). Error: invalid_argument (a side is no expression).
[[nodiscard]] Result<bool> holds(const std::string& condition, const Json& variables);

}  // namespace noetl::nats::playbook
