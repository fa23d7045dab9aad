#include "noetl/template/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "noetl/template/letters.hpp"
#include "noetl/template/value.hpp"

namespace noetl::nats::playbook {
namespace {

using Arguments = std::span<const Json>;

tl::unexpected<Error> refuse(std::string message, std::string hint = {}) {
  return fail(Code::invalid_argument, std::move(message), std::move(hint));
}

Result<Json> filter_default(const Json& value, Arguments arguments) {
  const bool absent = is_undefined(value) || (arguments.size() > 1 && is_true(arguments[1]) && !is_true(value));
  if (!absent) return value;
  return arguments.empty() ? Json("") : arguments[0];
}

/// As Python's json.dumps writes it, with < > & ' escaped so that the text may stand anywhere.
void add_json(std::string& out, const Json& value) {
  if (value.is_structured()) {
    out += value.is_array() ? '[' : '{';
    bool first = true;
    for (const auto& each : value.items()) {
      if (!std::exchange(first, false)) out += ", ";
      if (value.is_object()) {
        add_json(out, each.key());
        out += ": ";
      }
      add_json(out, each.value());
    }
    out += value.is_array() ? ']' : '}';
    return;
  }
  if (value.is_number_float()) {
    const double size = std::fabs(value.get<double>());
    std::string text = size == 0 || (size >= 1e-5 && size < 1e16) ? text_of(value) : value.dump();  // 0.00001, but 1e-6
    if (const auto zero = text.find("e-0"); zero != std::string::npos) text.erase(zero + 2, 1);
    out += text;
    return;
  }
  for (const char c : dump(value)) {
    if (c == '<')
      out += "\\u003c";
    else if (c == '>')
      out += "\\u003e";
    else if (c == '&')
      out += "\\u0026";
    else if (c == '\'')
      out += "\\u0027";
    else
      out += c;
  }
}

Result<Json> filter_tojson(const Json& value, Arguments) {
  std::string out;
  add_json(out, defined(value));
  return Json(std::move(out));
}

Result<Json> filter_fromjson(const Json& value, Arguments) {
  if (!value.is_string()) return refuse(fmt::format("fromjson needs a text, not {}", type_name(value)));
  Json read = Json::parse(value.get_ref<const std::string&>(), nullptr, false);
  if (read.is_discarded()) return refuse("fromjson: the text is not JSON");
  return read;
}

/// What a text says as a float: digits with point and exponent, as a whole.
std::optional<double> float_in(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Json> integer_in(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return Json(value);
}

Result<Json> truncated(double value) {
  if (std::fabs(value) >= 9.2e18) return refuse("int: the number does not fit into 64 bits");
  return Json(static_cast<std::int64_t>(value));
}

Result<Json> filter_int(const Json& value, Arguments arguments) {
  if (is_undefined(value) || value.is_null()) return arguments.empty() ? Json(std::int64_t{0}) : arguments[0];
  if (value.is_number_float()) return truncated(value.get<double>());
  if (const auto number = as_number(value)) return *number;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (auto number = integer_in(text)) return std::move(*number);
    if (const auto number = float_in(text)) return truncated(*number);
    if (!arguments.empty()) return arguments[0];
  }
  return refuse(fmt::format("int: {} that is no number", type_name(value)));
}

Result<Json> filter_float(const Json& value, Arguments arguments) {
  if (is_undefined(value) || value.is_null()) return arguments.empty() ? Json(0.0) : arguments[0];
  if (const auto number = as_number(value)) return Json(as_double(*number));
  if (value.is_string()) {
    if (const auto number = float_in(value.get_ref<const std::string&>())) return Json(*number);
    if (!arguments.empty()) return arguments[0];
  }
  return refuse(fmt::format("float: {} that is no number", type_name(value)));
}

Result<Json> filter_length(const Json& value, Arguments) {
  if (is_undefined(value)) return Json(std::int64_t{0});
  if (value.is_string()) return Json(static_cast<std::int64_t>(characters(value.get_ref<const std::string&>()).size()));
  if (value.is_structured()) return Json(static_cast<std::int64_t>(value.size()));
  return refuse(fmt::format("{} has no length", type_name(value)));
}

Result<Json> filter_upper(const Json& value, Arguments) {
  NN_TRY(auto text, upper(text_of(value)));
  return Json(std::move(text));
}

Result<Json> filter_lower(const Json& value, Arguments) {
  NN_TRY(auto text, lower(text_of(value)));
  return Json(std::move(text));
}

Result<Json> filter_trim(const Json& value, Arguments arguments) {
  const auto all = characters(text_of(value));
  const auto stripped = arguments.empty() ? std::vector<std::string>{} : characters(text_of(arguments[0]));
  const auto goes = [&](const std::string& each) {
    return arguments.empty() ? is_white_space(each) : std::find(stripped.begin(), stripped.end(), each) != stripped.end();
  };
  auto first = std::find_if_not(all.begin(), all.end(), goes);
  auto last = std::find_if_not(all.rbegin(), std::make_reverse_iterator(first), goes).base();
  std::string out;
  for (; first != last; ++first) out += *first;
  return Json(std::move(out));
}

Result<Json> filter_replace(const Json& value, Arguments arguments) {
  const std::string text = text_of(value), from = text_of(arguments[0]), to = text_of(arguments[1]);
  if (from.empty()) return refuse("replace: the text to replace is empty");
  std::int64_t left = INT64_MAX;
  if (arguments.size() > 2) {
    if (!arguments[2].is_number_integer()) return refuse("replace: the count must be a whole number");
    left = arguments[2].get<std::int64_t>();
  }
  std::string out;
  std::size_t at = 0;
  for (std::size_t found = 0; left > 0 && (found = text.find(from, at)) != std::string::npos; --left) {
    out += text.substr(at, found - at) + to;
    at = found + from.size();
  }
  return Json(out + text.substr(at));
}

Result<Json> filter_split(const Json& value, Arguments arguments) {
  if (!value.is_string()) return refuse(fmt::format("split needs a text, not {}", type_name(value)));
  const auto& text = value.get_ref<const std::string&>();
  Json parts = Json::array();
  if (arguments.empty() || arguments[0].is_null()) {
    if (arguments.size() > 1) return refuse("split: a limit needs a separator");
    std::string part;
    for (const auto& each : characters(text)) {
      if (!is_white_space(each))
        part += each;
      else if (!part.empty())
        parts.push_back(std::exchange(part, ""));
    }
    if (!part.empty()) parts.push_back(part);
    return parts;
  }
  if (!arguments[0].is_string() || arguments[0].get_ref<const std::string&>().empty())
    return refuse("split: the separator must be a text that is not empty");
  const auto& separator = arguments[0].get_ref<const std::string&>();
  std::int64_t left = INT64_MAX;
  if (arguments.size() > 1) {
    if (!arguments[1].is_number_integer()) return refuse("split: the limit must be a whole number");
    left = arguments[1].get<std::int64_t>();
  }
  std::size_t at = 0;
  for (std::size_t found = 0; left > 0 && (found = text.find(separator, at)) != std::string::npos; --left) {
    parts.push_back(text.substr(at, found - at));
    at = found + separator.size();
  }
  parts.push_back(text.substr(at));
  return parts;
}

Result<Json> filter_join(const Json& value, Arguments arguments) {
  if (!arguments.empty() && !arguments[0].is_string()) return refuse("join: the separator must be a text");
  if (value.is_number() || value.is_boolean()) return refuse(fmt::format("{} cannot be joined", type_name(value)));
  NN_TRY(const Json items, items_of(value));
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0 && !arguments.empty()) out += arguments[0].get_ref<const std::string&>();
    out += text_of(items[i]);
  }
  return Json(std::move(out));
}

