// What can be said about a playbook with nats steps without running it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "noetl/nats/result.hpp"
#include "yaml/reader.hpp"

namespace noetl::nats::playbook {

struct Finding {
  bool error = true;  ///< it would fail or do something else than it says; otherwise a warning
  std::string rule;   ///< "unknown-field", "always-true", ...: stable, for programs
  int line = 0, column = 0;
  std::string step;  ///< empty: the playbook as a whole
  std::string message;
  std::string hint;
};

struct Linted {
  std::vector<Finding> findings;                ///< sorted by place
  std::vector<std::filesystem::path> children;  ///< the files that its steps call, where the path is literal
};

/// A file that cannot be read is one finding.
[[nodiscard]] Linted lint(const std::filesystem::path& file, const Environment& environment);

/// Findings of one document, with the place of a JSON pointer. Private to lint*.cpp.
class Findings {
 public:
  explicit Findings(const yaml::Document& document) : document_(document) {}

  void add(bool error, const char* rule, const std::string& pointer, const std::string& step, std::string message, std::string hint = {});
  [[nodiscard]] bool has_error_on(int line) const;
  [[nodiscard]] std::vector<Finding> sorted();

 private:
  const yaml::Document& document_;
  std::vector<Finding> all_;
};

void lint_routing(const Json& playbook, Findings& findings);
void lint_secrets(const Json& playbook, Findings& findings);

}  // namespace noetl::nats::playbook
