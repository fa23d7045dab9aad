// Values of expressions: JSON, or undefined. How they print, compare and count, as minijinja has it.
#pragma once

#include <optional>
#include <string>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

/// What a missing variable or member is: prints as nothing, and so does each member of it.
[[nodiscard]] inline Json undefined() { return Json(Json::value_t::discarded); }
[[nodiscard]] inline bool is_undefined(const Json& value) { return value.is_discarded(); }
/// Undefined, also inside of lists and objects, becomes null.
[[nodiscard]] Json defined(Json value);

/// As printed: text as it is, True and None as in Python, lists and objects as Python writes them.
[[nodiscard]] std::string text_of(const Json& value);
[[nodiscard]] bool is_true(const Json& value);
[[nodiscard]] const char* type_name(const Json& value);

/// true == 1 and 1 == 1.0, as in Python.
[[nodiscard]] bool equal(const Json& left, const Json& right);
/// Numbers with numbers and texts with texts: below zero, zero, above zero. Error: other types.
[[nodiscard]] Result<int> compare(const Json& left, const Json& right);
[[nodiscard]] Result<bool> contains(const Json& container, const Json& item);

/// A boolean counts as 0 or 1; nothing for what is not a number.
[[nodiscard]] std::optional<Json> as_number(const Json& value);
[[nodiscard]] double as_double(const Json& number);

/// `left symbol right` for + - * / // % ** and ~. Error: types that do not fit, division by zero, more than 64 bits.
[[nodiscard]] Result<Json> arithmetic(const std::string& symbol, const Json& left, const Json& right);
[[nodiscard]] Result<Json> negated(const Json& value);

[[nodiscard]] Json member(const Json& of, const std::string& name);
[[nodiscard]] Json item(const Json& of, const Json& index);
[[nodiscard]] Result<Json> slice(const Json& of, const Json& from, const Json& to, const Json& step);

/// What a loop runs over: items of a list, keys of an object, characters of a text; nothing of null and undefined.
[[nodiscard]] Result<Json> items_of(const Json& value);
/// The characters of a UTF-8 text.
[[nodiscard]] std::vector<std::string> characters(std::string_view text);

}  // namespace noetl::nats::playbook