Result<Json> at_end(const Json& value, bool last) {
  if (is_undefined(value)) return last ? Result<Json>(refuse("undefined has no last item")) : Result<Json>(undefined());
  if (!value.is_string() && !value.is_structured())
    return refuse(fmt::format("{} has no {} item", type_name(value), last ? "last" : "first"));
  NN_TRY(const Json items, items_of(value));
  if (items.empty()) return undefined();
  return last ? items.back() : items.front();
}

Result<Json> filter_first(const Json& value, Arguments) { return at_end(value, false); }
Result<Json> filter_last(const Json& value, Arguments) { return at_end(value, true); }
Result<Json> filter_b64encode(const Json& value, Arguments) { return Json(base64_encode(text_of(value))); }

Result<Json> filter_b64decode(const Json& value, Arguments) {
  if (!value.is_string()) return refuse(fmt::format("b64decode needs a text, not {}", type_name(value)));
  const auto bytes = base64_decode(value.get_ref<const std::string&>());
  if (!bytes) return refuse("b64decode: the text is not base64");
  if (!is_utf8(*bytes)) return refuse("b64decode: the bytes are not UTF-8 text", "pass the base64 text on with encoding: base64");
  return Json(*bytes);
}

Result<Json> filter_string(const Json& value, Arguments) { return is_undefined(value) ? Json("") : Json(text_of(value)); }
Result<Json> filter_bool(const Json& value, Arguments) { return Json(is_true(value)); }
Result<Json> filter_list(const Json& value, Arguments) { return items_of(value); }

