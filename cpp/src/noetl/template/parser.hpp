// Reads expressions from tokens. Statements ({% if %}, ...) use it too.
#pragma once

#include <string_view>
#include <vector>

#include "noetl/template/lexer.hpp"

namespace noetl::nats::playbook {

class ExpressionParser {
 public:
  explicit ExpressionParser(const std::vector<Token>& tokens) : tokens_(tokens) {}

  /// `a if b else c` and all that binds closer.
  [[nodiscard]] Result<Expression> expression();
  /// The same without the conditional: what `for x in ... if ...` reads.
  [[nodiscard]] Result<Expression> without_conditional() { return either(); }

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  [[nodiscard]] bool at_end() const { return peek().kind == Token::Kind::end; }
  /// Takes the next token when it is this symbol or word.
  bool take(std::string_view spelling);
  /// A name that is not a keyword.
  [[nodiscard]] Result<std::string> name();
  [[nodiscard]] Result<void> expect(std::string_view spelling);
  /// The error of a token that does not fit.
  [[nodiscard]] tl::unexpected<Error> unexpected() const;

 private:
  using Rule = Result<Expression> (ExpressionParser::*)();

  Result<Expression> either();
  Result<Expression> both();
  Result<Expression> inverse();
  Result<Expression> comparison();
  Result<Expression> sum();
  Result<Expression> concatenation();
  Result<Expression> product();
  Result<Expression> power();
  Result<Expression> unary();
  Result<Expression> postfix();
  Result<Expression> primary();
  Result<Expression> bracketed(std::size_t offset);
  Result<Expression> object_literal(std::size_t offset);
  Result<Expression> member_of(Expression of);
  Result<Expression> filter_of(Expression of);
  Result<Expression> test_of(Expression of);
  Result<Expression> call_of(const Token& name);
  Result<Expression> left_to_right(Rule operand, std::initializer_list<std::string_view> symbols);
  Result<std::vector<Expression>> arguments();
  Expression made(Expression::Kind kind, std::string name, std::vector<Expression> children) const;
  [[nodiscard]] bool starts_argument() const;
  [[nodiscard]] bool next_is(std::string_view spelling) const;

  const std::vector<Token>& tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace noetl::nats::playbook
