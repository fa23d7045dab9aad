#include "support/subset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <regex>

namespace noetl::nats::testing {
namespace {

using Lines = std::vector<std::string>;

bool is_type(const std::string& placeholder, const Json& got) {
  static const std::map<std::string, std::function<bool(const Json&)>> types{
      {"$any", [](const Json&) { return true; }},
      {"$int", [](const Json& value) { return value.is_number_integer(); }},
      {"$number", [](const Json& value) { return value.is_number(); }},
      {"$text", [](const Json& value) { return value.is_string(); }},
      {"$bool", [](const Json& value) { return value.is_boolean(); }},
      {"$list", [](const Json& value) { return value.is_array(); }},
      {"$object", [](const Json& value) { return value.is_object(); }},
  };
  const auto found = types.find(placeholder);
  return found == types.end() ? got == placeholder : found->second(got);
}

Lines lacking(const Json& wanted, const Json& got, const std::string& path) {
  if (!got.is_array()) return {fmt::format("{}: {} is not a list", path, dump(got))};
  Lines out;
  for (const auto& each : wanted)
    if (std::none_of(got.begin(), got.end(), [&](const Json& item) { return differences(each, item).empty(); }))
      out.push_back(fmt::format("{}: has no {}", path, dump(each)));
  return out;
}

void append(Lines& out, Lines more) { out.insert(out.end(), more.begin(), more.end()); }

Lines members(const Json& want, const Json& got, const std::string& path) {
  if (!got.is_object()) return {fmt::format("{}: {} is not an object", path, dump(got))};
  Lines out;
  for (const auto& [name, each] : want.items()) {
    const std::string inner = path.empty() ? name : path + "." + name;
    const bool present = got.contains(name);
    if (each == "$absent") {
      if (present) out.push_back(fmt::format("{}: {} should be absent", inner, dump(got[name])));
    } else if (!present) {
      out.push_back(inner + ": is missing");
    } else {
      append(out, differences(each, got[name], inner));
    }
  }
  return out;
}

}  // namespace

Lines differences(const Json& want, const Json& got, const std::string& path) {
  if (want.is_string() && want.get_ref<const std::string&>().starts_with("$"))
    return is_type(want, got) ? Lines{} : Lines{fmt::format("{}: {} is not {}", path, dump(got), want.get<std::string>())};
  if (want.is_object() && want.size() == 1 && want.contains("$matches")) {
    const bool fits = got.is_string() && std::regex_search(got.get_ref<const std::string&>(), std::regex(want["$matches"].get<std::string>()));
    return fits ? Lines{} : Lines{fmt::format("{}: {} does not match {}", path, dump(got), dump(want["$matches"]))};
  }
  if (want.is_object() && want.size() == 1 && want.contains("$has")) return lacking(want["$has"], got, path);
  if (want.is_object()) return members(want, got, path);
  if (!want.is_array()) return want == got ? Lines{} : Lines{fmt::format("{}: {} instead of {}", path, dump(got), dump(want))};
  if (!got.is_array() || got.size() != want.size()) return {fmt::format("{}: {} is not a list of {}", path, dump(got), want.size())};
  Lines out;
  for (std::size_t i = 0; i < want.size(); ++i) append(out, differences(want[i], got[i], fmt::format("{}[{}]", path, i)));
  return out;
}

}  // namespace noetl::nats::testing
