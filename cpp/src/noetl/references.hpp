// Where templates name variables: blocks and the identifier chains in them.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace noetl::nats::playbook {

/// `{{ inner }}` or `{% inner %}` in a text.
struct Block {
  std::size_t begin = 0, end = 0;  ///< with its braces
  std::string_view inner;
  bool statement = false;
};
[[nodiscard]] std::vector<Block> blocks(std::string_view text);
/// Without blanks and line ends around it.
[[nodiscard]] std::string trimmed(std::string_view text);
[[nodiscard]] bool has_template(std::string_view text);

/// `put.value.tags[0]`: a root and what follows it.
struct Reference {
  std::size_t begin = 0, end = 0;  ///< in the expression
  std::string root;
  std::vector<std::string> path;  ///< names, and indexes as "[0]"
};
/// All chains of an expression outside of its string literals; words of the language are none. `steps` are names of steps
/// that need not be identifiers ("load-data").
[[nodiscard]] std::vector<Reference> references_in(std::string_view expression, const std::set<std::string>& steps);

}  // namespace noetl::nats::playbook
