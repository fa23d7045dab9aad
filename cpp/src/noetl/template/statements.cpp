#include "noetl/template/statements.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr int kDeepest = 50;  // of nested blocks
constexpr std::string_view kBlanks = " \t\r\n";

tl::unexpected<Error> refuse(std::string message, std::string hint = {}) {
  return fail(Code::invalid_argument, std::move(message), std::move(hint));
}

bool is_divider(std::string_view word) {
  static const std::set<std::string_view> kWords{"else", "elif", "endif", "endfor", "endset"};
  return kWords.contains(word);
}

/// The names before `in` or `=`: one, or several with commas, perhaps in parentheses.
Result<std::vector<std::string>> target(ExpressionParser& parser) {
  const bool bracket = parser.take("(");
  std::vector<std::string> names;
  do {
    NN_TRY(std::string name, parser.name());
    names.push_back(std::move(name));
  } while (parser.take(","));
  if (bracket) NN_CHECK(parser.expect(")"));
  return names;
}

Result<void> end_of(const ExpressionParser& parser) {
  if (parser.at_end()) return {};
  return parser.unexpected();
}

}  // namespace

Result<std::vector<Part>> StatementParser::run() {
  std::optional<Divider> divider;
  NN_TRY(auto parts, body(divider));
  if (divider) return refuse(fmt::format("{{% {} %}} has no beginning", divider->word));
  return parts;
}

void StatementParser::skip_blanks() {
  while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
}

void StatementParser::add_text(std::vector<Part>& parts, std::size_t end, bool trim_end) {
  std::string_view text = text_.substr(at_, end - at_);
  if (trim_end) text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  if (text.empty()) return;
  Part part;
  part.text = text;
  parts.push_back(std::move(part));
}

Result<std::vector<Part>> StatementParser::body(std::optional<Divider>& divider) {
  std::vector<Part> parts;
  while (at_ < text_.size()) {
    std::size_t open = at_;
    while (open < text_.size() &&
           !(text_[open] == '{' && open + 1 < text_.size() && std::string_view("{%#").find(text_[open + 1]) != std::string_view::npos))
      ++open;
    const bool at_end = open >= text_.size();
    const char sign = open + 2 < text_.size() ? text_[open + 2] : ' ';
    add_text(parts, open, !at_end && sign == '-');
    if (at_end) break;
    const char kind = text_[open + 1];
    at_ = open + 2 + (sign == '-' || (sign == '+' && kind != '#') ? 1 : 0);
    bool trims = false;
    if (kind == '#') {
      const auto close = text_.find("#}", open + 2);
      if (close == std::string_view::npos) return refuse("a comment {# does not end");
      trims = close > open + 2 && text_[close - 1] == '-';
      at_ = close + 2;
    } else if (kind == '{') {
      NN_TRY(const auto tokens, tokens_until(text_, at_, "}}", names_, trims));
      ExpressionParser parser(tokens);
      Part part;
      part.kind = Part::Kind::output;
      NN_TRY(part.expression, parser.expression());
      NN_CHECK(end_of(parser));
      parts.push_back(std::move(part));
    } else {
      NN_TRY(auto tokens, tokens_until(text_, at_, "%}", names_, trims));
      if (trims) skip_blanks();
      if (tokens.front().spelling == "raw" && tokens.size() == 2) {
        Part part;
        NN_TRY(part.text, raw());
        if (!part.text.empty()) parts.push_back(std::move(part));
        continue;
      }
      NN_TRY(Part part, statement(std::move(tokens), divider));
      if (divider) return parts;
      parts.push_back(std::move(part));
      continue;
    }
    if (trims) skip_blanks();
  }
  return parts;
}

/// Up to {% endraw %}, with the signs that trim blanks.
Result<std::string> StatementParser::raw() {
  const std::size_t start = at_;
  for (std::size_t open = text_.find("{%", at_); open != std::string_view::npos; open = text_.find("{%", open + 2)) {
    std::size_t at = open + 2;
    const bool trim_before = at < text_.size() && text_[at] == '-';
    if (trim_before || (at < text_.size() && text_[at] == '+')) ++at;
    at = std::min(text_.find_first_not_of(kBlanks, at), text_.size());
    if (!text_.substr(at).starts_with("endraw")) continue;
    at = std::min(text_.find_first_not_of(kBlanks, at + 6), text_.size());
    const bool trim_after = at < text_.size() && text_[at] == '-';
    if (trim_after || (at < text_.size() && text_[at] == '+')) ++at;
    if (!text_.substr(at).starts_with("%}")) continue;
    std::string content(text_.substr(start, open - start));
    if (trim_before) content.resize(content.find_last_not_of(kBlanks) + 1);
    at_ = at + 2;
    if (trim_after) skip_blanks();
    return content;
  }
  return refuse("{% raw %} has no {% endraw %}");
}

