#include "yaml/writer.hpp"

#include <fmt/format.h>

#include "yaml/scalar.hpp"

namespace noetl::nats::yaml {
namespace {

/// The code point that starts at `at`; the length of its sequence in `length`.
char32_t code_point(std::string_view text, std::size_t at, std::size_t& length) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const unsigned first = byte(0);
  length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 1) return first;
  char32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) value = (value << 6U) | (byte(i) & 0x3FU);
  return value;
}

bool needs_escape(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0, length = 1; at < text.size(); at += length) {
    const char32_t c = code_point(text, at, length);
    if (c == '"' || c == '\\')
      out += std::string("\\") + text[at];
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (needs_escape(c))
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += text.substr(at, length);
  }
  return out + "\"";
}

bool fits_a_block(const std::string& text) {
  if (text.find('\n') == std::string::npos || text.back() != '\n' || text.front() == ' ' || text.front() == '\n') return false;
  if (text.size() > 1 && text[text.size() - 2] == '\n') return false;  // would need "keep"
  for (std::size_t at = 0, length = 1; at < text.size(); at += length) {
    const char32_t c = code_point(text, at, length);
    if (c != '\n' && needs_escape(c)) return false;
  }
  return true;
}

void add_block(std::string& out, const std::string& text, std::size_t indent) {
  out += "|\n";
  for (std::size_t start = 0; start < text.size();) {
    const auto end = text.find('\n', start);
    if (end > start) out += std::string(indent, ' ') + text.substr(start, end - start);
    out += '\n';
    start = end + 1;
  }
}

std::string scalar(const Json& value) {
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  return stays_text(text) ? text : double_quoted(text);
}

void add_value(std::string& out, const Json& value, std::size_t indent, bool after_dash);

void add_entry(std::string& out, const Json& value, std::size_t indent) {
  if (value.is_string() && fits_a_block(value.get_ref<const std::string&>())) {
    out += ' ';
    add_block(out, value.get<std::string>(), indent + 2);
  } else if (value.is_structured() && !value.empty()) {
    out += '\n';
    add_value(out, value, indent + 2, false);
  } else {
    out += ' ' + (value.is_structured() ? value.dump() : scalar(value)) + '\n';
  }
}

void add_value(std::string& out, const Json& value, std::size_t indent, bool after_dash) {
  bool first = after_dash;
  const auto start_line = [&] {
    if (!first) out += std::string(indent, ' ');
    first = false;
  };
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      start_line();
      out += scalar(key) + ':';
      add_entry(out, member, indent);
    }
    return;
  }
  for (const auto& item : value) {
    start_line();
    out += '-';
    if (item.is_structured() && !item.empty()) {
      out += ' ';
      add_value(out, item, indent + 2, true);
    } else {
      add_entry(out, item, indent);
    }
  }
}

void add_json(std::string& out, const Json& value) {
  if (value.is_object()) {
    out += '{';
    for (auto member = value.begin(); member != value.end(); ++member) {
      if (member != value.begin()) out += ", ";
      out += double_quoted(member.key()) + ": ";
      add_json(out, member.value());
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i != 0) out += ", ";
      add_json(out, value[i]);
    }
    out += ']';
  } else {
    out += value.is_string() ? double_quoted(value.get_ref<const std::string&>()) : value.dump();
  }
}

}  // namespace

std::string write(const Json& value) {
  if (!value.is_structured() || value.empty()) return (value.is_structured() ? value.dump() : scalar(value)) + "\n";
  std::string out;
  add_value(out, value, 0, false);
  return out;
}

std::string write_as_json(const Json& value) {
  std::string out;
  add_json(out, value);
  return out;
}

}  // namespace noetl::nats::yaml
