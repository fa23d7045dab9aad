// One run of the command line: the runtime, the terminal, and how results are shown.
#pragma once

#include <string>
#include <vector>

#include "base/wait.hpp"
#include "cli/terminal.hpp"
#include "noetl/nats/runtime.hpp"

namespace noetl::nats::cli {

/// How a command shows its result.
struct Output {
  bool json = false;        ///< --json
  bool raw = false;         ///< --raw: the bytes of `value` or `data`, nothing else
  bool quiet = false;       ///< --quiet: no progress
  bool missing_ok = false;  ///< --missing-ok: not_found is a success
};

class Session {
 public:
  Session();

  /// Runs an operation and prints its result; the exit status.
  int run(const Operation& operation, const Json& params, const Output& output);
  /// `noetl-nats call`: one line of JSON on standard output, whatever happens.
  int call(std::string_view operation, const Json& params, const Output& output);
  /// Prints an error of the command line itself.
  int refuse(const Error& error, bool json) const;

  [[nodiscard]] Runtime& runtime() { return runtime_; }
  [[nodiscard]] const Terminal& terminal() const { return terminal_; }
  [[nodiscard]] const Environment& environment() const { return environment_; }

 private:
  [[nodiscard]] RunOptions options(const Output& output);
  /// After the result: runs what waited for it. The exit status.
  int settle(bool printed, int status);
  int show_error(const Json& result, const Output& output) const;

  Environment environment_;
  Terminal terminal_;
  Runtime runtime_;
  std::vector<AfterDelivery> after_delivery_;
};

/// Set by SIGINT and SIGTERM.
[[nodiscard]] Cancel& cancel_by_signal();

}  // namespace noetl::nats::cli
