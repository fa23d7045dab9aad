#include "engine/row_template.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/coerce.hpp"
#include "base/names.hpp"

namespace noetl::nats {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// A member of that very name, else a path into objects. Null: not there.
const Json* find_in(const Json& row, std::string_view name) {
  if (!row.is_object()) return nullptr;
  if (const auto found = row.find(std::string(name)); found != row.end()) return &*found;
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const auto inner = row.find(std::string(name.substr(0, dot)));
  return inner == row.end() ? nullptr : find_in(*inner, name.substr(dot + 1));
}

}  // namespace

RowTemplate RowTemplate::parse(std::string_view text, const std::string& path, schema::Problems& problems) {
  RowTemplate out;
  std::string before;
  while (true) {
    const auto open = text.find("{{");
    before += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find("}}", open);
    if (close == std::string_view::npos) {
      problems.push_back({path, "{{ without }}"});
      return out;
    }
    const auto name = trimmed(text.substr(open + 2, close - open - 2));
    if (name.empty() || name.find_first_of("{}|()[]'\"+~") != std::string_view::npos) {
      problems.push_back({path, fmt::format("only the name of a field can stand between {{{{ and }}}}, not {}", in_quotes(name))});
      return out;
    }
    out.parts_.push_back({std::exchange(before, {}), std::string(name)});
    text.remove_prefix(close + 2);
  }
  out.rest_ = std::move(before);
  return out;
}

std::vector<std::string> RowTemplate::names() const {
  std::vector<std::string> out;
  for (const auto& each : parts_) out.push_back(each.name);
  return out;
}

Result<std::string> RowTemplate::fill(const Json& row) const {
  std::string out;
  for (const auto& [before, name] : parts_) {
    const Json* value = find_in(row, name);
    if (value == nullptr) return fail(Code::invalid_argument, fmt::format("there is no field {}", in_quotes(name)));
    const auto text = as_text(*value);
    if (!text) return fail(Code::invalid_argument, fmt::format("the field {} is no text, number or boolean", in_quotes(name)));
    out += before;
    out += *text;
  }
  return out + rest_;
}

}  // namespace noetl::nats
