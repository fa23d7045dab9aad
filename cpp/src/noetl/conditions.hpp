// Conditions of arcs as Rhai, the expression language of the local engine. Its own conditions replace names by values in the
// text of the condition and know one comparison only; a Rhai condition sees values as values.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "noetl/nats/result.hpp"
#include "noetl/references.hpp"

namespace noetl::nats::playbook {

/// The Rhai expression that gives the text of a variable. Error: it cannot be reached from a condition.
using RhaiVariable = std::function<Result<std::string>(const Reference& chain)>;

/// Compares as text, < > <= >= as numbers (false when a side is none), `in` as containment in the text; and, or, not,
/// brackets, the filters lower, upper, trim, int, float. Truth as the engine has it: "", false, 0, no, none, null, off, {},
/// [] are false. Error: invalid_argument that names what it does not know.
[[nodiscard]] Result<std::string> rhai_condition(std::string_view condition, const std::set<std::string>& steps,
                                                 const RhaiVariable& variable);

/// Whether the engine's own conditions can do it: a lone value, or one ==, != or in between two.
[[nodiscard]] bool is_simple_condition(std::string_view condition);

/// `{{ a }} == 'x'` and `{{ a == 'x' }}` mean the same to the engine: the text without braces.
[[nodiscard]] std::string without_braces(std::string_view condition);

/// Text as one word of a shell command.
[[nodiscard]] std::string shell_quoted(std::string_view text);

/// Text as a Rhai string literal.
[[nodiscard]] std::string rhai_literal(std::string_view text);

}  // namespace noetl::nats::playbook
