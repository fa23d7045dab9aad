// The value of an expression.
#pragma once

#include <string>
#include <vector>

#include "noetl/template/expression.hpp"

namespace noetl::nats::playbook {

/// Variables by name: those of the innermost loop first.
class Scope {
 public:
  /// `variables`: an object that outlives the scope.
  explicit Scope(const Json& variables) : outermost_(&variables) {}

  [[nodiscard]] const Json* find(const std::string& name) const;
  /// Sets a variable of the innermost block.
  void set(const std::string& name, Json value);
  void push() { blocks_.push_back(Json::object()); }
  void pop() { blocks_.pop_back(); }

 private:
  const Json* outermost_;
  std::vector<Json> blocks_{Json::object()};
};

/// Undefined values are discarded JSON (value.hpp). Error: invalid_argument.
[[nodiscard]] Result<Json> evaluate(const Expression& expression, const Scope& scope);

}  // namespace noetl::nats::playbook
