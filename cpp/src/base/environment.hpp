// The environment as a value: surfaces take it once and hand it down, so that operations read no globals.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace noetl::nats {

class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string> values) : values_(std::move(values)) {}
  /// A copy of the process's environment.
  [[nodiscard]] static Environment of_process();

  /// Unset and empty are the same, as for most programs.
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const {
    auto found = values_.find(name);
    if (found == values_.end() || found->second.empty()) return std::nullopt;
    return found->second;
  }
  void set(const std::string& name, std::string value) { values_[name] = std::move(value); }
  [[nodiscard]] const std::map<std::string, std::string>& all() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace noetl::nats
