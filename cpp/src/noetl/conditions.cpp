#include "noetl/conditions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/names.hpp"

namespace noetl::nats::playbook {
namespace {

// Helper functions in front of each condition. number() gives () for what is none, and () compares false.
constexpr std::string_view kPrelude =
    "fn nn_number(v) { let t = v.to_string(); t.trim(); try { return parse_float(t); } catch { return (); } } "
    "fn nn_less(a, b) { let x = nn_number(a); let y = nn_number(b); x != () && y != () && x < y } "
    "fn nn_same(a, b) { if a.to_string() == b.to_string() { return true; } let x = nn_number(a); let y = nn_number(b); x != () && y != () "
    "&& x == y } "
    "fn nn_inner(v) { let t = v.to_string(); if t.len() < 2 { \"\" } else { t.sub_string(1, t.len() - 2) } } "
    "fn nn_trim(v) { let t = v.to_string(); t.trim(); t } "
    "fn nn_true(v) { !(v.to_string().to_lower() in [\"\", \"false\", \"0\", \"no\", \"none\", \"null\", \"off\", \"{}\", \"[]\", \"()\"]) "
    "} ";

/// A translated part: a text value, a number literal, or a truth value.
struct Part {
  enum class Kind { text, number, truth } kind = Kind::text;
  std::string rhai;

  [[nodiscard]] std::string truth() const { return kind == Kind::truth ? rhai : fmt::format("nn_true({})", rhai); }
};

class Translator {
 public:
  Translator(std::string_view text, const std::set<std::string>& steps, const RhaiVariable& variable)
      : text_(text), chains_(references_in(text, steps)), variable_(variable) {}

  Result<std::string> run() {
    NN_TRY(const Part part, either());
    skip();
    if (at_ < text_.size()) return unknown();
    return std::string(kPrelude) + part.truth();
  }

 private:
  // or < and < not < comparison < filtered value
  Result<Part> either() {
    NN_TRY(Part left, both());
    while (word("or")) {
      NN_TRY(const Part right, both());
      left = {Part::Kind::truth, fmt::format("({} || {})", left.truth(), right.truth())};
    }
    return left;
  }

  Result<Part> both() {
    NN_TRY(Part left, negated());
    while (word("and")) {
      NN_TRY(const Part right, negated());
      left = {Part::Kind::truth, fmt::format("({} && {})", left.truth(), right.truth())};
    }
    return left;
  }

  Result<Part> negated() {
    if (!word("not")) return compared();
    NN_TRY(const Part inner, negated());
    return Part{Part::Kind::truth, fmt::format("!({})", inner.truth())};
  }

  Result<Part> compared() {
    NN_TRY(Part left, filtered());
    skip();
    for (const std::string_view sign : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      at_ += sign.size();
      NN_TRY(const Part right, filtered());
      return Part{Part::Kind::truth, comparison(left, sign, right)};
    }
    const auto before = at_;
    const bool negative = word("not");
    if (word("in")) {
      NN_TRY(const Part right, filtered());
      return Part{Part::Kind::truth, fmt::format("{}contains({}, {})", negative ? "!" : "", right.rhai, left.rhai)};
    }
    at_ = before;
    return left;
  }

  static std::string comparison(const Part& left, std::string_view sign, const Part& right) {
    if (sign == "==" || sign == "!=") {
      const bool numeric = left.kind == Part::Kind::number || right.kind == Part::Kind::number;
      const auto same = numeric ? fmt::format("nn_same({}, {})", left.rhai, right.rhai)
                                : fmt::format("(({}).to_string() == ({}).to_string())", left.rhai, right.rhai);
      return sign == "==" ? same : "!" + same;
    }
    if (sign == "<") return fmt::format("nn_less({}, {})", left.rhai, right.rhai);
    if (sign == ">") return fmt::format("nn_less({}, {})", right.rhai, left.rhai);
    const auto [low, high] = sign == "<=" ? std::pair{left.rhai, right.rhai} : std::pair{right.rhai, left.rhai};
    return fmt::format("(nn_less({0}, {1}) || (nn_number({0}) != () && nn_number({0}) == nn_number({1})))", low, high);
  }

  Result<Part> filtered() {
    NN_TRY(Part part, value());
    while (skip(), at_ < text_.size() && text_[at_] == '|') {
      ++at_;
      skip();
      const auto name = name_here();
      at_ += name.size();
      if (name == "lower" || name == "upper")
        part.rhai = fmt::format("({}).to_string().to_{}()", part.rhai, name);
      else if (name == "trim")
        part.rhai = fmt::format("nn_trim({})", part.rhai);
      else if (name != "int" && name != "float")
        return fail(Code::invalid_argument,
                    fmt::format("the filter {} is not available in a condition of the local engine", in_quotes(name)),
                    "available are lower, upper, trim, int and float; or compute the value in a nats step first");
      if (part.kind == Part::Kind::truth) return unknown();
    }
    return part;
  }

