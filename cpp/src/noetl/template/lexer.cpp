#include "noetl/template/lexer.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/names.hpp"

namespace noetl::nats::playbook {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Bytes of non-ASCII characters count as letters: step names may have them.
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}
bool continues_name(char c) { return starts_name(c) || is_digit(c); }

tl::unexpected<Error> refuse(std::string message) { return fail(Code::invalid_argument, std::move(message)); }

void append_utf8(std::string& out, std::uint32_t c) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0U | (c >> 6U)), add(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    add(0xE0U | (c >> 12U)), add(0x80U | ((c >> 6U) & 0x3FU)), add(0x80U | (c & 0x3FU));
  } else {
    add(0xF0U | (c >> 18U)), add(0x80U | ((c >> 12U) & 0x3FU)), add(0x80U | ((c >> 6U) & 0x3FU)), add(0x80U | (c & 0x3FU));
  }
}

class Lexer {
 public:
  Lexer(std::string_view text, std::size_t at, std::string_view closing, const HyphenNames& names)
      : text_(text), at_(at), closing_(closing), names_(names) {}

  Result<std::vector<Token>> run(bool& trims) {
    while (true) {
      while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
      if (at_ >= text_.size()) {
        if (!closing_.empty()) return refuse(fmt::format("{} is missing", in_quotes(closing_)));
        break;
      }
      if (closes(trims)) break;
      Token token;
      token.offset = at_;
      NN_CHECK(next(token));
      token.end = at_;
      tokens_.push_back(std::move(token));
    }
    Token end;
    end.offset = end.end = at_;
    tokens_.push_back(std::move(end));
    at_ += closing_.size();
    return std::move(tokens_);
  }

  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  /// At the closing mark, which may have a sign in front. Braces of object literals come first.
  bool closes(bool& trims) {
    if (closing_.empty() || depth_ > 0) return false;
    if (text_.substr(at_).starts_with(closing_)) return true;
    if ((text_[at_] == '-' || text_[at_] == '+') && text_.substr(at_ + 1).starts_with(closing_)) {
      trims = text_[at_] == '-';
      ++at_;
      return true;
    }
    return false;
  }

  Result<void> next(Token& token) {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return quoted(token);
    if (is_digit(c)) return number(token);
    if (starts_name(c)) return name(token), Result<void>{};
    return symbol(token);
  }

  void name(Token& token) {
    token.kind = Token::Kind::name;
    std::size_t end = at_;
    while (end < text_.size() && continues_name(text_[end])) ++end;
    const bool is_root = tokens_.empty() || tokens_.back().spelling != ".";
    if (is_root && end < text_.size() && text_[end] == '-') end = std::max(end, end_of_hyphen_name());
    token.spelling = text_.substr(at_, end - at_);
    at_ = end;
  }

  [[nodiscard]] std::size_t end_of_hyphen_name() const {
    std::size_t longest = 0;
    for (const auto& name : names_) {
      if (!text_.substr(at_).starts_with(name)) continue;
      const std::size_t end = at_ + name.size();
      if (end < text_.size() && (continues_name(text_[end]) || text_[end] == '-')) continue;
      longest = std::max(longest, end);
    }
    return longest;
  }

