// target: local. A nats-server process on this machine, brought to what the specification says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deploy/running.hpp"
#include "deploy/server_binary.hpp"
#include "deploy/server_conf.hpp"
#include "sys/files.hpp"

namespace noetl::nats::deploy {

struct LocalSpec {
  ServerSpec server;       ///< without files and with the ports that are wanted; store_dir empty: in the instance directory
  bool auto_port = false;  ///< any free port in place of server.port; one that the instance has already is kept
  bool auto_http_port = false;
  std::string binary;   ///< empty: found, see find_server
  std::string version;  ///< empty: any
  bool dry_run = false;
};

/// What was done, or what would be done in a dry run.
enum class Action { unchanged, created, started, reloaded, restarted };
[[nodiscard]] std::string_view name_of(Action action);

struct Deployed {
  Action action = Action::unchanged;
  Record record;
  Json changes = Json::array();  ///< [{path, from, to}] against the configuration of the last deploy
  ServerBinary binary;
  Paths paths;
  std::vector<std::string> warnings;
};

/// Idempotent, and safe against another deploy of the same instance at the same time. Errors:
/// invalid_argument (configuration), failed_precondition (busy port, no program, another version, a store that would be
/// left behind, a server that does not start), permission_denied and resource_exhausted (directories), deadline_exceeded.
[[nodiscard]] Result<Deployed> deploy_local(const LocalSpec& spec, const Surroundings& surroundings);

/// Takes the lock of an instance, and says when it waits for another holder.
[[nodiscard]] Result<sys::FileLock> lock_instance(const Paths& paths, const std::string& instance, const Surroundings& surroundings);

/// Starts the recorded configuration, waits until it is ready, and writes the record with its process. Errors of
/// wait_until_ready, and failed_precondition for a busy port.
[[nodiscard]] Result<void> bring_up(Record& record, const Paths& paths, const Surroundings& surroundings);

}  // namespace noetl::nats::deploy