  Result<Part> value() {
    skip();
    if (at_ >= text_.size()) return unknown();
    const char c = text_[at_];
    if (c == '(') {
      ++at_;
      NN_TRY(const Part inner, either());
      skip();
      if (at_ >= text_.size() || text_[at_] != ')') return unknown();
      ++at_;
      return inner;
    }
    if (c == '"' || c == '\'') return literal();
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 ||
        (c == '-' && at_ + 1 < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_ + 1])) != 0))
      return number();
    for (const auto& [name, meaning] : std::array<std::pair<std::string_view, std::string_view>, 7>{
             {{"true", "true"}, {"True", "true"}, {"false", "false"}, {"False", "false"}, {"none", ""}, {"None", ""}, {"null", ""}}})
      if (name_here() == name) return at_ += name.size(), Part{Part::Kind::text, rhai_literal(meaning)};
    const auto found = std::find_if(chains_.begin(), chains_.end(), [&](const Reference& each) { return each.begin == at_; });
    if (found == chains_.end()) return unknown();
    at_ = found->end;
    skip();
    if (at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '.' || text_[at_] == '(')) return unknown();
    NN_TRY(auto rhai, variable_(*found));
    return Part{Part::Kind::text, std::move(rhai)};
  }

  Result<Part> literal() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[++at_];
        out += next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next;
      } else {
        out += text_[at_];
      }
      ++at_;
    }
    if (at_ >= text_.size()) return unknown();
    ++at_;
    return Part{Part::Kind::text, rhai_literal(out)};
  }

  Result<Part> number() {
    const auto begin = at_++;
    while (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '.')) ++at_;
    return Part{Part::Kind::number, rhai_literal(text_.substr(begin, at_ - begin))};
  }

  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  [[nodiscard]] std::string_view name_here() const {
    std::size_t end = at_;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_')) ++end;
    return text_.substr(at_, end - at_);
  }
  bool word(std::string_view wanted) {
    skip();
    if (name_here() != wanted) return false;
    at_ += wanted.size();
    return true;
  }
  [[nodiscard]] tl::unexpected<Error> unknown() const {
    return fail(Code::invalid_argument,
                fmt::format("the condition is not understood at {}", in_quotes(at_ < text_.size() ? text_.substr(at_) : "its end")),
                "known are == != < > <= >= in, and, or, not, brackets, and the filters lower, upper, trim, int, float");
  }

  std::string_view text_;
  std::vector<Reference> chains_;
  const RhaiVariable& variable_;
  std::size_t at_ = 0;
};

}  // namespace

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string rhai_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out + "\"";
}

std::string without_braces(std::string_view condition) {
  std::string out;
  char quote = 0;  // a literal keeps its braces
  for (std::size_t i = 0; i < condition.size(); ++i) {
    const auto two = condition.substr(i, 2);
    if (quote == 0 && (two == "{{" || two == "}}")) {
      out += ' ', ++i;
      continue;
    }
    out += condition[i];
    if (quote != 0 && condition[i] == '\\' && i + 1 < condition.size())
      out += condition[++i];
    else if (quote != 0 ? condition[i] == quote : condition[i] == '"' || condition[i] == '\'')
      quote = quote != 0 ? '\0' : condition[i];
  }
  return trimmed(out);
}

Result<std::string> rhai_condition(std::string_view condition, const std::set<std::string>& steps, const RhaiVariable& variable) {
  const std::string text = without_braces(condition);
  return Translator(text, steps, variable).run();
}

bool is_simple_condition(std::string_view condition) {
  const std::string text = without_braces(condition);
  std::string bare;  // without string literals
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\'') {
      bare += text[i];
      continue;
    }
    const char quote = text[i++];
    while (i < text.size() && text[i] != quote) i += text[i] == '\\' ? 2 : 1;
  }
  std::size_t signs = 0;
  for (std::size_t i = 0; i + 1 < bare.size(); ++i)
    if (bare.compare(i, 2, "==") == 0 || bare.compare(i, 2, "!=") == 0) ++signs, ++i;
  if (bare.find_first_of("<>()|+*/%~,") != std::string::npos || signs > 1) return false;
  const std::string spaced = " " + bare + " ";
  for (const auto* each : {" and ", " or ", " not ", " is ", " if "})
    if (spaced.find(each) != std::string::npos) return false;
  return true;
}

}  // namespace noetl::nats::playbook
