// Starting programs: always by argument list, never through a shell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/wait.hpp"
#include "noetl/nats/result.hpp"
#include "sys/linux.hpp"

namespace noetl::nats::sys {

struct Detached {
  std::vector<std::string> argv;  ///< argv[0] is a path
  Environment environment;
  std::filesystem::path log_file;  ///< standard output and error are added to it
};
/// Starts a program that outlives us: a session of its own, no terminal, none of our open files, signals as at login, and
/// the system as its parent (so it never becomes our zombie). Errors: not_found and others of exec, with the path.
[[nodiscard]] Result<ProcessId> spawn_detached(const Detached& program);

struct Finished {
  int exit_code = -1;  ///< -1: ended by a signal
  int signal = 0;
  std::string out, err;  ///< at most 1 MiB each
};
/// Runs a program to its end and takes what it writes. Killed when the time is over: deadline_exceeded; or cancelled.
[[nodiscard]] Result<Finished> run_program(const std::vector<std::string>& argv, const Environment& environment, const Wait& wait);

}  // namespace noetl::nats::sys
