// Texts with `{{ name }}` in them, filled in from the fields of a row. No expressions: those are for playbooks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/struct_info.hpp"

namespace noetl::nats {

class RowTemplate {
 public:
  RowTemplate() = default;
  /// Problems are told under `path`: braces that do not close, anything but a name between them.
  static RowTemplate parse(std::string_view text, const std::string& path, schema::Problems& problems);

  /// No `{{ name }}` in it: `fill` gives the text as it is.
  [[nodiscard]] bool is_constant() const { return parts_.empty(); }
  [[nodiscard]] bool empty() const { return parts_.empty() && rest_.empty(); }
  /// The names, as they are looked up: a member of the row, or a path into objects (`customer.region`).
  [[nodiscard]] std::vector<std::string> names() const;
  /// Error: invalid_argument, for a name that the row does not have, or that is no text, number or boolean there.
  [[nodiscard]] Result<std::string> fill(const Json& row) const;

 private:
  struct Part {
    std::string before, name;
  };
  std::vector<Part> parts_;
  std::string rest_;
};

}  // namespace noetl::nats
