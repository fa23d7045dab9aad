#include "noetl/template/parser.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"
#include "noetl/template/filters.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr int kDeepest = 100;  // of nested expressions: the parser is recursive

bool is_keyword(std::string_view name) {
  static const std::set<std::string_view> kWords{"and", "or", "not", "in", "is", "if", "else"};
  return kWords.contains(name);
}

tl::unexpected<Error> refuse(std::string message, std::string hint = {}) {
  return fail(Code::invalid_argument, std::move(message), std::move(hint));
}

Expression constant(Json value, const Token& token) {
  Expression expression;
  expression.value = std::move(value);
  expression.offset = token.offset;
  expression.end = token.end;
  return expression;
}

}  // namespace

bool ExpressionParser::next_is(std::string_view spelling) const {
  const Token& token = peek();
  return (token.kind == Token::Kind::symbol || token.kind == Token::Kind::name) && token.spelling == spelling;
}

bool ExpressionParser::take(std::string_view spelling) {
  if (!next_is(spelling)) return false;
  ++at_;
  return true;
}

Result<void> ExpressionParser::expect(std::string_view spelling) {
  if (take(spelling)) return {};
  return refuse(fmt::format("{} is missing", in_quotes(spelling)));
}

tl::unexpected<Error> ExpressionParser::unexpected() const {
  const Token& token = peek();
  if (token.kind == Token::Kind::end) return refuse("the expression is not complete");
  const std::string shown = token.kind == Token::Kind::number || token.kind == Token::Kind::text ? dump(token.value) : token.spelling;
  return refuse(fmt::format("{} is not expected here", in_quotes(shown)));
}

Result<std::string> ExpressionParser::name() {
  const Token& token = peek();
  if (token.kind != Token::Kind::name || is_keyword(token.spelling)) return unexpected();
  ++at_;
  return token.spelling;
}

Expression ExpressionParser::made(Expression::Kind kind, std::string name, std::vector<Expression> children) const {
  Expression expression;
  expression.kind = kind;
  expression.name = std::move(name);
  expression.offset = children.empty() ? peek().offset : children.front().offset;
  expression.end = at_ > 0 ? tokens_[at_ - 1].end : 0;
  expression.children = std::move(children);
  return expression;
}

Result<Expression> ExpressionParser::expression() {
  if (++depth_ > kDeepest) return refuse(fmt::format("the expression is nested more than {} deep", kDeepest));
  NN_TRY(Expression value, either());
  while (take("if")) {
    NN_TRY(Expression condition, either());
    std::vector<Expression> parts{std::move(value), std::move(condition)};
    if (take("else")) {
      NN_TRY(Expression other, expression());
      parts.push_back(std::move(other));
    }
    value = made(Expression::Kind::conditional, "", std::move(parts));
  }
  --depth_;
  return value;
}

Result<Expression> ExpressionParser::either() {
  NN_TRY(Expression left, both());
  while (take("or")) {
    NN_TRY(Expression right, both());
    left = made(Expression::Kind::either, "", {std::move(left), std::move(right)});
  }
  return left;
}

Result<Expression> ExpressionParser::both() {
  NN_TRY(Expression left, inverse());
  while (take("and")) {
    NN_TRY(Expression right, inverse());
    left = made(Expression::Kind::both, "", {std::move(left), std::move(right)});
  }
  return left;
}

Result<Expression> ExpressionParser::inverse() {
  const std::size_t start = peek().offset;
  if (!take("not")) return comparison();
  if (++depth_ > kDeepest) return refuse(fmt::format("the expression is nested more than {} deep", kDeepest));
  NN_TRY(Expression operand, inverse());
  --depth_;
  Expression result = made(Expression::Kind::inverse, "", {std::move(operand)});
  result.offset = start;
  return result;
}

/// `a < b < c` means `a < b and b < c`.
Result<Expression> ExpressionParser::comparison() {
  NN_TRY(Expression left, sum());
  std::optional<Expression> all;
  while (true) {
    std::string symbol;
    for (const auto* each : {"==", "!=", "<=", ">=", "<", ">", "in"})
      if (take(each)) {
        symbol = each;
        break;
      }
    if (symbol.empty() && next_is("not") && peek(1).kind == Token::Kind::name && peek(1).spelling == "in") {
      at_ += 2;
      symbol = "not in";
    }
    if (symbol.empty()) return all ? std::move(*all) : std::move(left);
    NN_TRY(Expression right, sum());
    Expression one = made(Expression::Kind::comparison, symbol, {left, right});
    all = all ? made(Expression::Kind::both, "", {std::move(*all), std::move(one)}) : std::move(one);
    left = std::move(right);
  }
}

Result<Expression> ExpressionParser::left_to_right(Rule operand, std::initializer_list<std::string_view> symbols) {
  NN_TRY(Expression left, (this->*operand)());
  while (true) {
    const auto found = std::find_if(symbols.begin(), symbols.end(), [&](std::string_view symbol) { return take(symbol); });
    if (found == symbols.end()) return left;
    NN_TRY(Expression right, (this->*operand)());
    left = made(Expression::Kind::arithmetic, std::string(*found), {std::move(left), std::move(right)});
  }
}

