#include "base/coerce.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace noetl::nats {
namespace {

Json parsed(const Json& text) { return Json::parse(text.get_ref<const std::string&>(), nullptr, false); }

template <class T>
std::optional<Json> number_from(const std::string& text) {
  T number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Json(number);
}

}  // namespace

std::optional<Json> as_list(const Json& value, bool split_commas) {
  if (value.is_array()) return value;
  if (!value.is_string()) return std::nullopt;
  if (Json list = parsed(value); list.is_array()) return list;
  if (!split_commas) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  Json out = Json::array();
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto comma = std::min(text.find(',', start), text.size());
    auto item = text.substr(start, comma - start);
    item.erase(0, item.find_first_not_of(' '));
    item.erase(item.find_last_not_of(' ') + 1);
    if (!item.empty()) out.push_back(std::move(item));
    start = comma + 1;
  }
  return out;
}

std::optional<Json> as_object(const Json& value) {
  if (value.is_object()) return value;
  if (!value.is_string()) return std::nullopt;
  if (Json object = parsed(value); object.is_object()) return object;
  return std::nullopt;
}

std::optional<bool> as_boolean(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  std::string text = value.is_string() ? value.get<std::string>() : value.is_number_integer() ? dump(value) : "";
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

std::optional<Json> as_integer(const Json& value) {
  if (value.is_number_integer()) return value;
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    constexpr double kExact = 9007199254740992.0;  // 2^53: above, a double no longer tells neighbours apart
    if (number != std::floor(number) || std::abs(number) > kExact) return std::nullopt;
    return Json(static_cast<std::int64_t>(number));
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (auto number = number_from<std::int64_t>(text)) return number;
  return number_from<std::uint64_t>(text);
}

std::optional<std::string> as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return dump(value);
  return std::nullopt;
}

bool equal_values(const Json& a, const Json& b) { return nlohmann::json(a) == nlohmann::json(b); }

}  // namespace noetl::nats
