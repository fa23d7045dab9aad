// Configurations of streams and consumers as parameters: their problems join those of the other parameters.
#pragma once

#include <string>
#include <vector>

#include "jetstream/config_diff.hpp"
#include "schema/struct_info.hpp"

namespace noetl::nats {

/// Reads a `config` parameter in place: afterwards it holds the server's values. Problems have paths that start with `path`.
inline void read_config_param(const js::ConfigTable& table, Json& config, const std::string& path, schema::Problems& problems) {
  std::vector<js::ConfigProblem> found;
  config = js::read_config(table, config, path, found);
  for (auto& each : found) problems.push_back({std::move(each.path), std::move(each.message)});
}

inline void check_unset_param(const js::ConfigTable& table, const std::vector<std::string>& unset, const Json& config,
                              schema::Problems& problems) {
  std::vector<js::ConfigProblem> found;
  js::check_unset(table, unset, config, found);
  for (auto& each : found) problems.push_back({std::move(each.path), std::move(each.message)});
}

}  // namespace noetl::nats
