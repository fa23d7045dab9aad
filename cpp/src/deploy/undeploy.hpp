// Stopping, starting again, and removing a local instance.
#pragma once

#include <string>
#include <vector>

#include "deploy/running.hpp"

namespace noetl::nats::deploy {

struct Undeployed {
  bool found = false;  ///< something was there: a server, a record, or (with purge) data
  bool stopped = false;
  std::vector<std::string> removed, kept;  ///< in words, with paths
};

/// Stops the server gracefully. The data stays unless `purge`; then nothing of the instance is left. Nothing there is a
/// success. `dry_run` only says what would be done. Errors: deadline_exceeded, permission_denied.
[[nodiscard]] Result<Undeployed> undeploy_local(const std::string& instance, bool purge, bool dry_run, const Surroundings& surroundings);

/// Stops (when it runs) and starts with the recorded configuration. Errors: not_found (not deployed), those of a deploy.
[[nodiscard]] Result<Record> restart_local(const std::string& instance, const Surroundings& surroundings);

}  // namespace noetl::nats::deploy
