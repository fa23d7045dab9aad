// All operations of this build.
#pragma once

#include <string_view>
#include <vector>

#include "noetl/nats/operation.hpp"

namespace noetl::nats {

class Registry {
 public:
  explicit Registry(std::vector<Operation> operations);

  /// By name; dashes count as underscores ("port-forward"). Null for an unknown one.
  [[nodiscard]] const Operation* find(std::string_view name) const;
  /// Sorted by name.
  [[nodiscard]] const std::vector<Operation>& all() const { return operations_; }
  /// invalid_argument that names the nearest operation.
  [[nodiscard]] Error unknown(std::string_view name) const;

 private:
  std::vector<Operation> operations_;
};

/// The operations that were compiled in: every file under cpp/src/ops.
[[nodiscard]] const Registry& operations();

}  // namespace noetl::nats
