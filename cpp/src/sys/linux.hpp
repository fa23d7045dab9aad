// What the kernel knows about processes and sockets. All that is special to Linux is in linux.cpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats::sys {

/// Which process exactly: a pid alone is used again after its process has ended. `boot` tells one start of the machine
/// from the next, since `start` counts from it.
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start = 0;  ///< clock ticks after the boot
  std::string boot;

  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

/// The process that has this pid now. Nothing when there is none, or only its remains (a zombie).
[[nodiscard]] std::optional<ProcessId> process_of(pid_t pid);
/// Whether this very process still runs.
[[nodiscard]] bool is_running(const ProcessId& process);
/// Its arguments; empty when they may not be read.
[[nodiscard]] std::vector<std::string> command_line_of(pid_t pid);
/// Nanoseconds since the Unix epoch.
[[nodiscard]] std::int64_t started_at(const ProcessId& process);

/// Sends a signal to this very process, also when its pid is given to another one meanwhile. False when it is gone.
[[nodiscard]] Result<bool> send_signal(const ProcessId& process, int signal);

struct Listener {
  pid_t pid = 0;        ///< 0: of another user, not to be seen
  std::string program;  ///< its short name
};
/// Who listens on a TCP port of this machine, as far as it can be seen.
[[nodiscard]] std::optional<Listener> listener_on(int port);

}  // namespace noetl::nats::sys
