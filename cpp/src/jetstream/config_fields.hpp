// Every field of a stream's and a consumer's configuration: what it holds, what the server puts where it is left out, which
// server knows it, whether it may change, and whether a change destroys data. config_diff works from these tables alone.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/names.hpp"
#include "noetl/nats/json.hpp"

namespace noetl::nats::js {

enum class FieldType { text, boolean, integer, size, duration, durations, time, texts, text_map, object, objects, choice };

struct Choice {
  const char* name;
  int since = 9;  ///< first server 2.<since> that knows it
};

struct ConfigField {
  const char* name;
  FieldType type;
  const char* fallback = "null";  ///< JSON text of what the server takes when the field is left out; null: absent
  int since = 9;                  ///< first server 2.<since> that knows the field
  /// Whether a value that is stored may become another one. Null: yes.
  bool (*may_change)(const Json& from, const Json& to) = nullptr;
  int changes_since = 9;  ///< `may_change` speaks of server 2.<n> and later; before, the field never changes
  /// Whether a change can destroy data. Null: no. What it would destroy is measured where the data is (streams.cpp).
  bool (*destroys)(const Json& from, const Json& to) = nullptr;
  /// What to tell about a change that is allowed. Null, or an empty text: nothing.
  std::string (*warning)(const Json& from, const Json& to) = nullptr;
  /// What the server computes where the field is left out, from the rest of the configuration. Null: `fallback`.
  Json (*derived)(const Json& config) = nullptr;
  NameCheck check = nullptr;  ///< of a text, or of each text in a list
  std::span<const Choice> choices = {};
  std::span<const ConfigField> members = {};  ///< of an object, or of each object in a list
  const char* hint = "";                      ///< what to do where the field cannot change
};

struct ConfigTable {
  const char* asset;  ///< "stream", "consumer"
  std::span<const ConfigField> fields;
  const char* unchangeable_hint;

  [[nodiscard]] const ConfigField* find(std::string_view name) const;
};

[[nodiscard]] const ConfigTable& stream_fields();
[[nodiscard]] const ConfigTable& consumer_fields();

}  // namespace noetl::nats::js
