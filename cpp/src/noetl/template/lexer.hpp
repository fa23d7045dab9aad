// Tokens of expressions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "noetl/template/expression.hpp"

namespace noetl::nats::playbook {

struct Token {
  enum class Kind { name, number, text, symbol, end };
  Kind kind = Kind::end;
  std::string spelling;  ///< of a name or symbol
  Json value;            ///< of a number or text
  std::size_t offset = 0;
  std::size_t end = 0;
};

/// The tokens from `at` up to `closing` ("}}", "%}", or "" for the end of the text). `at` moves behind it; `trims` says whether
/// a minus stands in front of it. The last token is Kind::end. Error: invalid_argument.
[[nodiscard]] Result<std::vector<Token>> tokens_until(std::string_view text, std::size_t& at, std::string_view closing,
                                                      const HyphenNames& names, bool& trims);

}  // namespace noetl::nats::playbook