Result<Json> filter_abs(const Json& value, Arguments) {
  if (!value.is_number()) return refuse(fmt::format("abs needs a number, not {}", type_name(value)));
  if (value.is_number_float()) return Json(std::fabs(value.get<double>()));
  return as_double(value) < 0 ? negated(value) : Result<Json>(value);
}

struct Filter {
  Result<Json> (*apply)(const Json&, Arguments);
  std::size_t least, most;  ///< arguments
};

const std::map<std::string, Filter>& filters() {
  static const std::map<std::string, Filter> all{{"default", {filter_default, 0, 2}},
                                                 {"d", {filter_default, 0, 2}},
                                                 {"tojson", {filter_tojson, 0, 0}},
                                                 {"fromjson", {filter_fromjson, 0, 0}},
                                                 {"int", {filter_int, 0, 1}},
                                                 {"float", {filter_float, 0, 1}},
                                                 {"length", {filter_length, 0, 0}},
                                                 {"count", {filter_length, 0, 0}},
                                                 {"upper", {filter_upper, 0, 0}},
                                                 {"lower", {filter_lower, 0, 0}},
                                                 {"trim", {filter_trim, 0, 1}},
                                                 {"replace", {filter_replace, 2, 3}},
                                                 {"split", {filter_split, 0, 2}},
                                                 {"join", {filter_join, 0, 1}},
                                                 {"first", {filter_first, 0, 0}},
                                                 {"last", {filter_last, 0, 0}},
                                                 {"b64encode", {filter_b64encode, 0, 0}},
                                                 {"b64decode", {filter_b64decode, 0, 0}},
                                                 {"string", {filter_string, 0, 0}},
                                                 {"bool", {filter_bool, 0, 0}},
                                                 {"list", {filter_list, 0, 0}},
                                                 {"abs", {filter_abs, 0, 0}}};
  return all;
}

const std::map<std::string, bool (*)(const Json&)>& tests() {
  static const std::map<std::string, bool (*)(const Json&)> all{{"defined", [](const Json& v) { return !is_undefined(v); }},
                                                                {"undefined", [](const Json& v) { return is_undefined(v); }},
                                                                {"none", [](const Json& v) { return v.is_null(); }},
                                                                {"string", [](const Json& v) { return v.is_string(); }},
                                                                {"number", [](const Json& v) { return v.is_number() || v.is_boolean(); }},
                                                                {"integer", [](const Json& v) { return v.is_number_integer(); }},
                                                                {"float", [](const Json& v) { return v.is_number_float(); }},
                                                                {"boolean", [](const Json& v) { return v.is_boolean(); }},
                                                                {"true", [](const Json& v) { return v == true; }},
                                                                {"false", [](const Json& v) { return v == false; }},
                                                                {"sequence", [](const Json& v) { return v.is_array() || is_undefined(v); }},
                                                                {"mapping", [](const Json& v) { return v.is_object(); }}};
  return all;
}

template <class Map>
Result<void> known(const Map& map, const std::string& name, const char* what) {
  if (map.contains(name)) return {};
  std::vector<std::string> names;
  for (const auto& [each, unused] : map) names.push_back(each);
  std::string all = fmt::format("known are: {}", fmt::join(names, ", "));
  const auto likely = nearest(name, names);
  return refuse(fmt::format("the {} {} is not known here{}", what, in_quotes(name), likely ? "; did you mean " + *likely + "?" : ""),
                std::move(all));
}

}  // namespace

Result<void> check_filter_name(const std::string& name) { return known(filters(), name, "filter"); }
Result<void> check_test_name(const std::string& name) { return known(tests(), name, "test"); }

Result<void> check_filter_arguments(const std::string& name, std::size_t count) {
  const Filter& filter = filters().at(name);
  if (count >= filter.least && count <= filter.most) return {};
  return refuse(fmt::format("the filter {} takes {} arguments here, not {}", in_quotes(name),
                            filter.least == filter.most ? std::to_string(filter.least) : fmt::format("{} to {}", filter.least, filter.most),
                            count));
}

Result<Json> apply_filter(const std::string& name, const Json& value, std::span<const Json> arguments) {
  return filters().at(name).apply(value, arguments);
}

Result<bool> apply_test(const std::string& name, const Json& value) { return tests().at(name)(value); }

}  // namespace noetl::nats::playbook
