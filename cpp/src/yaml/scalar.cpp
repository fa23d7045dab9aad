#include "yaml/scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/names.hpp"

namespace noetl::nats::yaml {
namespace {

using std::string_view_literals::operator""sv;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Number {
  bool negative = false;
  int base = 10;
  std::string_view digits;
};

/// The parts of an integer, or nothing when the text is not one.
std::optional<Number> integer_in(std::string_view text) {
  Number number;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  constexpr std::array<std::pair<std::string_view, int>, 3> kPrefixes{{{"0x", 16}, {"0o", 8}, {"0b", 2}}};
  for (const auto& [prefix, base] : kPrefixes) {
    if (!text.starts_with(prefix)) continue;
    number.base = base;
    number.digits = text.substr(2);
    std::uint64_t value = 0;
    const auto* end = number.digits.data() + number.digits.size();
    const auto read = std::from_chars(number.digits.data(), end, value, base);
    if (number.digits.empty() || read.ptr != end) return std::nullopt;  // out of range leaves ptr behind the digits
    return number;
  }
  if (!all_digits(text) || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  number.digits = text;
  return number;
}

tl::unexpected<Error> too_large(std::string_view text) {
  return fail(Code::invalid_argument, fmt::format("the number {} does not fit into 64 bits", text),
              "write it in quotes to keep it as text");
}

Result<Json> integer_value(const Number& number, std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = number.digits.data() + number.digits.size();
  if (std::from_chars(number.digits.data(), end, value, number.base).ec != std::errc{}) return too_large(text);
  if (!number.negative) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return Json(static_cast<std::int64_t>(value));
    return Json(value);
  }
  constexpr std::uint64_t kLowest = std::uint64_t{1} << 63U;
  if (value > kLowest) return too_large(text);
  return Json(static_cast<std::int64_t>(~value + 1));
}

/// `[+-]? ( digits [. digits?] | . digits ) ( [eE] [+-]? digits )?` with a point or an exponent.
bool looks_like_float(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const auto start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const auto first = at;
  const auto whole = digits();
  if (whole > 1 && text[first] == '0') return false;
  bool marked = false;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    fraction = digits();
    marked = true;
  }
  if (whole + fraction == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
    marked = true;
  }
  return marked && at == text.size();
}

std::optional<double> float_in(std::string_view text) {
  if (!looks_like_float(text)) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc::result_out_of_range || !std::isfinite(value)) return std::nullopt;  // 1e400 is text, as in the engine
  return value;
}

bool is_special_float(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return is_one_of(text, {".inf"sv, ".Inf"sv, ".INF"sv, ".nan"sv, ".NaN"sv, ".NAN"sv});
}

}  // namespace

Result<Json> resolve_plain(std::string_view text) {
  if (is_one_of(text, {""sv, "~"sv, "null"sv, "Null"sv, "NULL"sv})) return Json(nullptr);
  if (is_one_of(text, {"true"sv, "True"sv, "TRUE"sv})) return Json(true);
  if (is_one_of(text, {"false"sv, "False"sv, "FALSE"sv})) return Json(false);
  if (const auto number = integer_in(text)) return integer_value(*number, text);
  if (const auto number = float_in(text)) return Json(*number);
  if (is_special_float(text))
    return fail(Code::invalid_argument, fmt::format("{} has no form in JSON", text), "write it in quotes to keep it as text");
  return Json(std::string(text));
}

bool stays_text(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  if (text.find_first_not_of(kPlain) != std::string_view::npos || text.front() == '-' || text.front() == '.') return false;
  // YAML 1.1 readers take these for booleans: quotes cost nothing.
  if (is_one_of(text, {"y"sv, "n"sv, "yes"sv, "no"sv, "on"sv, "off"sv, "Yes"sv, "No"sv, "On"sv, "Off"sv, "YES"sv, "NO"sv, "ON"sv, "OFF"sv}))
    return false;
  if (text.front() >= '0' && text.front() <= '9') return false;  // numbers, and what YAML 1.1 takes for dates or times
  const auto value = resolve_plain(text);
  return value && value->is_string();
}

}  // namespace noetl::nats::yaml
