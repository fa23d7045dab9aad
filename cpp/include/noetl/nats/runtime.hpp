// Runs operations: checks parameters, leases a connection, keeps the deadline, retries, makes the result document.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "noetl/nats/registry.hpp"

namespace noetl::nats {

namespace wire {
class Connection;
}

/// What a surface adds to a call. None of it is part of the operation's parameters.
struct RunOptions {
  const Cancel* cancel = nullptr;                            ///< must outlive the call
  std::function<void(std::string_view line)> progress = {};  ///< long work reports here, one line each
  /// Use NATS_URL, NATS_USER, NATS_CONTEXT ... and at last the local instance when the parameters name no server.
  /// Command line and Python: true. Playbook steps: false.
  bool default_server = true;
  /// The document of a credential alias (`auth: alias`): url, user, password, ... Unset: aliases are refused.
  std::function<Result<Json>(const std::string& alias)> credential = {};
  /// What the call sees as its environment; null: the Runtime's. Must outlive the call.
  const std::map<std::string, std::string>* environment = nullptr;
  /// Operations that look for problems (health) fail when they find a critical one, unless `fail_on` says otherwise.
  /// Command line: true. Playbook steps and Python: false, so that they can look at the result.
  bool fail_on_critical = false;
  /// Takes what an operation does once its result is out. The surface runs it when the result has been written or handed over,
  /// and drops it when that failed. Called only for operations that succeed; unset: those that need it are refused.
  std::function<void(AfterDelivery task)> after_delivery = {};
  /// Keep the connection for the next call of this process (Python, batches); otherwise it is closed at the end.
  bool keep_connection = true;
};

/// A connection as the parameters of an operation ask for it, for typed use (the Client): same cache, same defaults.
struct Lease {
  std::shared_ptr<wire::Connection> connection;
  std::string api_prefix;  ///< "$JS.API", or that of the domain
  std::chrono::milliseconds timeout{5000};
};

/// Thread-safe. Connections are shared by calls with the same servers, identity and options.
class Runtime {
 public:
  /// `environment` is what operations see in place of the process's own. Progress and the poll of a Cancel run on the
  /// thread that called, with no lock of the runtime held.
  Runtime(const Registry& registry, std::map<std::string, std::string> environment);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// The result document: flat, `status` first; `{"status":"error","error":{...}}` for a failure. Never throws.
  [[nodiscard]] Json run(std::string_view operation, const Json& params, const RunOptions& options = {});
  /// The same as a Result.
  [[nodiscard]] Result<Json> try_run(std::string_view operation, const Json& params, const RunOptions& options = {});
  /// Checks parameters without running: nothing, or the invalid_argument error that `run` would give.
  [[nodiscard]] std::optional<Error> check(std::string_view operation, const Json& params) const;

  /// Connects (or takes a kept connection) by connection parameters alone: url, user, domain, timeout_ms, ...
  [[nodiscard]] Result<Lease> lease(const Json& params, const RunOptions& options = {});

  [[nodiscard]] const Registry& registry() const;
  /// Closes the connections that are kept. Called at the end of the process by surfaces that live long.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The description of an operation for programs: name, summary, effect, JSON Schemas of input and output, errors, examples.
[[nodiscard]] Json describe(const Operation& operation);

/// Exit status of a process for a result document: 0, 3 for not_found, or that of the error's code.
[[nodiscard]] int exit_status_of(const Json& result);

}  // namespace noetl::nats
