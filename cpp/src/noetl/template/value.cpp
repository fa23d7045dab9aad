#include "noetl/template/value.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace noetl::nats::playbook {
namespace {

tl::unexpected<Error> refuse(std::string message, std::string hint = {}) {
  return fail(Code::invalid_argument, std::move(message), std::move(hint));
}

/// The shortest digits that read back, without an exponent and always with a point: 1e16 is 10000000000000000.0.
std::string plain_float(double value) {
  char buffer[64];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer));
  const auto mark = text.find('e');
  std::string digits;
  for (const char c : text.substr(0, mark))
    if (c != '.') digits += c;
  const int exponent = std::stoi(std::string(text.substr(mark + 1)));
  const std::string sign = std::signbit(value) ? "-" : "";
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  const std::string fraction = digits.substr(whole);
  return sign + digits.substr(0, whole) + "." + (fraction.empty() ? "0" : fraction);
}

/// As Python writes a float inside of a list: an exponent from 1e16 and below 1e-4.
std::string python_float(double value) {
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-4 && size < 1e16)) return plain_float(value);
  char buffer[40];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  return {buffer, written.ptr};
}

bool prints(std::uint32_t c) {
  return !(c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
           (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0x1680 || (c >= 0xE000 && c <= 0xF8FF) || c == 0xFEFF || c >= 0xF0000 ||
           (c >= 0xFFF0 && c <= 0xFFFB) || c == 0xFFFE || c == 0xFFFF);
}

std::uint32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  std::uint32_t value = first & (0xFFU >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) value = (value << 6U) | (static_cast<unsigned char>(character[i]) & 0x3FU);
  return value;
}

std::string python_text(const std::string& text) {
  const bool single = text.find('\'') == std::string::npos || text.find('"') != std::string::npos;
  const char quote = single ? '\'' : '"';
  std::string out(1, quote);
  for (const auto& character : characters(text)) {
    const std::uint32_t c = code_point(character);
    if (c == static_cast<unsigned char>(quote) || c == '\\')
      out += '\\' + character;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (prints(c))
      out += character;
    else if (c < 0x100)
      out += fmt::format("\\x{:02x}", c);
    else if (c < 0x10000)
      out += fmt::format("\\u{:04x}", c);
    else
      out += fmt::format("\\U{:08x}", c);
  }
  return out + quote;
}

/// Inside of a list or object.
std::string nested_text(const Json& value) {
  if (value.is_string()) return python_text(value.get_ref<const std::string&>());
  if (value.is_number_float()) return python_float(value.get<double>());
  if (is_undefined(value)) return "undefined";
  return text_of(value);
}

__extension__ typedef __int128 Wide;  // holds every sum and product of 64-bit numbers

std::optional<Json> narrow(Wide value) {
  if (value >= INT64_MIN && value <= INT64_MAX) return Json(static_cast<std::int64_t>(value));
  if (value > 0 && value <= static_cast<Wide>(UINT64_MAX)) return Json(static_cast<std::uint64_t>(value));
  return std::nullopt;
}

Wide wide(const Json& number) {
  return number.is_number_unsigned() ? static_cast<Wide>(number.get<std::uint64_t>()) : static_cast<Wide>(number.get<std::int64_t>());
}

Result<Json> fits(std::optional<Json> value, const std::string& symbol) {
  if (!value) return refuse(fmt::format("the result of {} does not fit into 64 bits", symbol));
  return std::move(*value);
}

Result<Json> integer_power(Wide base, Wide exponent) {
  Wide result = 1;
  for (Wide i = 0; i < exponent; ++i) {
    result *= base;
    if (result > static_cast<Wide>(UINT64_MAX) || result < INT64_MIN) return fits(std::nullopt, "**");
    if (result == 0 || (result == 1 && base == 1)) break;
    if (base == -1) return fits(narrow(exponent % 2 == 0 ? 1 : -1), "**");
  }
  return fits(narrow(result), "**");
}

Result<Json> on_integers(const std::string& symbol, Wide a, Wide b) {
  if (symbol == "+") return fits(narrow(a + b), symbol);
  if (symbol == "-") return fits(narrow(a - b), symbol);
  if (symbol == "*") return fits(narrow(a * b), symbol);  // 64 bits times 64 bits fit into 128
  if (symbol == "**") return integer_power(a, b);
  if (b == 0) return refuse(fmt::format("division by zero in {}", symbol));
  Wide quotient = a / b;
  Wide rest = a % b;
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1, rest += b;
  return fits(narrow(symbol == "%" ? rest : quotient), symbol);
}

