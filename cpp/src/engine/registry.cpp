#include "noetl/nats/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"

namespace noetl::nats {

Registry::Registry(std::vector<Operation> operations) : operations_(std::move(operations)) {
  std::sort(operations_.begin(), operations_.end(), [](const Operation& a, const Operation& b) { return a.name < b.name; });
}

const Operation* Registry::find(std::string_view name) const {
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  const auto found = std::lower_bound(operations_.begin(), operations_.end(), wanted,
                                      [](const Operation& each, const std::string& key) { return each.name < key; });
  return found != operations_.end() && found->name == wanted ? &*found : nullptr;
}

Error Registry::unknown(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& each : operations_) names.push_back(each.name);
  Error error{.code = Code::invalid_argument, .message = fmt::format("unknown operation {}", in_quotes(name))};
  if (const auto likely = nearest(name, names)) error.message += fmt::format("; did you mean {}?", *likely);
  error.hint = "noetl-nats ops lists all operations";
  return error;
}

}  // namespace noetl::nats