  Result<void> number(Token& token) {
    token.kind = Token::Kind::number;
    int base = 10;
    if (text_[at_] == '0' && at_ + 1 < text_.size()) {
      const char mark = static_cast<char>(text_[at_ + 1] | 0x20);
      base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    }
    if (base != 10) at_ += 2;
    std::string digits;
    bool is_float = false;
    const bool after_dot = !tokens_.empty() && tokens_.back().spelling == ".";  // items.0.1 has no number 0.1
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const bool is_hex_letter = base == 16 && std::isxdigit(static_cast<unsigned char>(c)) != 0;
      if (c == '_') continue;
      if (is_digit(c) || is_hex_letter) {
        digits += c;
      } else if (base == 10 && c == '.' && !is_float && !after_dot && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
        is_float = true;
        digits += c;
      } else if (base == 10 && (c == 'e' || c == 'E') && exponent_follows()) {
        is_float = true;
        digits += c;
        if (text_[at_ + 1] == '-' || text_[at_ + 1] == '+') digits += text_[++at_];
      } else {
        break;
      }
    }
    if (at_ < text_.size() && continues_name(text_[at_]))
      return refuse(fmt::format("the number at {} is not understood", in_quotes(text_.substr(token.offset, 20))));
    return value_of(token, digits, base, is_float);
  }

  [[nodiscard]] bool exponent_follows() const {
    std::size_t at = at_ + 1;
    if (at < text_.size() && (text_[at] == '-' || text_[at] == '+')) ++at;
    return at < text_.size() && is_digit(text_[at]);
  }

  static Result<void> value_of(Token& token, const std::string& digits, int base, bool is_float) {
    const char* end = digits.data() + digits.size();
    if (is_float) {
      double value = 0;
      const auto read = std::from_chars(digits.data(), end, value);
      if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value))
        return refuse(fmt::format("the number {} is out of range", digits));
      token.value = value;
      return {};
    }
    std::uint64_t value = 0;
    const auto read = std::from_chars(digits.data(), end, value, base);
    if (digits.empty() || read.ec != std::errc{} || read.ptr != end)
      return refuse(fmt::format("the number {} does not fit into 64 bits", in_quotes(digits)));
    if (value <= static_cast<std::uint64_t>(INT64_MAX))
      token.value = static_cast<std::int64_t>(value);
    else
      token.value = value;
    return {};
  }

  Result<void> quoted(Token& token) {
    token.kind = Token::Kind::text;
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] != '\\') {
        value += text_[at_++];
        continue;
      }
      NN_CHECK(escape(value));
    }
    if (at_ >= text_.size()) return refuse("a text in quotes does not end");
    ++at_;
    token.value = std::move(value);
    return {};
  }

  Result<void> escape(std::string& value) {
    if (at_ + 1 >= text_.size()) return refuse("a text in quotes does not end");
    const char c = text_[at_ + 1];
    constexpr std::string_view kNames = "ntrbf\\'\"";
    constexpr std::string_view kValues = "\n\t\r\b\f\\'\"";
    if (const auto found = kNames.find(c); found != std::string_view::npos) {
      value += kValues[found];
      at_ += 2;
      return {};
    }
    if (c == 'x' || c == 'u') return numeric_escape(value, c == 'x' ? 2 : 4);
    return refuse(fmt::format("the escape \\{} is not known here", c));
  }

  Result<std::uint32_t> hex_at(std::size_t at, std::size_t count) const {
    std::uint32_t value = 0;
    const auto digits = text_.substr(std::min(at, text_.size()), count);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != count || read.ptr != digits.data() + count) return refuse("an escape \\x or \\u lacks digits");
    return value;
  }

  Result<void> numeric_escape(std::string& value, std::size_t count) {
    NN_TRY(std::uint32_t c, hex_at(at_ + 2, count));
    at_ += 2 + count;
    if (c >= 0xD800 && c <= 0xDFFF) {
      if (c > 0xDBFF || !text_.substr(at_).starts_with("\\u")) return refuse("half of a surrogate pair is not a character");
      NN_TRY(const std::uint32_t low, hex_at(at_ + 2, 4));
      if (low < 0xDC00 || low > 0xDFFF) return refuse("half of a surrogate pair is not a character");
      c = 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00);
      at_ += 6;
    }
    append_utf8(value, c);
    return {};
  }

  Result<void> symbol(Token& token) {
    constexpr std::array<std::string_view, 27> kSymbols{"**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">",
                                                        "(",  ")",  "[",  "]",  "{",  "}",  ".", ",", ":", "|", "=", "!", ";"};
    token.kind = Token::Kind::symbol;
    for (const auto symbol : kSymbols) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      if (symbol == "{") ++depth_;
      if (symbol == "}") --depth_;
      token.spelling = symbol;
      at_ += symbol.size();
      return {};
    }
    return refuse(fmt::format("the character {} is not understood", in_quotes(text_.substr(at_, 1))));
  }

  std::string_view text_;
  std::size_t at_;
  std::string_view closing_;
  const HyphenNames& names_;
  std::vector<Token> tokens_;
  int depth_ = 0;
};

}  // namespace

Result<std::vector<Token>> tokens_until(std::string_view text, std::size_t& at, std::string_view closing, const HyphenNames& names,
                                        bool& trims) {
  trims = false;
  Lexer lexer(text, at, closing, names);
  auto tokens = lexer.run(trims);
  at = lexer.at();
  return tokens;
}

}  // namespace noetl::nats::playbook
