#include "engine/payload.hpp"

#include <fmt/format.h>

#include <cctype>

#include "base/bytes.hpp"

namespace noetl::nats {
namespace {

/// NoETL's parser refuses deeper JSON; it also bounds the recursion of everybody who reads our result.
constexpr std::size_t kDeepest = 127;
/// A double holds every number of 17 significant digits apart; more would be rounded.
constexpr std::size_t kDoubleDigits = 17;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// json.dumps of Python with its defaults: blanks after separators, members in order, ASCII only.
std::string python_json(const Json& value) {
  if (!value.is_structured()) return dump_ascii(value);
  std::string out = value.is_object() ? "{" : "[";
  bool first = true;
  for (const auto& [key, member] : value.items()) {
    if (!std::exchange(first, false)) out += ", ";
    if (value.is_object()) out += dump_ascii(Json(key)) + ": ";
    out += python_json(member);
  }
  return out + (value.is_object() ? "}" : "]");
}

std::string json_text(const Json& value, std::string_view compat) {
  if (compat != "python") return dump_sorted(value);
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";  // str(value) at the top, json.dumps below it
  return python_json(value);
}

/// A number's literal against what is left of it in a JSON value.
bool is_exact(std::string_view literal) {
  std::string digits;
  bool fraction = false;
  for (const char c : literal) {
    if (c == 'e' || c == 'E') {
      fraction = true;
      break;
    }
    if (c == '.')
      fraction = true;
    else if (c != '-' && c != '+' && (c != '0' || !digits.empty()))
      digits += c;
  }
  if (!fraction) return digits.size() < 19 || Json::parse(literal, nullptr, false).is_number_integer();
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits.size() <= kDoubleDigits;
}

/// Whether the JSON in `text` can be parsed and given back without losing anything. Text that is not JSON: any answer.
bool keeps_everything(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) return false;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      const auto end = std::min(text.find_first_not_of("+-.eE0123456789", i), text.size());
      if (!is_exact(text.substr(i, end - i))) return false;
      i = end - 1;
    }
  }
  return true;
}

}  // namespace

Result<std::string> payload_bytes(std::string_view field, const Json& value, std::string_view encoding, std::string_view compat) {
  const auto bad = [&](std::string_view what) { return fail(Code::invalid_argument, fmt::format("{}: {}", field, what)); };
  if (encoding == "base64" && !value.is_null()) {
    if (!value.is_string()) return bad("must be base64 text, because encoding is base64");
    auto bytes = base64_decode(value.get_ref<const std::string&>());
    return bytes ? std::move(bytes) : Result<std::string>(bad(bytes.error().message));
  }
  if (encoding != "json" && value.is_null()) return std::string();
  if (encoding != "json" && value.is_string()) return value.get<std::string>();
  return json_text(value, compat);
}

PayloadValue payload_value(std::string_view bytes, std::string_view encoding) {
  if (encoding == "base64" || !is_utf8(bytes)) return {base64_encode(bytes), "base64"};
  // The parser would skip a byte order mark without a word.
  if (encoding != "text" && !bytes.starts_with(kByteOrderMark) && keeps_everything(bytes)) {
    Json parsed = Json::parse(bytes, nullptr, false);
    if (!parsed.is_discarded()) return {std::move(parsed), "json"};
  }
  return {std::string(bytes), "utf-8"};
}

}  // namespace noetl::nats
