// What is known of a local instance.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/running.hpp"

namespace noetl::nats::deploy {

struct StatusProblem {
  std::string text, hint;
};

struct LocalStatus {
  std::optional<Record> record;  ///< nothing: not deployed
  std::string kept_data;         ///< not deployed, but an undeploy has left data here
  Paths paths;
  std::optional<sys::ProcessId> process;       ///< nothing: does not run
  Json vars;                                   ///< the server's varz, or null
  Json account;                                ///< JetStream's account document, or null
  std::optional<std::int64_t> last_log_nanos;  ///< time of the last line of the log
  std::vector<StatusProblem> problems;
};

/// Looks at record, process and server; what cannot be seen becomes a problem. Errors: those of the record only.
[[nodiscard]] Result<LocalStatus> local_status(const std::string& instance, const Surroundings& surroundings);

}  // namespace noetl::nats::deploy
