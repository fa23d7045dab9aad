#include "schema/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/coerce.hpp"
#include "base/names.hpp"
#include "base/units.hpp"

namespace noetl::nats::schema {
namespace {

std::string shown(const FieldInfo& info, const Json& value) {
  if (info.kind == Kind::secret || info.format == "url") return Secret::mask();
  return value.is_string() ? in_quotes(value.get_ref<const std::string&>()) : in_quotes(dump(value));
}

std::string article(const Json& value) {
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return value.type_name();
}

void check_text(const std::string& text, const FieldInfo& info, const std::string& path, Problems& problems) {
  if (const auto check = name_check(info.format))
    if (const auto problem = check(text)) add_problem(problems, path, fmt::format("{} {}", in_quotes(text), *problem));
  if (info.choices.empty() || std::find(info.choices.begin(), info.choices.end(), text) != info.choices.end()) return;
  std::string message = fmt::format("{} is not one of {}", in_quotes(text), fmt::join(info.choices, ", "));
  if (const auto likely = nearest(text, info.choices)) message += fmt::format("; did you mean {}?", *likely);
  add_problem(problems, path, message);
}

template <class T>
void check_range(T& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  const auto number = static_cast<double>(value);
  if (info.clamp) {
    if (info.min && number < *info.min) value = static_cast<T>(*info.min);
    if (info.max && number > *info.max) value = static_cast<T>(*info.max);
    return;
  }
  if (info.min && number < *info.min) add_problem(problems, path, fmt::format("must be at least {}", *info.min));
  if (info.max && number > *info.max) add_problem(problems, path, fmt::format("must be at most {}", *info.max));
}

template <class T>
void read_integer(T& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  const auto bad = [&] { add_problem(problems, path, fmt::format("must be a whole number, not {}", shown(info, value))); };
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (!std::in_range<T>(number)) return bad();
    out = static_cast<T>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (!std::in_range<T>(number)) return add_problem(problems, path, "must not be negative");
    out = static_cast<T>(number);
  } else if (value.is_number_float()) {
    const auto number = value.get<double>();
    if (number != std::floor(number) || std::abs(number) > 9007199254740992.0 || (std::is_unsigned_v<T> && number < 0)) return bad();
    out = static_cast<T>(number);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (problem != std::errc{} || end != text.data() + text.size()) return bad();
  } else {
    return bad();
  }
  check_range(out, info, path, problems);
}

Json parsed(const std::string& text) { return Json::parse(text, nullptr, false); }

}  // namespace

void add_problem(Problems& problems, const std::string& path, std::string message) { problems.push_back({path, std::move(message)}); }

void read_value(std::string& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  if (value.is_string())
    out = value.get<std::string>();
  else if (value.is_number() || value.is_boolean())
    out = dump(value);
  else
    return add_problem(problems, path, fmt::format("must be text, not {}", article(value)));
  check_text(out, info, path, problems);
}

void read_value(bool& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  if (const auto meant = as_boolean(value))
    out = *meant;
  else
    add_problem(problems, path, fmt::format("must be true or false, not {}", shown(info, value)));
}

void read_value(std::int64_t& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  read_integer(out, value, info, path, problems);
}

void read_value(std::uint64_t& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  read_integer(out, value, info, path, problems);
}

void read_value(double& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  const Json number = value.is_string() ? parsed(value.get<std::string>()) : value;
  if (!number.is_number()) return add_problem(problems, path, fmt::format("must be a number, not {}", shown(info, value)));
  out = number.get<double>();
  check_range(out, info, path, problems);
}

void read_value(Duration& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  if (!value.is_string() && !value.is_number())
    return add_problem(problems, path, fmt::format("must be a duration like 30s, not {}", article(value)));
  const auto read = parse_duration(value.is_string() ? value.get<std::string>() : dump(value), Nanos(info.unit_nanos));
  if (!read) return add_problem(problems, path, read.error().message);
  if (read->count() < 0 && !info.min) return add_problem(problems, path, "must not be negative");
  auto seconds = std::chrono::duration<double>(*read).count();
  const auto before = seconds;
  check_range(seconds, info, path, problems);
  out.value = seconds == before ? *read : std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
}

void read_value(Size& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  if (!value.is_string() && !value.is_number_integer())
    return add_problem(problems, path, fmt::format("must be a size like 512MiB, not {}", article(value)));
  const auto read = parse_size(value.is_string() ? value.get<std::string>() : dump(value));
  if (!read) return add_problem(problems, path, read.error().message);
  out.bytes = *read;
  check_range(out.bytes, info, path, problems);
}

void read_value(Time& out, const Json& value, const FieldInfo&, const std::string& path, Problems& problems) {
  if (!value.is_string()) return add_problem(problems, path, "must be a time like 2026-01-31T12:00:00Z");
  const auto read = parse_time(value.get<std::string>());
  if (!read) return add_problem(problems, path, read.error().message);
  out.unix_nanos = *read;
}

void read_value(Object& out, const Json& value, const FieldInfo&, const std::string& path, Problems& problems) {
  if (auto object = as_object(value))
    out.value = std::move(*object);
  else
    add_problem(problems, path, fmt::format("must be an object, not {}", article(value)));
}

void read_value(Secret& out, const Json& value, const FieldInfo&, const std::string& path, Problems& problems) {
  if (value.is_string())
    out = Secret(value.get<std::string>());
  else if (value.is_number() || value.is_boolean())
    out = Secret(dump(value));
  else
    add_problem(problems, path, "must be text");
}

void read_value(Json& out, const Json& value, const FieldInfo&, const std::string&, Problems&) { out = value; }

Json write_value(const Duration& value) { return format_duration(value.value); }
Json write_value(const Time& value) { return format_time(value.unix_nanos); }

}  // namespace noetl::nats::schema
