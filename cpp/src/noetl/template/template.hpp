// Templates of nats steps: the Jinja subset that NoETL's workers and this product agree on. What it does not know it refuses
// by name; it never leaves braces standing.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "noetl/template/evaluate.hpp"
#include "noetl/template/expression.hpp"

namespace noetl::nats::playbook {

/// A stretch of a template.
struct Part {
  enum class Kind { text, output, condition, loop, assignment };
  struct Branch {
    std::optional<Expression> when;  ///< absent: else
    std::vector<Part> body;
  };
  Kind kind = Kind::text;
  std::string text = {};                  ///< of a text
  Expression expression = {};             ///< of an output; what a loop runs over; what is assigned
  std::vector<Branch> branches = {};      ///< of a condition; a loop has its body and perhaps its else
  std::vector<std::string> names = {};    ///< of a loop or assignment; several: the value is unpacked
  std::optional<Expression> filter = {};  ///< `for ... if filter`
  bool reads_loop = false;                ///< the body may read `loop`
  bool captures = false;                  ///< `{% set x %}...{% endset %}`: branches[0] is the value
};

class Template {
 public:
  /// Error: invalid_argument, what is not understood and what is known.
  [[nodiscard]] static Result<Template> parse(std::string_view text, const HyphenNames& names = {});
  /// Whether a text has anything to render.
  [[nodiscard]] static bool has_code(std::string_view text);

  /// Error: invalid_argument (types that do not fit, division by zero, ...), resource_exhausted (too long).
  [[nodiscard]] Result<std::string> render(const Json& variables) const;

  /// The expression of a template that is `{{ expression }}` and nothing else but blanks.
  [[nodiscard]] const Expression* single() const;
  /// All chains that it reads, without those of its own loops and assignments.
  [[nodiscard]] std::vector<Chain> chains() const;

 private:
  std::vector<Part> parts_;
};

}  // namespace noetl::nats::playbook
