// The description of a struct of parameters or results, without its C++ type: what every surface is derived from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats::schema {

struct Problem {
  std::string path;     ///< "key", "config.max_age", "messages[3].subject"
  std::string message;  ///< "unknown field; did you mean key?"
};
using Problems = std::vector<Problem>;

/// One invalid_argument error that names all problems; `details.problems` holds them as a list.
[[nodiscard]] Error error_of(std::string_view where, const Problems& problems);

enum class Kind { text, boolean, integer, number, duration, size, time, json, object, list, map, secret, structure };

struct StructInfo;

struct FieldInfo {
  std::string name;
  std::string doc;
  Kind kind = Kind::text;
  Kind element = Kind::text;              ///< of a list or map
  const StructInfo* structure = nullptr;  ///< of a structure, or of a list or map of structures
  bool required = false;
  bool positional = false;  ///< a command line gives it without a flag
  bool nullable = false;    ///< null is a value (JSON), not the same as absent
  std::string format;       ///< a check of base/names.hpp, or a hint for schemas ("path", "uri")
  std::vector<std::string> aliases;
  std::vector<std::string> choices;
  std::optional<double> min, max;
  bool clamp = false;                       ///< values outside of min..max are moved inside, not refused
  std::int64_t unit_nanos = 1'000'000'000;  ///< what a bare number means in a duration
  std::string since;                        ///< first server version that knows it, "2.11"
  Json default_value;                       ///< null: none

  std::function<void(void* object, const Json& value, const FieldInfo& info, const std::string& path, Problems& problems)> read;
  std::function<Json(const void* object)> write;  ///< discarded value (is_discarded): leave the member out

  [[nodiscard]] bool answers_to(std::string_view key) const;
};

struct StructInfo {
  std::vector<FieldInfo> fields;

  [[nodiscard]] const FieldInfo* find(std::string_view key) const;  ///< by name or alias
  [[nodiscard]] std::vector<std::string> names() const;
};

/// Reads `params` (an object) into `object`. All problems are added, none ends the reading early. `also_known` are names
/// that somebody else reads; they are skipped, and offered as the meaning of a misspelt one.
void read_struct(const StructInfo& info, const Json& params, void* object, const std::string& path, Problems& problems,
                 const std::vector<const StructInfo*>& also_known = {});
[[nodiscard]] Json write_struct(const StructInfo& info, const void* object);

/// JSON Schema (2020-12) of the struct.
[[nodiscard]] Json schema_of(const StructInfo& info);
[[nodiscard]] Json schema_of(const FieldInfo& field);
[[nodiscard]] std::string_view name_of(Kind kind);

}  // namespace noetl::nats::schema
