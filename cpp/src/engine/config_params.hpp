// Configurations of streams and consumers as parameters of operations, and their changes as text.
#pragma once

#include <string>
#include <vector>

#include "jetstream/config_diff.hpp"
#include "schema/struct_info.hpp"

namespace noetl::nats {

/// Reads a `config` parameter in place: afterwards it holds the server's values. Problems have paths that start with `path`
/// and join those of the other parameters.
void read_config_param(const js::ConfigTable& table, Json& config, const std::string& path, schema::Problems& problems);
void check_unset_param(const js::ConfigTable& table, const std::vector<std::string>& unset, const Json& config, schema::Problems& problems);

/// The result of an apply for a person: "stream ORDERS changed" and a line for each change. `result` has the members
/// changed, created, diff, dry_run, warnings.
[[nodiscard]] std::string text_of_apply(const js::ConfigTable& table, const std::string& name, const Json& result);

}  // namespace noetl::nats
