#include "engine/message_headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/coerce.hpp"
#include "base/names.hpp"

namespace noetl::nats {
namespace {

void read_value(wire::Headers& out, const std::string& name, const Json& value, const std::string& path, schema::Problems& problems) {
  if (value.is_null()) return;
  const auto text = as_text(value);
  if (!text) return problems.push_back({path, "a header is text, or a list of texts"});
  if (const auto wrong = check_header_value(*text)) return problems.push_back({path, fmt::format("the header's value {}", *wrong)});
  out.add(name, *text);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

wire::Headers read_headers(const Json& headers, const std::string& path, schema::Problems& problems) {
  wire::Headers out;
  for (const auto& [name, value] : headers.items()) {
    if (const auto wrong = check_header_name(name)) {
      problems.push_back({path, fmt::format("the header name {} {}", in_quotes(name), *wrong)});
      continue;
    }
    const auto at = path + "." + name;
    if (!value.is_array())
      read_value(out, name, value, at, problems);
    else
      for (const auto& each : value) read_value(out, name, each, at, problems);
  }
  return out;
}

Json headers_json(const wire::Headers& headers) {
  Json out = Json::object();
  for (const auto& [name, value] : headers.lines()) {
    const auto key = lower(name);
    if (!out.contains(key))
      out[key] = value;
    else if (out[key].is_array())
      out[key].push_back(value);
    else
      out[key] = Json::array({out[key], value});
  }
  return out;
}

}  // namespace noetl::nats