Result<Expression> ExpressionParser::sum() { return left_to_right(&ExpressionParser::concatenation, {"+", "-"}); }
Result<Expression> ExpressionParser::concatenation() { return left_to_right(&ExpressionParser::product, {"~"}); }
Result<Expression> ExpressionParser::product() { return left_to_right(&ExpressionParser::power, {"*", "//", "/", "%"}); }
Result<Expression> ExpressionParser::power() { return left_to_right(&ExpressionParser::unary, {"**"}); }

Result<Expression> ExpressionParser::unary() {
  const std::size_t start = peek().offset;
  if (!take("-")) return postfix();
  if (++depth_ > kDeepest) return refuse(fmt::format("the expression is nested more than {} deep", kDeepest));
  // Filters and tests apply to the negated value: -1|abs is 1.
  NN_TRY(Expression operand, next_is("-") ? unary() : primary());
  while (next_is(".") || next_is("[")) {
    NN_TRY(operand, member_of(std::move(operand)));
  }
  --depth_;
  Expression value = made(Expression::Kind::negate, "", {std::move(operand)});
  value.offset = start;
  while (next_is("|") || next_is("is")) {
    const bool filter = next_is("|");
    NN_TRY(value, filter ? filter_of(std::move(value)) : test_of(std::move(value)));
  }
  return value;
}

Result<Expression> ExpressionParser::postfix() {
  NN_TRY(Expression value, primary());
  while (true) {
    if (next_is(".") || next_is("[")) {
      NN_TRY(value, member_of(std::move(value)));
    } else if (next_is("|")) {
      NN_TRY(value, filter_of(std::move(value)));
    } else if (next_is("is")) {
      NN_TRY(value, test_of(std::move(value)));
    } else if (next_is("(")) {
      return refuse("methods cannot be called here", "use a filter, for example `| upper`");
    } else {
      return value;
    }
  }
}

Result<Expression> ExpressionParser::member_of(Expression of) {
  if (take(".")) {
    const Token& token = peek();
    ++at_;
    if (token.kind == Token::Kind::name) return made(Expression::Kind::attribute, token.spelling, {std::move(of)});
    if (token.kind == Token::Kind::number && token.value.is_number_integer())
      return made(Expression::Kind::index, "", {std::move(of), constant(token.value, token)});
    --at_;
    return unexpected();
  }
  NN_CHECK(expect("["));
  std::vector<Expression> parts{std::move(of)};
  bool slice = false;
  for (int bound = 0; bound < 3; ++bound) {
    if (next_is(":") || next_is("]")) {
      parts.push_back(constant(nullptr, peek()));
    } else {
      NN_TRY(Expression part, expression());
      parts.push_back(std::move(part));
    }
    if (next_is("]")) break;
    NN_CHECK(expect(":"));
    slice = true;
  }
  NN_CHECK(expect("]"));
  if (!slice && parts[1].kind == Expression::Kind::constant && parts[1].value.is_null()) return refuse("the index is missing");
  while (slice && parts.size() < 4) parts.push_back(constant(nullptr, peek()));
  return made(slice ? Expression::Kind::slice : Expression::Kind::index, "", std::move(parts));
}

Result<Expression> ExpressionParser::filter_of(Expression of) {
  NN_CHECK(expect("|"));
  NN_TRY(std::string filter, name());
  NN_CHECK(check_filter_name(filter));
  std::vector<Expression> parts{std::move(of)};
  if (next_is("(")) {
    NN_TRY(std::vector<Expression> given, arguments());
    for (auto& each : given) parts.push_back(std::move(each));
  }
  NN_CHECK(check_filter_arguments(filter, parts.size() - 1));
  return made(Expression::Kind::filter, std::move(filter), std::move(parts));
}

Result<Expression> ExpressionParser::test_of(Expression of) {
  NN_CHECK(expect("is"));
  const bool inverted = take("not");
  const Token& token = peek();
  if (token.kind != Token::Kind::name) return unexpected();
  ++at_;
  NN_CHECK(check_test_name(token.spelling));
  if (starts_argument())
    return refuse(fmt::format("the test {} takes no argument here", in_quotes(token.spelling)),
                  "put the test into parentheses: (x is defined)");
  Expression test = made(Expression::Kind::test, token.spelling, {std::move(of)});
  return inverted ? made(Expression::Kind::inverse, "", {std::move(test)}) : std::move(test);
}

/// minijinja takes whatever may begin a value behind a test as the test's argument, even `if` and `not`.
bool ExpressionParser::starts_argument() const {
  const Token& token = peek();
  if (token.kind == Token::Kind::number || token.kind == Token::Kind::text) return true;
  if (token.kind == Token::Kind::name)
    return token.spelling != "and" && token.spelling != "or" && token.spelling != "else" && token.spelling != "is";
  return token.kind == Token::Kind::symbol && std::string_view("([{-+").find(token.spelling) != std::string_view::npos;
}

