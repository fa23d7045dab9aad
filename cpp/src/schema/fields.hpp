// Described structs: a struct says what its members mean, and reading, checking, writing and documenting follow.
//
//   struct In {
//     std::string bucket;
//     std::optional<std::uint64_t> revision;
//     static auto fields() { return std::tuple{
//       field("bucket", &In::bucket, "Bucket to read from.").format("bucket-name").positional(),
//       field("revision", &In::revision, "Read this revision instead of the latest.")}; }
//   };
//
// A member is required unless it is a std::optional, a bool, has a default that differs from an empty value, or says
// `.defaulted()` (an empty text, list or 0 is its meaningful default).
#pragma once

#include <tuple>
#include <utility>

#include "schema/values.hpp"

namespace noetl::nats::schema {

template <class S, class M>
class Field {
 public:
  Field(const char* name, M S::*member, const char* doc) : member_(member) {
    info_.name = name;
    info_.doc = doc;
  }

  Field&& format(const char* name) && {
    info_.format = name;
    return std::move(*this);
  }
  Field&& positional() && {
    info_.positional = true;
    return std::move(*this);
  }
  Field&& alias(const char* name) && {
    info_.aliases.emplace_back(name);
    return std::move(*this);
  }
  Field&& one_of(std::initializer_list<const char*> choices) && {
    info_.choices.assign(choices.begin(), choices.end());
    return std::move(*this);
  }
  Field&& min(double value) && {
    info_.min = value;
    return std::move(*this);
  }
  Field&& max(double value) && {
    info_.max = value;
    return std::move(*this);
  }
  Field&& clamp(double low, double high) && {
    info_.min = low;
    info_.max = high;
    info_.clamp = true;
    return std::move(*this);
  }
  Field&& defaulted() && {
    defaulted_ = true;
    return std::move(*this);
  }
  Field&& milliseconds() && {
    info_.unit_nanos = 1'000'000;
    return std::move(*this);
  }
  Field&& nanoseconds() && {
    info_.unit_nanos = 1;
    return std::move(*this);
  }
  Field&& since(const char* server_version) && {
    info_.since = server_version;
    return std::move(*this);
  }

  [[nodiscard]] FieldInfo build(const S& defaults) const {
    using Value = typename OptionalOf<M>::inner;
    constexpr bool optional = OptionalOf<M>::value;
    FieldInfo info = info_;
    info.kind = kind_of<Value>();
    info.nullable = info.kind == Kind::json;
    if constexpr (Described<Value>) info.structure = &describe<Value>();
    if constexpr (ListOf<Value>::value) set_element<typename ListOf<Value>::inner>(info);
    if constexpr (MapOf<Value>::value) set_element<typename MapOf<Value>::inner>(info);
    if constexpr (!optional) {
      info.required = !defaulted_ && !std::is_same_v<Value, bool> && has_no_default(defaults);
      if (!info.required) info.default_value = write_value(defaults.*member_);
    }
    const auto member = member_;
    info.read = [member](void* object, const Json& value, const FieldInfo& self, const std::string& path, Problems& problems) {
      Value read{};
      if constexpr (Described<Value>) read = Value{};
      read_value(read, value, self, path, problems);
      static_cast<S*>(object)->*member = std::move(read);
    };
    info.write = [member](const void* object) -> Json {
      const M& value = static_cast<const S*>(object)->*member;
      if constexpr (optional)
        return value ? write_value(*value) : Json(Json::value_t::discarded);
      else
        return write_value(value);
    };
    return info;
  }

 private:
  template <class E>
  static void set_element(FieldInfo& info) {
    info.element = kind_of<E>();
    if constexpr (Described<E>) info.structure = &describe<E>();
  }
  [[nodiscard]] bool has_no_default(const S& defaults) const {
    if constexpr (Described<M>)
      return false;
    else if constexpr (ListOf<M>::value || MapOf<M>::value)
      return (defaults.*member_).empty();
    else
      return defaults.*member_ == M{};
  }

  M S::*member_;
  bool defaulted_ = false;
  FieldInfo info_;
};

template <class S, class M>
[[nodiscard]] Field<S, M> field(const char* name, M S::*member, const char* doc) {
  return Field<S, M>(name, member, doc);
}

template <Described T>
const StructInfo& describe() {
  static const StructInfo info = [] {
    StructInfo built;
    const T defaults{};
    std::apply([&](const auto&... each) { (built.fields.push_back(each.build(defaults)), ...); }, T::fields());
    return built;
  }();
  return info;
}

/// Reads and checks; the error lists all problems and starts with `where`.
template <Described T>
[[nodiscard]] Result<T> decode(const Json& params, std::string_view where) {
  T value{};
  Problems problems;
  read_struct(describe<T>(), params, &value, "", problems);
  if (!problems.empty()) return fail(error_of(where, problems));
  return value;
}

template <Described T>
[[nodiscard]] Json encode(const T& value) {
  return write_struct(describe<T>(), &value);
}

}  // namespace noetl::nats::schema
