// All operations of this build.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "noetl/nats/operation.hpp"

namespace noetl::nats {

/// Operations are described when they are first asked for: a command that runs one of them pays for one.
/// Thread-safe.
class Registry {
 public:
  /// What the place of an operation's file says.
  struct Entry {
    const char* name;  ///< "kv_get"
    const char* noun;  ///< "kv"; empty for an operation at the top
    const char* verb;  ///< "get"
    Operation (*define)();
  };

  explicit Registry(std::vector<Entry> entries);
  ~Registry();

  /// By name; dashes count as underscores ("port-forward"). Null for an unknown one.
  [[nodiscard]] const Operation* find(std::string_view name) const;
  /// Sorted by name; cheap.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// Sorted by name; describes every one of them.
  [[nodiscard]] std::vector<const Operation*> all() const;
  /// invalid_argument that names the nearest operation.
  [[nodiscard]] Error unknown(std::string_view name) const;

 private:
  struct Made;
  std::vector<Entry> entries_;
  std::unique_ptr<Made> made_;
};

/// The operations that were compiled in: every file under cpp/src/ops.
[[nodiscard]] const Registry& operations();

}  // namespace noetl::nats