Result<Json> on_floats(const std::string& symbol, double a, double b) {
  double result = 0;
  if (symbol == "+")
    result = a + b;
  else if (symbol == "-")
    result = a - b;
  else if (symbol == "*")
    result = a * b;
  else if (symbol == "**")
    result = std::pow(a, b);
  else if (b == 0)
    return refuse(fmt::format("division by zero in {}", symbol));
  else if (symbol == "/")
    result = a / b;
  else if (symbol == "//")
    result = std::floor(a / b);
  else
    result = a - b * std::floor(a / b);
  if (!std::isfinite(result)) return refuse(fmt::format("the result of {} is not a finite number", symbol));
  return Json(result);
}

Result<Json> repeated(const Json& what, const Json& times) {
  if (!times.is_number_integer()) return refuse("a text or list can be multiplied with a whole number only");
  const Wide count = std::max<Wide>(wide(times), 0);
  constexpr Wide kMost = 1'000'000;
  if (count * static_cast<Wide>(std::max<std::size_t>(what.is_string() ? what.get_ref<const std::string&>().size() : what.size(), 1)) >
      kMost)
    return refuse("the result of * is too long");
  if (what.is_string()) {
    std::string text;
    for (Wide i = 0; i < count; ++i) text += what.get_ref<const std::string&>();
    return Json(std::move(text));
  }
  Json list = Json::array();
  for (Wide i = 0; i < count; ++i)
    for (const auto& each : what) list.push_back(each);
  return list;
}

}  // namespace

Json defined(Json value) {
  if (is_undefined(value)) return nullptr;
  if (value.is_structured())
    for (auto& each : value) each = defined(std::move(each));
  return value;
}

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    out.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (is_undefined(value)) return "";
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_number_float()) return plain_float(value.get<double>());
  if (!value.is_structured()) return value.dump();
  std::string out = value.is_array() ? "[" : "{";
  bool first = true;
  for (const auto& each : value.items()) {
    if (!std::exchange(first, false)) out += ", ";
    if (value.is_object()) out += python_text(each.key()) + ": ";
    out += nested_text(each.value());
  }
  return out + (value.is_array() ? "]" : "}");
}