Result<Part> StatementParser::statement(std::vector<Token> tokens, std::optional<Divider>& divider) {
  if (tokens.front().kind != Token::Kind::name) return refuse("{% %} needs a statement");
  const std::string word = tokens.front().spelling;
  tokens.erase(tokens.begin());
  if (is_divider(word)) {
    divider = Divider{word, std::move(tokens)};
    return Part{};
  }
  if (++depth_ > kDeepest) return refuse(fmt::format("blocks are nested more than {} deep", kDeepest));
  Result<Part> part = word == "if"    ? condition(tokens)
                      : word == "for" ? loop(tokens)
                      : word == "set"
                          ? assignment(tokens)
                          : refuse(fmt::format("the statement {{% {} %}} is not known here", word), "known are if, for, set and raw");
  --depth_;
  return part;
}

/// The parts up to one of `dividers`.
Result<std::vector<Part>> StatementParser::block(const std::string& of, std::initializer_list<std::string_view> dividers, Divider& found) {
  std::optional<Divider> divider;
  NN_TRY(auto parts, body(divider));
  if (!divider) return refuse(fmt::format("{{% {} %}} has no {{% end{} %}}", of, of));
  if (std::find(dividers.begin(), dividers.end(), divider->word) == dividers.end())
    return refuse(fmt::format("{{% {} %}} is not expected in {{% {} %}}", divider->word, of));
  if (divider->word != "elif" && divider->tokens.size() > 1) return refuse(fmt::format("{{% {} %}} takes nothing more", divider->word));
  found = std::move(*divider);
  return parts;
}

Result<Part> StatementParser::condition(const std::vector<Token>& tokens) {
  Part part;
  part.kind = Part::Kind::condition;
  Divider next{"if", tokens};
  while (next.word != "endif") {
    Part::Branch branch;
    const bool is_else = next.word == "else";
    if (!is_else) {
      ExpressionParser parser(next.tokens);
      NN_TRY(branch.when, parser.without_conditional());
      NN_CHECK(end_of(parser));
    }
    Divider found;
    if (is_else) {
      NN_TRY(branch.body, block("if", {"endif"}, found));
    } else {
      NN_TRY(branch.body, block("if", {"elif", "else", "endif"}, found));
    }
    part.branches.push_back(std::move(branch));
    next = std::move(found);
  }
  return part;
}

Result<Part> StatementParser::loop(const std::vector<Token>& tokens) {
  Part part;
  part.kind = Part::Kind::loop;
  ExpressionParser parser(tokens);
  NN_TRY(part.names, target(parser));
  NN_CHECK(parser.expect("in"));
  NN_TRY(part.expression, parser.without_conditional());
  if (parser.take("if")) {
    NN_TRY(part.filter, parser.without_conditional());
  }
  NN_CHECK(end_of(parser));
  Divider found;
  part.branches.resize(1);
  const std::size_t start = at_;
  NN_TRY(part.branches[0].body, block("for", {"else", "endfor"}, found));
  part.reads_loop = text_.substr(start, at_ - start).find("loop") != std::string_view::npos;
  if (found.word == "else") {
    part.branches.resize(2);
    NN_TRY(part.branches[1].body, block("for", {"endfor"}, found));
  }
  return part;
}

Result<Part> StatementParser::assignment(const std::vector<Token>& tokens) {
  Part part;
  part.kind = Part::Kind::assignment;
  ExpressionParser parser(tokens);
  NN_TRY(part.names, target(parser));
  if (parser.take("=")) {
    NN_TRY(part.expression, parser.expression());
    NN_CHECK(end_of(parser));
    return part;
  }
  NN_CHECK(end_of(parser));
  part.captures = true;
  Divider found;
  part.branches.resize(1);
  NN_TRY(part.branches[0].body, block("set", {"endset"}, found));
  return part;
}

}  // namespace noetl::nats::playbook
