// A result as a person reads it. Surfaces call this; operations may bring their own view (OperationInfo::text).
#pragma once

#include <string>

#include "noetl/nats/operation.hpp"

namespace noetl::nats {

/// Several lines: the operation's own view, or a table made from the document. Ends with a line end.
[[nodiscard]] std::string text_of(const Operation& operation, const Json& result, bool color);

/// One line for a step's progress: "kv_put sessions/alice success (revision 7)". Shows no value and no secret.
[[nodiscard]] std::string line_of(const Operation& operation, const Json& result);

/// Rows under a header, columns aligned, two blanks between; numbers to the right. An empty table is "".
[[nodiscard]] std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

/// How wide a text is on a terminal: UTF-8 sequences count once.
[[nodiscard]] std::size_t display_width(std::string_view text);

}  // namespace noetl::nats
