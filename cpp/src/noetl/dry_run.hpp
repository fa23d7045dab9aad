// What the nats steps of a playbook would do: behind the engine's own --dry-run.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

/// One line for each operation of the playbook itself: step, operation, parameters. What depends on workload values alone is
/// rendered with `variables` (--set, --payload) over the defaults; secrets are masked. Empty: no nats steps.
[[nodiscard]] std::string dry_run_text(const std::filesystem::path& playbook, const std::map<std::string, std::string>& variables);

}  // namespace noetl::nats::playbook