Result<std::vector<Expression>> ExpressionParser::arguments() {
  NN_CHECK(expect("("));
  std::vector<Expression> given;
  while (!take(")")) {
    if (peek().kind == Token::Kind::name && peek(1).spelling == "=" && peek(1).kind == Token::Kind::symbol)
      return refuse(fmt::format("the named argument {}= is not known here", peek().spelling), "give arguments by position");
    NN_TRY(Expression argument, expression());
    given.push_back(std::move(argument));
    if (!next_is(")")) NN_CHECK(expect(","));
  }
  return given;
}

Result<Expression> ExpressionParser::call_of(const Token& token) {
  if (token.spelling != "range")
    return refuse(fmt::format("the function {} is not known here", in_quotes(token.spelling)), "only range(...) can be called");
  NN_TRY(std::vector<Expression> given, arguments());
  if (given.empty() || given.size() > 3) return refuse("range takes one to three numbers");
  Expression call = made(Expression::Kind::call, token.spelling, std::move(given));
  call.offset = token.offset;
  return call;
}

Result<Expression> ExpressionParser::primary() {
  const Token& token = peek();
  switch (token.kind) {
    case Token::Kind::number:
    case Token::Kind::text:
      ++at_;
      if (peek().kind == Token::Kind::text || peek().kind == Token::Kind::number) return unexpected();
      return constant(token.value, token);
    case Token::Kind::symbol:
      ++at_;
      if (token.spelling == "(") {
        NN_TRY(Expression inner, expression());
        if (next_is(",")) return refuse("tuples are not known here", "write a list: [a, b]");
        NN_CHECK(expect(")"));
        return inner;
      }
      if (token.spelling == "[") return bracketed(token.offset);
      if (token.spelling == "{") return object_literal(token.offset);
      --at_;
      return unexpected();
    case Token::Kind::name:
      break;
    case Token::Kind::end:
      return unexpected();
  }
  if (token.spelling == "true" || token.spelling == "True") return ++at_, constant(true, token);
  if (token.spelling == "false" || token.spelling == "False") return ++at_, constant(false, token);
  if (token.spelling == "none" || token.spelling == "None") return ++at_, constant(nullptr, token);
  NN_TRY(std::string variable, name());
  if (next_is("(")) return call_of(token);
  Expression result = made(Expression::Kind::variable, std::move(variable), {});
  result.offset = token.offset;
  return result;
}

Result<Expression> ExpressionParser::bracketed(std::size_t offset) {
  std::vector<Expression> items;
  while (!take("]")) {
    NN_TRY(Expression item, expression());
    items.push_back(std::move(item));
    if (!next_is("]")) NN_CHECK(expect(","));
  }
  Expression list = made(Expression::Kind::list, "", std::move(items));
  list.offset = offset;
  return list;
}

Result<Expression> ExpressionParser::object_literal(std::size_t offset) {
  std::vector<Expression> members;
  while (!take("}")) {
    const Token& key = peek();
    if (key.kind != Token::Kind::text) return refuse("keys of { } must be texts in quotes");
    ++at_;
    NN_CHECK(expect(":"));
    NN_TRY(Expression member, expression());
    members.push_back(constant(key.value, key));
    members.push_back(std::move(member));
    if (!next_is("}")) NN_CHECK(expect(","));
  }
  Expression object = made(Expression::Kind::object, "", std::move(members));
  object.offset = offset;
  return object;
}

Result<Expression> parse_expression(std::string_view text, const HyphenNames& names) {
  std::size_t at = 0;
  bool trims = false;
  NN_TRY(const auto tokens, tokens_until(text, at, "", names, trims));
  ExpressionParser parser(tokens);
  NN_TRY(Expression expression, parser.expression());
  if (!parser.at_end()) return parser.unexpected();
  return expression;
}

std::optional<Chain> chain_of(const Expression& expression) {
  if (expression.kind == Expression::Kind::variable) return Chain{expression.name, {}};
  const bool attribute = expression.kind == Expression::Kind::attribute;
  const bool index = expression.kind == Expression::Kind::index && expression.children[1].kind == Expression::Kind::constant;
  if (!attribute && !index) return std::nullopt;
  auto chain = chain_of(expression.children[0]);
  if (chain) chain->path.push_back(attribute ? Json(expression.name) : expression.children[1].value);
  return chain;
}

void collect_chains(const Expression& expression, const std::set<std::string>& bound, std::vector<Chain>& out) {
  if (auto chain = chain_of(expression)) {
    if (!bound.contains(chain->root)) out.push_back(std::move(*chain));
    return;
  }
  for (const auto& child : expression.children) collect_chains(child, bound, out);
}

}  // namespace noetl::nats::playbook
