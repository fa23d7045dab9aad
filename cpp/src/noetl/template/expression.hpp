// Expressions of the Jinja subset that nats steps may use.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

struct Expression {
  enum class Kind {
    constant,     ///< value
    variable,     ///< name
    attribute,    ///< name of children[0]
    index,        ///< children[1] of children[0]
    slice,        ///< children[0] from children[1] to children[2] by children[3]; an absent bound is a constant null
    list,         ///< children
    object,       ///< keys are constants: children hold key, value, key, value, ...
    negate,       ///< children[0]
    inverse,      ///< not children[0]
    arithmetic,   ///< children[0] name children[1]; name: + - * / // % ** ~
    comparison,   ///< children[0] name children[1]; name: == != < <= > >= in "not in"
    both,         ///< children[0] and children[1]
    either,       ///< children[0] or children[1]
    conditional,  ///< children[0] if children[1] else children[2]; without else the third is absent
    filter,       ///< children[0] | name(children[1...])
    test,         ///< children[0] is name
    call,         ///< name(children...); only range
  };
  Kind kind = Kind::constant;
  std::string name = {};
  Json value = nullptr;
  std::vector<Expression> children = {};
  std::size_t offset = 0;  ///< in the text of the template
  std::size_t end = 0;     ///< behind its last character
};

/// Step names with a hyphen: `a-b.result` then is the result of step a-b, not a minus b.
using HyphenNames = std::set<std::string, std::less<>>;

/// A whole text as one expression, without braces. Error: invalid_argument, what is not understood.
[[nodiscard]] Result<Expression> parse_expression(std::string_view text, const HyphenNames& names = {});

/// `a.b[0].c` as its parts: the variable, then attribute names (texts) and constant indexes (numbers).
struct Chain {
  std::string root;
  std::vector<Json> path;
};
/// The chain that an expression is, or nothing when it is more than a chain.
[[nodiscard]] std::optional<Chain> chain_of(const Expression& expression);

/// All chains in an expression, each as long as possible; names in `bound` (loop variables) are left out.
void collect_chains(const Expression& expression, const std::set<std::string>& bound, std::vector<Chain>& out);

}  // namespace noetl::nats::playbook