bool is_true(const Json& value) {
  if (is_undefined(value) || value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return as_double(value) != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

const char* type_name(const Json& value) {
  if (is_undefined(value)) return "undefined";
  if (value.is_null()) return "none";
  if (value.is_boolean()) return "a boolean";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a text";
  return value.is_array() ? "a list" : "an object";
}

std::optional<Json> as_number(const Json& value) {
  if (value.is_number()) return value;
  if (value.is_boolean()) return Json(static_cast<std::int64_t>(value.get<bool>()));
  return std::nullopt;
}

double as_double(const Json& number) { return number.get<double>(); }

bool equal(const Json& left, const Json& right) {
  const auto a = as_number(left), b = as_number(right);
  if (a && b) {
    if (a->is_number_integer() && b->is_number_integer()) return wide(*a) == wide(*b);
    return as_double(*a) == as_double(*b);
  }
  if (is_undefined(left) || is_undefined(right)) return is_undefined(left) && is_undefined(right);
  if (left.is_array() && right.is_array()) {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i)
      if (!equal(left[i], right[i])) return false;
    return true;
  }
  if (left.is_object() && right.is_object()) {
    if (left.size() != right.size()) return false;
    for (const auto& [key, value] : left.items())
      if (!right.contains(key) || !equal(value, right[key])) return false;
    return true;
  }
  return left.type() == right.type() && left == right;
}

Result<int> compare(const Json& left, const Json& right) {
  const auto sign = [](const auto& a, const auto& b) { return a < b ? -1 : b < a ? 1 : 0; };
  const auto a = as_number(left), b = as_number(right);
  if (a && b) {
    if (a->is_number_integer() && b->is_number_integer()) return sign(wide(*a), wide(*b));
    return sign(as_double(*a), as_double(*b));
  }
  if (left.is_string() && right.is_string()) return sign(left.get_ref<const std::string&>(), right.get_ref<const std::string&>());
  return refuse(fmt::format("{} cannot be compared with {}", type_name(left), type_name(right)),
                "convert with `| int`, `| float` or `| string`");
}

Result<bool> contains(const Json& container, const Json& item) {
  if (is_undefined(container)) return false;
  if (container.is_string()) return container.get_ref<const std::string&>().find(text_of(item)) != std::string::npos && !item.is_null();
  if (container.is_object()) return item.is_string() && container.contains(item.get_ref<const std::string&>());
  if (!container.is_array())
    return refuse(fmt::format("{} contains nothing: `in` needs a list, an object or a text", type_name(container)));
  for (const auto& each : container)
    if (equal(each, item)) return true;
  return false;
}

Result<Json> arithmetic(const std::string& symbol, const Json& left, const Json& right) {
  if (symbol == "~") return Json(text_of(left) + text_of(right));
  const auto a = as_number(left), b = as_number(right);
  if (a && b) {
    const bool whole = a->is_number_integer() && b->is_number_integer();
    if (whole && symbol != "/" && !(symbol == "**" && wide(*b) < 0)) return on_integers(symbol, wide(*a), wide(*b));
    return on_floats(symbol, as_double(*a), as_double(*b));
  }
  if (symbol == "+" && left.is_string() && right.is_string()) return Json(left.get<std::string>() + right.get<std::string>());
  if (symbol == "+" && left.is_array() && right.is_array()) {
    Json joined = left;
    for (const auto& each : right) joined.push_back(each);
    return joined;
  }
  if (symbol == "*" && (left.is_string() || left.is_array()) && b) return repeated(left, right);
  if (symbol == "*" && right.is_string() && a) return repeated(right, left);
  return refuse(fmt::format("{} {} {} is not possible", type_name(left), symbol, type_name(right)),
                "convert with `| int` or `| float`, or join texts with ~");
}

Result<Json> negated(const Json& value) {
  if (!value.is_number()) return refuse(fmt::format("{} has no negative", type_name(value)));
  if (value.is_number_float()) return Json(-value.get<double>());
  return fits(narrow(-wide(value)), "-");
}

Json member(const Json& of, const std::string& name) {
  if (!of.is_object()) return undefined();
  const auto found = of.find(name);
  return found == of.end() ? undefined() : *found;
}

Json item(const Json& of, const Json& index) {
  if (index.is_string()) return member(of, index.get_ref<const std::string&>());
  const auto number = as_number(index);
  if (!number || (number->is_number_float() && std::floor(as_double(*number)) != as_double(*number))) return undefined();
  const auto at_in = [&](std::size_t size) -> std::optional<std::size_t> {
    const double wanted = as_double(*number) < 0 ? as_double(*number) + static_cast<double>(size) : as_double(*number);
    if (wanted < 0 || wanted >= static_cast<double>(size)) return std::nullopt;
    return static_cast<std::size_t>(wanted);
  };
  if (of.is_array()) {
    const auto at = at_in(of.size());
    return at ? of[*at] : undefined();
  }
  if (of.is_string()) {
    const auto all = characters(of.get_ref<const std::string&>());
    const auto at = at_in(all.size());
    return at ? Json(all[*at]) : undefined();
  }
  return undefined();
}

Result<Json> slice(const Json& of, const Json& from, const Json& to, const Json& step) {
  if (!of.is_array() && !of.is_string() && !of.is_null() && !is_undefined(of))
    return refuse(fmt::format("{} cannot be sliced", type_name(of)));
  for (const auto* bound : {&from, &to, &step})
    if (!bound->is_null() && !bound->is_number_integer()) return refuse("the bounds of a slice must be whole numbers");
  if (!step.is_null() && step != 1) return refuse("a slice with a step is not known here");
  NN_TRY(const Json all, items_of(of));
  const auto size = static_cast<Wide>(all.size());
  const auto clamped = [&](const Json& bound, Wide otherwise) {
    Wide value = bound.is_null() ? otherwise : wide(bound);
    if (value < 0) value += size;
    return value < 0 ? Wide{0} : value > size ? size : value;
  };
  const Wide end = clamped(to, size);
  Json part = Json::array();
  for (Wide i = clamped(from, 0); i < end; ++i) part.push_back(all[static_cast<std::size_t>(i)]);
  if (!of.is_string()) return part;
  std::string text;
  for (const auto& each : part) text += each.get_ref<const std::string&>();
  return Json(std::move(text));
}

Result<Json> items_of(const Json& value) {
  Json items = Json::array();
  if (value.is_null() || is_undefined(value)) return items;
  if (value.is_array()) return value;
  if (value.is_object()) {
    for (const auto& each : value.items()) items.push_back(each.key());
    return items;
  }
  if (!value.is_string()) return refuse(fmt::format("{} cannot be gone through: a list, an object or a text can", type_name(value)));
  for (auto& each : characters(value.get_ref<const std::string&>())) items.push_back(std::move(each));
  return items;
}

}  // namespace noetl::nats::playbook
