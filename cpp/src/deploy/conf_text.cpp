// The configuration in the server's own syntax.
#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"
#include "deploy/server_conf.hpp"

namespace noetl::nats::deploy {
namespace {

bool is_plain_key(const std::string& key) {
  return !key.empty() && key != "include" && std::isalpha(static_cast<unsigned char>(key.front())) != 0 &&
         std::all_of(key.begin(), key.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

/// Quoted keys know no escapes in the server's lexer, so a quote can only stand between quotes of the other kind.
Result<std::string> rendered_key(const std::string& key) {
  if (is_plain_key(key)) return key;
  const bool control = std::any_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  const char quote = key.find('"') == std::string::npos ? '"' : '\'';
  if (key.empty() || control || key.find(quote) != std::string::npos)
    return fail(Code::invalid_argument, fmt::format("config: {} cannot be a name in the configuration of nats-server", in_quotes(key)));
  return fmt::format("{}{}{}", quote, key, quote);
}

/// Its escapes are \" \\ \n \r \t and \xHH; no \u as in JSON.
std::string rendered_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02X}", byte);
    else
      out += c;
  }
  return out + "\"";
}

/// Its lexer knows no exponents.
std::string rendered_number(double value) {
  std::string text = fmt::format("{:.15f}", value);
  text.erase(std::max(text.find_last_not_of('0'), text.find('.') + 1) + 1);
  return text;
}

Result<void> add_value(std::string& out, const Json& value, std::size_t depth);

Result<void> add_members(std::string& out, const Json& object, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  for (const auto& [key, value] : object.items()) {
    NN_TRY(const auto name, rendered_key(key));
    out += fmt::format("{}{}: ", indent, name);
    NN_CHECK(add_value(out, value, depth));
    out += "\n";
  }
  return {};
}

Result<void> add_value(std::string& out, const Json& value, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  if (value.is_object() && value.empty()) {
    out += "{}";
  } else if (value.is_object()) {
    out += "{\n";
    NN_CHECK(add_members(out, value, depth + 1));
    out += indent + "}";
  } else if (value.is_array()) {
    out += "[";
    for (const auto& item : value) {
      out += fmt::format("\n{}  ", indent);
      NN_CHECK(add_value(out, item, depth + 1));
    }
    out += value.empty() ? "]" : fmt::format("\n{}]", indent);
  } else if (value.is_string()) {
    out += rendered_text(value.get_ref<const std::string&>());
  } else if (value.is_number_float()) {
    out += rendered_number(value.get<double>());
  } else if (value.is_null()) {
    return fail(Code::invalid_argument, "config: null stands for nothing in a list of the configuration");
  } else {
    out += value.dump();
  }
  return {};
}

}  // namespace

Result<std::string> render(const Json& config) {
  std::string out = "# Written by noetl-nats deploy, which replaces it: give changes as parameters (config, accounts, jetstream).\n";
  NN_CHECK(add_members(out, config, 0));
  return out;
}

}  // namespace noetl::nats::deploy
