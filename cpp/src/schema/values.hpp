// How one JSON value becomes one C++ value, and back. Texts are accepted where a number, a boolean or JSON is meant, and
// numbers and booleans where a name is meant, because templates in playbooks turn one into the other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/coerce.hpp"
#include "base/secret.hpp"
#include "schema/struct_info.hpp"
#include "schema/types.hpp"

namespace noetl::nats::schema {

template <class T>
concept Described = requires {
  T::fields();
};

template <Described T>
const StructInfo& describe();

template <class T>
struct OptionalOf : std::false_type {
  using inner = T;
};
template <class T>
struct OptionalOf<std::optional<T>> : std::true_type {
  using inner = T;
};
template <class T>
struct ListOf : std::false_type {};
template <class T>
struct ListOf<std::vector<T>> : std::true_type {
  using inner = T;
};
template <class T>
struct MapOf : std::false_type {};
template <class T>
struct MapOf<std::map<std::string, T>> : std::true_type {
  using inner = T;
};

void read_value(std::string& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(bool& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(std::int64_t& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(std::uint64_t& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(double& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(Duration& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(Size& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(Time& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(Object& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(Secret& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);
void read_value(Json& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems);

// How a value that means a list or an object is read: base/coerce.hpp.
using noetl::nats::as_list;
using noetl::nats::as_object;
void add_problem(Problems& problems, const std::string& path, std::string message);

template <Described T>
void read_value(T& out, const Json& value, const FieldInfo&, const std::string& path, Problems& problems) {
  if (auto object = as_object(value)) return read_struct(describe<T>(), *object, &out, path, problems);
  add_problem(problems, path, "must be an object");
}

template <class T>
void read_value(std::vector<T>& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  const auto items = as_list(value, std::is_same_v<T, std::string>);
  if (!items) return add_problem(problems, path, "must be a list");
  for (std::size_t i = 0; i < items->size(); ++i) {
    T item{};
    read_value(item, (*items)[i], info, path + "[" + std::to_string(i) + "]", problems);
    out.push_back(std::move(item));
  }
}

template <class T>
void read_value(std::map<std::string, T>& out, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems) {
  const auto members = as_object(value);
  if (!members) return add_problem(problems, path, "must be an object");
  for (const auto& [key, member] : members->items()) read_value(out[key], member, info, path + "." + key, problems);
}

inline Json write_value(const std::string& value) { return value; }
inline Json write_value(bool value) { return value; }
inline Json write_value(std::int64_t value) { return value; }
inline Json write_value(std::uint64_t value) { return value; }
inline Json write_value(double value) { return value; }
inline Json write_value(const Size& value) { return value.bytes; }
inline Json write_value(const Object& value) { return value.value; }
inline Json write_value(const Json& value) { return value; }
inline Json write_value(const Secret& value) { return value.empty() ? Json("") : Json(Secret::mask()); }
Json write_value(const Duration& value);
Json write_value(const Time& value);
template <Described T>
Json write_value(const T& value) {
  return write_struct(describe<T>(), &value);
}
template <class T>
Json write_value(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T& value : values) out.push_back(write_value(value));
  return out;
}
template <class T>
Json write_value(const std::map<std::string, T>& values) {
  Json out = Json::object();
  for (const auto& [key, value] : values) out[key] = write_value(value);
  return out;
}

template <class T>
constexpr Kind kind_of() {
  if constexpr (std::is_same_v<T, std::string>)
    return Kind::text;
  else if constexpr (std::is_same_v<T, bool>)
    return Kind::boolean;
  else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t>)
    return Kind::integer;
  else if constexpr (std::is_same_v<T, double>)
    return Kind::number;
  else if constexpr (std::is_same_v<T, Duration>)
    return Kind::duration;
  else if constexpr (std::is_same_v<T, Size>)
    return Kind::size;
  else if constexpr (std::is_same_v<T, Time>)
    return Kind::time;
  else if constexpr (std::is_same_v<T, Object>)
    return Kind::object;
  else if constexpr (std::is_same_v<T, Secret>)
    return Kind::secret;
  else if constexpr (std::is_same_v<T, Json>)
    return Kind::json;
  else if constexpr (ListOf<T>::value)
    return Kind::list;
  else if constexpr (MapOf<T>::value)
    return Kind::map;
  else {
    static_assert(Described<T>, "a field's type is one of schema/types.hpp, a standard one, or a struct with fields()");
    return Kind::structure;
  }
}

}  // namespace noetl::nats::schema
