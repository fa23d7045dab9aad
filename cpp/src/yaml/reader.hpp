// YAML 1.2 documents as JSON values, with the place of every value.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "noetl/nats/result.hpp"

namespace noetl::nats::yaml {

/// Counted from 1; 0 means unknown.
struct Position {
  int line = 0;
  int column = 0;
};

struct Document {
  Json root;
  std::unordered_map<std::string, Position> positions;  ///< by JSON pointer ("/workflow/0/tool/key")

  /// Of the value at the pointer, or of the nearest value around it.
  [[nodiscard]] Position position_of(std::string pointer) const;
};

/// One step of a JSON pointer: `~` and `/` escaped.
[[nodiscard]] std::string pointer_token(std::string_view key);

/// Reads one document. Quoted scalars are text, plain ones are resolved by the YAML 1.2 core schema; aliases are copied
/// (at most a million values in all); merge keys (`<<`) are ordinary keys, as in NoETL's engine.
/// Error: invalid_argument, message "NAME:LINE:COLUMN: what is wrong": bad YAML, a key that appears twice, a second
/// document, tags that JSON has no type for, text that is not UTF-8, too deep or too large.
[[nodiscard]] Result<Document> read(std::string_view text, const std::string& name);

}  // namespace noetl::nats::yaml
